import { MOST_LOOKS } from '../../recovery/giving-up.ts';
import { fault, HEALTHY, isThere, together, when, whenThere, type Check, type Outcome } from './check.ts';
import type { FailureQueueFacts, IntakeFacts, MappingFacts, QueueFacts, TopicFacts } from './facts.ts';
import { queueName } from './places.ts';
import { keptTooShortly, setAttribute } from './retention.ts';
import { letsAnybody } from './resource-policy.ts';

/** As the Lambda developer guide asks, so that messages do not come back while a throttled function still has them. */
const TIMEOUTS_OF_VISIBILITY = 6;

/** In an intake of the service's own a wait costs a receipt, and so does an outage of the consumer. */
const OWN_RECEIVES = 1000;

/** What goes wrong with a queue on which dead events arrive. */
export const INTAKE_CHECKS: readonly Check<IntakeFacts>[] = [
  {
    name: 'intake-missing',
    asks: 'whether the intake is there',
    severity: 'error',
    consequence: 'No dead event can arrive.',
    of: ({ queue, intake }) =>
      isThere(queue, {
        evidence: `SQS has no queue ${intake.queueName}`,
        fix: 'Correct the name in policy.yml; look at the region and the stage too.',
      }),
  },
  {
    name: 'intake-not-read',
    asks: 'whether the consumer reads the intake',
    severity: 'error',
    consequence: 'Dead events lie in the intake until its retention deletes them, and nobody is told.',
    of: (facts) =>
      whenThere(facts.queue, ({ messages }) => when(facts.mappings, (all) => reading(facts, all, messages))),
  },
  {
    name: 'intake-read-by-others',
    asks: 'whether somebody else reads the intake',
    severity: 'error',
    consequence: 'Each takes some of the dead events from the other: those that the other deletes are gone.',
    of: ({ mappings, consumer }) =>
      when(mappings, (all) =>
        together(
          all
            .filter(({ functionName, state }) => functionName !== consumer && state !== 'Disabled')
            .map(({ functionName, uuid }) =>
              fault({
                evidence: `${functionName} reads it too, by the mapping ${uuid}.`,
                fix: `Take it away when ${consumer} is to do the work: aws lambda delete-event-source-mapping --uuid ${uuid}`,
              }),
            ),
        ),
      ),
  },
  {
    name: 'visibility-too-short',
    asks: 'whether messages stay hidden while the consumer works',
    severity: 'warning',
    consequence:
      'When the consumer is throttled, messages come back before they have been worked on: they are looked at twice, and each look counts as a receipt.',
    of: ({ queue, consumerTimeoutSeconds }) =>
      whenThere(queue, (found) => whenThere(consumerTimeoutSeconds, (timeout) => visibility(found, timeout))),
  },
  {
    name: 'kept-too-shortly',
    asks: 'how long dead events are kept',
    severity: 'warning',
    consequence: 'SQS deletes what the consumer could not take by then, as in an outage over some holidays.',
    of: ({ queue }) => whenThere(queue, keptTooShortly),
  },
  {
    name: 'moved-away-too-early',
    asks: 'after how many receipts SQS moves dead events away',
    severity: 'warning',
    consequence:
      'SQS moves a dead event to that queue before the service is done with it, and the service does not read it there.',
    of: ({ queue, isAdopted }) =>
      whenThere(queue, ({ arn, redrive }) => {
        const least = isAdopted ? MOST_LOOKS + 1 : OWN_RECEIVES;
        return redrive === null || redrive.maxReceives >= least
          ? HEALTHY
          : fault({
              evidence: `${queueName(arn)} moves messages to ${redrive.deadLetterArn} after ${redrive.maxReceives} receipts.`,
              fix: isAdopted
                ? `Take the redrive policy away, since the consumer gives up by itself after ${MOST_LOOKS} looks and archives; or raise maxReceiveCount to 100.`
                : `Raise maxReceiveCount to ${OWN_RECEIVES}, as the stack’s template has it, and deploy.`,
            });
      }),
  },
  {
    name: 'no-failure-queue',
    asks: 'whether there is a queue behind the intake',
    severity: 'warning',
    consequence:
      'A dead event that even the consumer cannot deal with goes round until the retention deletes it.',
    of: ({ queue, isAdopted }) =>
      whenThere(queue, ({ arn, redrive }) =>
        // Of an adopted queue the consumer takes such events out by itself.
        redrive !== null || isAdopted
          ? HEALTHY
          : fault({
              evidence: `${queueName(arn)} has no redrive policy.`,
              fix: 'Give it the one that the intakes of the template have, to IntakeFailures, and deploy.',
            }),
      ),
  },
  {
    name: 'key-not-declared',
    asks: 'whether the consumer may decrypt the intake',
    severity: 'error',
    consequence: 'The consumer has no right on the key: it cannot read a single dead event.',
    of: ({ queue, intake }) =>
      whenThere(queue, ({ kmsKey }) =>
        kmsKey === null || isOfAws(kmsKey) || intake.kmsKey !== null
          ? HEALTHY
          : fault({
              evidence: `It is under the key ${kmsKey}, which the policy does not say.`,
              fix: `Say kmsKey: KEY_ARN of the intake ${intake.key} in policy.yml, and deploy.`,
            }),
      ),
  },
  {
    name: 'key-shuts-the-topic-out',
    asks: 'whether the topic may use the key of the intake',
    severity: 'error',
    consequence: 'SNS may not use a key that is AWS’s own: what the topic delivers never arrives.',
    of: ({ queue, intake }) =>
      whenThere(queue, ({ kmsKey }) =>
        kmsKey === null || !isOfAws(kmsKey) || intake.topic === null
          ? HEALTHY
          : fault({
              evidence: `The topic ${intake.topic} feeds it, and it is under ${kmsKey}.`,
              fix: 'Put the queue under SSE-SQS (SqsManagedSseEnabled), or under a key whose policy admits sns.amazonaws.com.',
            }),
      ),
  },
  {
    name: 'topic-does-not-feed-it',
    asks: 'whether the topic feeds the intake',
    severity: 'error',
    consequence: 'What dies into the topic goes nowhere: a topic keeps nothing.',
    of: ({ intake, topic, queue }) =>
      intake.topic === null
        ? HEALTHY
        : whenThere(queue, ({ arn }) => when(topic, (found) => feeding(intake.topic ?? '', found, arn))),
  },
  {
    name: 'anybody-may-send',
    asks: 'who may send to the intake',
    severity: 'error',
    consequence: 'Whoever can send to an intake has its target run with a payload of theirs.',
    of: ({ queue }) =>
      whenThere(queue, ({ arn, policy }) =>
        letsAnybody(policy, 'sqs:SendMessage') === 'yes'
          ? fault({
              evidence: `The policy of ${queueName(arn)} lets anybody send to it, without a condition.`,
              fix: 'Let only the target’s role send, as TargetDlqPolicy in resources/intakes.yml does.',
            })
          : HEALTHY,
      ),
  },
];

/** What goes wrong with a queue behind intakes. */
export const FAILURE_QUEUE_CHECKS: readonly Check<FailureQueueFacts>[] = [
  {
    name: 'failure-queue-missing',
    asks: 'whether the failure queue is there',
    severity: 'error',
    consequence:
      'SQS has nowhere to move what even the consumer cannot deal with: it goes round until it is deleted.',
    of: ({ queue, subject }) =>
      when(queue, (found) =>
        found === null
          ? fault({
              evidence: `SQS has no queue ${subject}, which the redrive policy of an intake names.`,
              fix: 'Make it anew under that name, or deploy.',
            })
          : HEALTHY,
      ),
  },
  {
    name: 'failure-queue-not-empty',
    asks: 'whether dead events lie in the failure queue',
    severity: 'error',
    consequence: 'Even the consumer could not deal with these dead events. Nothing reads them there.',
    of: ({ queue }) =>
      whenThere(queue, ({ arn, messages, inFlight }) =>
        messages + inFlight === 0
          ? HEALTHY
          : fault({
              evidence: `About ${messages + inFlight} messages lie in ${queueName(arn)}.`,
              fix: `See the errors in the consumer’s log; when that is mended: aws sqs start-message-move-task --source-arn ${arn}`,
            }),
      ),
  },
];

function reading({ consumer }: IntakeFacts, mappings: readonly MappingFacts[], messages: number): Outcome {
  const waiting = `about ${messages} dead events lie in the queue`;
  const own = mappings.filter(({ functionName }) => functionName === consumer);
  if (own.length === 0) {
    return fault({
      evidence: `No event source mapping gives the queue to ${consumer}; ${waiting}.`,
      fix: 'Deploy: the mappings are made from policy.yml.',
    });
  }
  return together(own.map((mapping) => mapped(mapping, waiting)));
}

function mapped({ uuid, state, stateReason, lastResult }: MappingFacts, waiting: string): Outcome {
  if (state === 'Disabled' || state === 'Disabling') {
    return fault({
      evidence: `The mapping ${uuid} is ${state.toLowerCase()} (${stateReason || 'no reason given'}); ${waiting}.`,
      fix: `aws lambda update-event-source-mapping --enabled --uuid ${uuid}`,
    });
  }
  return lastResult.startsWith('PROBLEM')
    ? fault({
        evidence: `The mapping ${uuid} fails: ${lastResult}; ${waiting}.`,
        fix: 'Mend what it says: most often a right of ConsumerRole on the queue or its key, or the consumer itself.',
      })
    : HEALTHY;
}

function visibility({ arn, visibilitySeconds }: QueueFacts, timeout: number): Outcome {
  const least = TIMEOUTS_OF_VISIBILITY * timeout;
  if (visibilitySeconds >= least) return HEALTHY;
  const evidence = `${queueName(arn)} hides a message for ${visibilitySeconds} s; the consumer may take ${timeout} s.`;
  const fix = setAttribute(arn, 'VisibilityTimeout', least);
  return visibilitySeconds < timeout
    ? fault({
        evidence,
        fix,
        severity: 'error',
        consequence: 'Lambda refuses a mapping of such a queue, and the deployment is rolled back.',
      })
    : fault({ evidence, fix });
}

function feeding(name: string, topic: TopicFacts | null, queueArn: string): Outcome {
  if (topic === null) {
    return fault({
      evidence: `SNS has no topic ${name}.`,
      fix: 'Correct its name in policy.yml, or make it.',
    });
  }
  return when(topic.subscriptions, (all) =>
    all.some(({ endpoint, isConfirmed }) => endpoint === queueArn && isConfirmed)
      ? HEALTHY
      : fault({
          evidence: `No subscription of ${topic.arn} puts its messages into ${queueName(queueArn)}.`,
          fix: `aws sns subscribe --protocol sqs --attributes RawMessageDelivery=true --topic-arn ${topic.arn} --notification-endpoint ${queueArn}`,
        }),
  );
}

/** Keys that AWS has made for a service, by their aliases. */
function isOfAws(key: string): boolean {
  return key.includes('alias/aws/');
}
