import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** What Lambda sends to a queue or topic: a dead letter has attributes, a destination record has none. */
export type Outgoing = {
  readonly arn: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;
};

/** Sends a message to a queue or publishes it to a topic, by the ARN. Rejects when the service does not take it. */
export async function handOver(
  { sqs, sns }: { readonly sqs: SQSClient; readonly sns: SNSClient },
  { arn, body, attributes }: Outgoing,
): Promise<void> {
  if (arn.startsWith('arn:aws:sns:')) {
    await sns.send(
      new PublishCommand({ TopicArn: arn, Message: body, MessageAttributes: { ...attributes } }),
    );
    return;
  }
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: arn.split(':').at(-1) }));
  await sqs.send(
    new SendMessageCommand({ QueueUrl, MessageBody: body, MessageAttributes: { ...attributes } }),
  );
}
