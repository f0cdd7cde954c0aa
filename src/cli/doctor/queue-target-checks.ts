import { isDeclaredIntake } from '../../recovery/intakes.ts';
import { isFifo } from '../../recovery/queue-message.ts';
import { fault, HEALTHY, isThere, whenThere, when, type Check } from './check.ts';
import type { QueueTargetFacts } from './facts.ts';
import { queueName } from './places.ts';
import { days, LONGEST_RETENTION_SECONDS, setAttribute } from './retention.ts';

/** What goes wrong with the dead messages of a queue that the policy declares as a target. */
export const QUEUE_TARGET_CHECKS: readonly Check<QueueTargetFacts>[] = [
  {
    name: 'queue-missing',
    asks: 'whether the queue is there',
    severity: 'error',
    consequence: 'Nothing can be sent back to it: each of its dead messages is parked.',
    of: ({ queue, target }) =>
      isThere(queue, {
        evidence: `SQS has no queue ${target.queueName}`,
        fix: 'Correct the name in policy.yml; look at the region and the stage too.',
      }),
  },
  {
    name: 'no-redrive-policy',
    asks: 'whether dead messages are moved away',
    severity: 'error',
    consequence:
      'A message that fails is tried until the queue’s retention deletes it, and in a FIFO queue holds up its group.',
    of: ({ queue }) =>
      whenThere(queue, ({ arn, redrive }) =>
        redrive === null
          ? fault({
              evidence: `${queueName(arn)} has no redrive policy.`,
              fix: 'Give it one that moves messages to an intake: aws sqs set-queue-attributes with RedrivePolicy, maxReceiveCount 5 or more.',
            })
          : HEALTHY,
      ),
  },
  {
    name: 'redrive-leads-nowhere',
    asks: 'whether the queue’s dead-letter queue is there',
    severity: 'error',
    consequence: 'SQS has nowhere to move a dead message to.',
    of: ({ queue, deadLetter }) =>
      whenThere(queue, ({ redrive }) =>
        redrive === null
          ? HEALTHY
          : when(deadLetter, (found) =>
              found === null
                ? fault({
                    evidence: `Its redrive policy names ${redrive.deadLetterArn}, which does not exist.`,
                    fix: 'Make that queue anew, or name another one.',
                  })
                : HEALTHY,
            ),
      ),
  },
  {
    name: 'no-way-back',
    asks: 'whether what dies again would come back',
    severity: 'error',
    consequence: 'What is sent back to the queue and dies again goes where the service does not look.',
    of: ({ queue, policy }) =>
      whenThere(queue, ({ arn, redrive }) =>
        redrive === null || isDeclaredIntake(policy, redrive.deadLetterArn, arn)
          ? HEALTHY
          : fault({
              evidence: `Its dead messages go to ${redrive.deadLetterArn}, which is no intake of the policy.`,
              fix: `Declare it in policy.yml: intakes: { ${queueName(redrive.deadLetterArn)}: { target: … } }`,
            }),
      ),
  },
  {
    // A move keeps the time at which a message was first sent, but for FIFO queues.
    name: 'dead-messages-kept-no-longer',
    asks: 'whether dead messages outlive the move',
    severity: 'error',
    consequence:
      'A message keeps its age when SQS moves it: one that was long in the queue is deleted soon after the move, or at once.',
    of: ({ queue, deadLetter }) =>
      whenThere(queue, (source) =>
        whenThere(deadLetter, ({ arn, retentionSeconds }) =>
          isFifo(source.arn) ||
          retentionSeconds > source.retentionSeconds ||
          retentionSeconds >= LONGEST_RETENTION_SECONDS
            ? HEALTHY
            : fault({
                evidence: `${queueName(source.arn)} keeps messages for ${days(source.retentionSeconds)}, and ${queueName(arn)} for ${days(retentionSeconds)} from the same moment.`,
                fix: setAttribute(arn, 'MessageRetentionPeriod', LONGEST_RETENTION_SECONDS),
              }),
        ),
      ),
  },
];
