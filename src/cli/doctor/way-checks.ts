import { isFifo } from '../../recovery/queue-message.ts';
import { fault, HEALTHY, together, when, whenThere, type Check, type Outcome } from './check.ts';
import type { FunctionConfiguration, FunctionFacts, Right, WayFacts } from './facts.ts';
import { declaredWays, regionOf } from './places.ts';
import { notAsked } from './reading.ts';
import { keptTooShortly } from './retention.ts';
import { letsRole } from './resource-policy.ts';

/** What goes wrong on the way from a function to where its dead events go. */
export const WAY_CHECKS: readonly Check<FunctionFacts>[] = [
  {
    name: 'way-leads-nowhere',
    asks: 'whether the queue or topic for dead events is there',
    severity: 'error',
    consequence: 'Lambda has nowhere to put a dead event: it deletes it, and only a metric tells.',
    of: ofEachWay(({ via, arn, channel }) =>
      when(channel, (found) =>
        found === null
          ? fault({
              evidence: `The ${via} is ${arn}, which does not exist.`,
              fix: 'Make it anew under that name, or give the function another one.',
            })
          : HEALTHY,
      ),
    ),
  },
  {
    name: 'topic-without-subscriber',
    asks: 'whether anybody gets what dies into a topic',
    severity: 'error',
    consequence: 'A topic keeps nothing: a dead event that nobody gets is gone.',
    of: ofEachWay(({ channel }) =>
      whenThere(channel, (found) =>
        found.kind !== 'topic'
          ? HEALTHY
          : when(found.subscriptions, (all) =>
              all.some(({ isConfirmed }) => isConfirmed)
                ? HEALTHY
                : fault({
                    evidence: `${found.arn} has no confirmed subscription.`,
                    fix: 'Subscribe a queue to it, with RawMessageDelivery, or make a queue the dead-letter queue.',
                  }),
            ),
      ),
    ),
  },
  {
    name: 'fifo',
    asks: 'whether the queue or topic is a FIFO one',
    severity: 'error',
    consequence: 'Lambda cannot deliver dead events to a FIFO queue or topic: each of them is lost.',
    of: ofEachWay(({ via, arn }) =>
      isFifo(arn)
        ? fault({ evidence: `The ${via} is ${arn}.`, fix: 'Give the function a standard queue.' })
        : HEALTHY,
    ),
  },
  {
    name: 'wrong-region',
    asks: 'whether the queue or topic is in the function’s region',
    severity: 'error',
    consequence: 'Lambda delivers dead events within its own region only: each of them is lost.',
    of: ofEachWay(({ via, arn }, { arn: functionArn }) =>
      regionOf(arn) === '' || regionOf(arn) === regionOf(functionArn)
        ? HEALTHY
        : fault({
            evidence: `The ${via} is ${arn}; the function is in ${regionOf(functionArn)}.`,
            fix: `Make a queue in ${regionOf(functionArn)} and give the function that.`,
          }),
    ),
  },
  {
    name: 'role-may-not-send',
    asks: 'whether the function’s role may send dead events',
    severity: 'error',
    consequence:
      'Lambda sends a dead event as the function itself. It is refused, the event deleted, and the function’s log shows nothing.',
    of: ofEachWay((way, { role }) =>
      when(way.rights, (rights) =>
        together(rights.filter(({ action }) => !isOfKms(action)).map((right) => sending(way, role, right))),
      ),
    ),
  },
  {
    name: 'key-shuts-the-role-out',
    asks: 'whether the function’s role may use the key of the queue or topic',
    severity: 'error',
    consequence: 'Lambda cannot encrypt what it sends, so it deletes the event.',
    of: ofEachWay(({ rights: reading }, { role }) =>
      when(reading, (rights) =>
        together(
          rights
            .filter(({ action, decision }) => isOfKms(action) && decision !== 'allowed')
            .map(({ action, resource, decision }) =>
              fault({
                // The key's policy may name the role, which is not seen here.
                severity: decision === 'explicitDeny' ? 'error' : 'warning',
                evidence: `${denial(decision)} ${action} on ${resource} to ${role}.`,
                fix: `Allow ${action} on ${resource} in the role ${role}, and see that the key’s policy leaves that to the account. Unless the key’s policy names the role itself.`,
              }),
            ),
        ),
      ),
    ),
  },
  {
    name: 'key-unusable',
    asks: 'whether the key of the queue or topic is enabled and its policy lets the role in',
    severity: 'error',
    consequence: 'Lambda cannot encrypt what it sends, so it deletes the event.',
    of: ofEachWay(({ channel }) =>
      whenThere(channel, (found) =>
        found.kind === 'other' || found.kmsKey === null
          ? HEALTHY
          : { faults: [], unread: [keyNotAsked(found.kmsKey)] },
      ),
    ),
  },
  {
    name: 'kept-too-shortly',
    asks: 'how long dead events are kept',
    severity: 'warning',
    consequence: 'SQS deletes what nobody has dealt with by then.',
    of: (facts) =>
      whenThere(facts.configuration, (configuration) =>
        when(facts.ways, (ways) => {
          // Those are looked at as intakes.
          const declared = declaredWays(facts, configuration, ways);
          const others = ways.filter((way) => !declared.includes(way));
          return together(
            others.map(({ channel }) =>
              whenThere(channel, (found) => (found.kind === 'queue' ? keptTooShortly(found) : HEALTHY)),
            ),
          );
        }),
      ),
  },
];

function ofEachWay(
  look: (way: WayFacts, configuration: FunctionConfiguration) => Outcome,
): (facts: FunctionFacts) => Outcome {
  return ({ ways, configuration }) =>
    whenThere(configuration, (known) =>
      when(ways, (found) => together(found.map((way) => look(way, known)))),
    );
}

function isOfKms(action: string): boolean {
  return action.startsWith('kms:');
}

/** A queue's or topic's own policy may let the role in where nothing of the role's does. */
function sending({ channel }: WayFacts, role: string, { action, resource, decision }: Right): Outcome {
  if (decision === 'allowed') return HEALTHY;
  const denied = fault({
    evidence: `${denial(decision)} ${action} on ${resource} to ${role}.`,
    fix: `Allow ${action} on ${resource} in the role ${role}.`,
  });
  if (decision === 'explicitDeny') return denied;
  return whenThere(channel, (found) => {
    switch (found.kind === 'other' ? 'no' : letsRole(found.policy, role, action)) {
      case 'yes':
        return HEALTHY;
      case 'maybe':
        return {
          faults: [],
          unread: [
            notAsked(
              'iam:SimulatePrincipalPolicy',
              `only the policy of ${resource} lets the role in, under conditions`,
            ),
          ],
        };
      case 'no':
        return denied;
    }
  });
}

function denial(decision: Right['decision']): string {
  return decision === 'explicitDeny' ? 'A statement denies' : 'No statement allows';
}

function keyNotAsked(key: string): ReturnType<typeof notAsked> {
  return notAsked(
    'kms:GetKeyPolicy',
    `see for yourself: aws kms describe-key --key-id ${key}; aws kms get-key-policy --policy-name default --key-id ${key}`,
  );
}
