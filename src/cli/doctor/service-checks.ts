import { fault, HEALTHY, together, when, whenThere, type Check } from './check.ts';
import type { NotifiedFacts, PartFacts } from './facts.ts';

/** What goes wrong with the functions of the service itself. */
export const PART_CHECKS: readonly Check<PartFacts>[] = [
  {
    name: 'service-function-missing',
    asks: 'whether the function of the service is there',
    severity: 'error',
    consequence: 'Nothing of what it does happens.',
    of: ({ name, duty, exists }) =>
      when(exists, (isThere) =>
        isThere
          ? HEALTHY
          : fault({
              evidence: `Lambda has no function ${name}, which ${duty}.`,
              fix: 'Deploy the service to this account, region and stage, or name another stage with --stage.',
            }),
      ),
  },
  {
    name: 'service-function-stopped',
    asks: 'whether the function of the service is stopped',
    severity: 'error',
    consequence: 'Nothing of what it does happens, until somebody lifts that.',
    of: ({ name, duty, reservedConcurrency }) =>
      when(reservedConcurrency, (reserved) =>
        reserved === 0
          ? fault({
              evidence: `The reserved concurrency of ${name}, which ${duty}, is 0.`,
              fix: `aws lambda delete-function-concurrency --function-name ${name}`,
            })
          : HEALTHY,
      ),
  },
];

/** What goes wrong with telling people. */
export const NOTIFIED_CHECKS: readonly Check<NotifiedFacts>[] = [
  {
    name: 'nobody-is-told',
    asks: 'whether anybody is subscribed',
    severity: 'warning',
    consequence: 'Dead events are parked and archived, and nobody learns of it.',
    of: ({ tells, name, topic }) =>
      when(topic, (found) =>
        found === null
          ? fault({ evidence: `SNS has no topic ${name}.`, fix: 'Deploy the service.' })
          : when(found.subscriptions, (all) =>
              all.length > 0
                ? HEALTHY
                : fault({
                    evidence: `Nobody is subscribed to ${found.arn}.`,
                    ...(tells === 'alarms' && {
                      consequence:
                        'When the service itself fails, or Lambda cannot deliver to an intake, nobody learns of it.',
                    }),
                    fix: `Deploy with --param="${tells === 'alerts' ? 'alertMail' : 'watchMail'}=you@example.com", or subscribe something else to it.`,
                  }),
            ),
      ),
  },
  {
    name: 'subscription-not-confirmed',
    asks: 'whether subscriptions are confirmed',
    severity: 'error',
    consequence: 'SNS sends nothing to a subscription that is not confirmed, and after some days removes it.',
    of: ({ topic }) =>
      whenThere(topic, ({ subscriptions }) =>
        when(subscriptions, (all) =>
          together(
            all
              .filter(({ isConfirmed }) => !isConfirmed)
              .map(({ protocol, endpoint }) =>
                fault({
                  evidence: `The subscription of ${endpoint} (${protocol}) is pending.`,
                  fix: 'Open the link in the mail that AWS has sent there; when it is too old, deploy or subscribe again.',
                }),
              ),
          ),
        ),
      ),
  },
  {
    name: 'key-shuts-alarms-out',
    asks: 'whether CloudWatch may use the key of the topic',
    severity: 'error',
    consequence: 'CloudWatch may not use a key that is AWS’s own: no alarm ever reaches anybody.',
    of: ({ tells, topic }) =>
      whenThere(topic, ({ kmsKey, arn }) =>
        tells === 'alarms' && kmsKey?.includes('alias/aws/') === true
          ? fault({
              evidence: `${arn} is under ${kmsKey}.`,
              fix: 'Deploy with the key of the stack, --param="topicsKey=own", or without one, topicsKey=none.',
            })
          : HEALTHY,
      ),
  },
];
