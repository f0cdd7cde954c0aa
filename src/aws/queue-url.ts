import { parseChannelArn } from '../recovery/intakes.ts';

/** The URL of a queue from its ARN. The client's endpoint decides where the call goes; SQS reads account and name. */
export function queueUrl(queueArn: string): string {
  const queue = parseChannelArn(queueArn);
  if (queue?.service !== 'sqs') throw new Error(`not the ARN of a queue: ${queueArn}`);
  const [region, account] = queue.place.split(':');
  const suffix = queue.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://sqs.${region}.${suffix}/${account}/${queue.name}`;
}
