import { fault, HEALTHY, type Outcome } from './check.ts';
import type { QueueFacts } from './facts.ts';
import { queueName } from './places.ts';

export const DAY_SECONDS = 86_400;

/** The longest that SQS keeps a message, which costs no more than less. Its default is four days. */
export const LONGEST_RETENTION_SECONDS = 14 * DAY_SECONDS;

export function keptTooShortly({ arn, retentionSeconds }: QueueFacts): Outcome {
  return retentionSeconds >= LONGEST_RETENTION_SECONDS
    ? HEALTHY
    : fault({
        evidence: `${queueName(arn)} keeps messages for ${days(retentionSeconds)}.`,
        fix: setAttribute(arn, 'MessageRetentionPeriod', LONGEST_RETENTION_SECONDS),
      });
}

export function days(seconds: number): string {
  const count = Math.round((seconds / DAY_SECONDS) * 10) / 10;
  return count >= 1 ? `${count} ${count === 1 ? 'day' : 'days'}` : `${seconds} s`;
}

/** The command that sets an attribute of a queue. */
export function setAttribute(arn: string, name: string, value: number): string {
  return `aws sqs set-queue-attributes --attributes ${name}=${value} --queue-url $(aws sqs get-queue-url --queue-name ${queueName(arn)} --query QueueUrl --output text)`;
}
