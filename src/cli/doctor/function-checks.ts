import { chooseHandover } from '../../recovery/handover.ts';
import { fault, HEALTHY, isThere, together, when, whenThere, type Check, type Outcome } from './check.ts';
import type { Count, FunctionConfiguration, FunctionFacts, Losses } from './facts.ts';
import { declaredWays, placeOf } from './places.ts';
import { WAY_CHECKS } from './way-checks.ts';

/** What goes wrong with the dead events of a function. */
export const FUNCTION_CHECKS: readonly Check<FunctionFacts>[] = [
  {
    name: 'function-missing',
    asks: 'whether the function is there',
    severity: 'error',
    consequence: 'Nothing can be handed to it: each of its dead events is parked, target-missing.',
    of: ({ configuration, subject }) =>
      isThere(configuration, {
        evidence: `Lambda has no function ${subject}`,
        fix: 'Correct the name or the alias, in policy.yml or in the command; look at the region and the stage too.',
      }),
  },
  {
    name: 'no-way-for-dead-events',
    asks: 'whether the function has a dead-letter queue or destination',
    severity: 'error',
    consequence: 'After its retries Lambda drops an event that a caller gave it asynchronously. It is gone.',
    of: ({ configuration, ways, qualifier }) =>
      whenThere(configuration, ({ arn }) =>
        when(ways, (found) =>
          found.length > 0
            ? HEALTHY
            : fault({
                evidence: 'It has neither a dead-letter queue nor an OnFailure destination.',
                fix: howToGetADeadLetterQueue(arn, qualifier),
              }),
        ),
      ),
  },
  ...WAY_CHECKS,
  {
    name: 'dead-letters-lost',
    asks: 'whether Lambda failed to deliver dead events',
    severity: 'error',
    consequence: 'Lambda could not deliver these dead events and has deleted them. Nothing brings them back.',
    of: ({ losses, configuration }) =>
      whenThere(configuration, ({ role }) =>
        when(losses, (counts) =>
          together(
            (['deadLetterErrors', 'destinationDeliveryFailures'] as const)
              .filter((name) => counts[name].sum > 0)
              .map((name) =>
                fault({
                  evidence: counted(METRICS[name], counts[name], counts),
                  fix: `Let the role ${role} send to the queue or topic, and use the key that it is under; where that is right, look for events near 1 MiB, and for emoji in error messages that go to a topic.`,
                }),
              ),
          ),
        ),
      ),
  },
  {
    // With a dead-letter queue the count is of deaths, which it then holds: no fault of the way.
    name: 'events-dropped',
    asks: 'whether Lambda dropped events',
    severity: 'error',
    consequence: 'These events are gone, since the function has nowhere to put them.',
    of: ({ losses, ways, configuration, qualifier }) =>
      whenThere(configuration, ({ arn }) =>
        when(ways, (found) =>
          found.length > 0
            ? HEALTHY
            : when(losses, (counts) =>
                counts.asyncEventsDropped.sum === 0
                  ? HEALTHY
                  : fault({
                      evidence: counted(METRICS.asyncEventsDropped, counts.asyncEventsDropped, counts),
                      fix: howToGetADeadLetterQueue(arn, qualifier),
                    }),
              ),
        ),
      ),
  },
  {
    name: 'reserved-concurrency-zero',
    asks: 'whether the function is stopped',
    severity: 'error',
    consequence:
      'It is stopped: every event dies without a run, and what is brought back dies again at once. The service holds its events.',
    of: ({ reservedConcurrency, configuration }) =>
      whenThere(configuration, ({ arn }) =>
        when(reservedConcurrency, (reserved) =>
          reserved === 0
            ? fault({
                evidence: 'Its reserved concurrency is 0.',
                fix: `When it may run again: aws lambda delete-function-concurrency --function-name ${arn}`,
              })
            : HEALTHY,
        ),
      ),
  },
  {
    name: 'recursion-guard-off',
    asks: 'whether Lambda stops loops of the function',
    severity: 'warning',
    consequence:
      'A loop through the function, its queue and what reads that is stopped by nobody, and billed by the call.',
    of: ({ recursiveLoop, configuration }) =>
      whenThere(configuration, ({ arn }) =>
        when(recursiveLoop, (setting) =>
          setting === 'Terminate'
            ? HEALTHY
            : fault({
                evidence: 'Its recursive loop detection is set to Allow.',
                fix: `Unless the loop is meant: aws lambda put-function-recursion-config --function-name ${arn} --recursive-loop Terminate`,
              }),
        ),
      ),
  },
  {
    name: 'recursion-stopped',
    asks: 'whether Lambda stopped a loop of the function',
    severity: 'error',
    consequence:
      'Lambda took the events for a loop, after about 16 calls in one chain, and ended it. They died without a run.',
    of: ({ losses }) =>
      when(losses, (counts) =>
        counts.recursiveInvocationsDropped.sum === 0
          ? HEALTHY
          : fault({
              evidence: counted(
                METRICS.recursiveInvocationsDropped,
                counts.recursiveInvocationsDropped,
                counts,
              ),
              fix: 'Look for what sends the events of the function back to it: a destination, a queue or topic that it writes to, a redrive of somebody else’s.',
            }),
      ),
  },
  {
    name: 'alias-with-old-dead-letter-queue',
    asks: 'where the dead events of aliases go',
    severity: 'warning',
    consequence:
      'A published version keeps the dead-letter queue that it was published with: what dies under the alias goes there, or nowhere.',
    of: ({ aliases, qualifier }) =>
      when(aliases, ({ latestDeadLetterArn, aliases: all }) =>
        together(
          all
            .filter(({ name }) => qualifier === null || qualifier === name)
            .flatMap(({ name, versions }) =>
              versions
                .filter(({ deadLetterArn }) => deadLetterArn !== latestDeadLetterArn)
                .map(({ version, deadLetterArn }) =>
                  fault({
                    evidence: `The alias ${name} leads to version ${version}, whose dead events go to ${deadLetterArn ?? 'nowhere'}; those of $LATEST go to ${latestDeadLetterArn ?? 'nowhere'}.`,
                    fix: `Publish a version and point the alias to it: aws lambda publish-version, then aws lambda update-alias --name ${name}`,
                  }),
                ),
            ),
        ),
      ),
  },
  {
    name: 'reported-twice',
    asks: 'whether each death is reported twice',
    severity: 'warning',
    consequence:
      'Each death is reported by both, under one request id. Whoever brings back what lies in one of them runs it twice.',
    of: (facts) =>
      whenThere(facts.configuration, (configuration) =>
        when(facts.ways, (ways) =>
          ways.length < 2 || declaredWays(facts, configuration, ways).length === ways.length
            ? HEALTHY
            : fault({
                evidence: ways.map(({ via, arn }) => `${via} ${arn}`).join('; '),
                fix: 'Take one of them away, or declare both as intakes in policy.yml: then the two reports are one event.',
              }),
        ),
      ),
  },
  {
    name: 'alias-not-declared',
    asks: 'whether events would be run by another version than the one they died under',
    severity: 'warning',
    consequence:
      'A dead letter does not say under which alias its event died: it is run again on $LATEST, which may be code that nobody has released.',
    of: ({ target, qualifier, aliases, subject }) =>
      target === null || qualifier !== null
        ? HEALTHY
        : when(aliases, ({ aliases: all }) =>
            all.length === 0
              ? HEALTHY
              : fault({
                  evidence: `The policy names ${subject}, which has the aliases ${all.map(({ name }) => name).join(', ')}.`,
                  fix: `If callers use one of them, declare that instead: ${subject}:${all[0]?.name}. An intake then holds the events of that alias.`,
                }),
          ),
  },
  {
    name: 'no-way-back',
    asks: 'whether what dies again would come back',
    severity: 'error',
    consequence:
      'What is handed over asynchronously and dies again would be lost, so nothing is: its events are parked, no-way-back.',
    of: (facts) =>
      whenThere(facts.configuration, (configuration) =>
        when(facts.ways, (ways) => wayBack(facts, configuration, ways.length)),
      ),
  },
];

/** What has no way at all is found by another check. */
function wayBack(
  { target, policy }: FunctionFacts,
  { arn, known }: FunctionConfiguration,
  ways: number,
): Outcome {
  if (target === null || ways === 0) return HEALTHY;
  const handover = chooseHandover(policy, target, known, {
    sourceArn: placeOf(arn),
    payloadBytes: 1,
    form: 'lambda-dlq',
  });
  if (handover.kind !== 'impossible') return HEALTHY;
  const intakes = policy.intakes.filter((intake) => intake.target === target.key);
  const ends = [known.deadLetterArn, known.onFailureArn].filter((end) => end !== null);
  return fault({
    evidence: `It ends in ${ends.join(' and in ')}, which is no intake of the policy.`,
    fix: `Declare that queue as an intake in policy.yml, or make ${intakes.map(({ key }) => key).join(' or ') || 'an intake'} the dead-letter queue of what is called.`,
  });
}

const METRICS = {
  deadLetterErrors: 'DeadLetterErrors',
  destinationDeliveryFailures: 'DestinationDeliveryFailures',
  asyncEventsDropped: 'AsyncEventsDropped',
  recursiveInvocationsDropped: 'RecursiveInvocationsDropped',
} as const;

function counted(metric: string, { sum, lastAt }: Count, { days }: Losses): string {
  const last = lastAt === null ? '' : `, the latest in the hour from ${lastAt}`;
  return `${metric} of CloudWatch: ${sum} in the last ${days} days${last}.`;
}

function howToGetADeadLetterQueue(arn: string, qualifier: string | null): string {
  const set = `Let its role do sqs:SendMessage on a queue of at least 14 days of retention, then: aws lambda update-function-configuration --function-name ${arn} --dead-letter-config TargetArn=QUEUE_ARN`;
  return qualifier === null
    ? set
    : `${set}; then publish a version and point ${qualifier} to it, since versions keep what they were published with.`;
}
