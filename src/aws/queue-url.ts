import { parseChannelArn } from '../recovery/intakes.ts';
import type { QueueTarget } from '../recovery/policy.ts';

/** The URL of a queue from its ARN. The client's endpoint decides where the call goes; SQS reads account and name. */
export function queueUrl(queueArn: string): string {
  const queue = parseChannelArn(queueArn);
  if (queue?.service !== 'sqs') throw new Error(`not the ARN of a queue: ${queueArn}`);
  const [region, account] = queue.place.split(':');
  const suffix = queue.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://sqs.${region}.${suffix}/${account}/${queue.name}`;
}

/** The URL of a target that is a queue. A bare name means the account and region of the intake. */
export function targetQueueUrl({ queueArn, queueName }: QueueTarget, besideArn: string): string {
  const beside = parseChannelArn(besideArn);
  if (queueArn !== null) return queueUrl(queueArn);
  if (beside === null) throw new Error(`not the ARN of a queue: ${besideArn}`);
  return queueUrl(`arn:${beside.partition}:sqs:${beside.place}:${queueName}`);
}
