import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { NAMES } from './local-stack.ts';

export type SentLetter = { readonly requestId: string; readonly message: string; readonly body: string };

/** Puts a dead letter, as Lambda writes it, into the target's dead-letter queue of the local stack; gives the queue's URL. */
export async function sendDeadLetter(
  sqs: SQSClient,
  { requestId, message, body }: SentLetter,
): Promise<string | undefined> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: NAMES.deadLetterQueue }));
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: body,
      MessageAttributes: {
        RequestID: { DataType: 'String', StringValue: requestId },
        ErrorCode: { DataType: 'Number', StringValue: '200' },
        ErrorMessage: { DataType: 'String', StringValue: message },
      },
    }),
  );
  return QueueUrl;
}
