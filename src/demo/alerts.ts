import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { LocalAws } from '../local/local-aws.ts';
import type { Clients } from './clients.ts';

/** A notice as it reached somebody who is subscribed to the topic. */
export type ReceivedAlert = { readonly subject: string; readonly body: string };

const envelopeSchema = z.object({ Subject: z.string(), Message: z.string() });

/** Subscribes a queue of the demonstration's own to a topic. Gives what has arrived there so far. */
export async function subscribeTo(
  aws: LocalAws,
  { sns, sqs }: Clients,
  topicName: string,
): Promise<() => Promise<readonly ReceivedAlert[]>> {
  const queueName = `${topicName}-seen`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: queueName }));
  const arnOf = (service: string, name: string): string =>
    `arn:aws:${service}:${aws.region}:${aws.accountId}:${name}`;
  await sns.send(
    new SubscribeCommand({
      TopicArn: arnOf('sns', topicName),
      Protocol: 'sqs',
      Endpoint: arnOf('sqs', queueName),
    }),
  );
  const received: ReceivedAlert[] = [];
  return async () => {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return received;
      for (const { Body = '', ReceiptHandle } of Messages) {
        const { Subject: subject, Message: body } = envelopeSchema.parse(JSON.parse(Body));
        received.push({ subject, body });
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  };
}

/** How many dead events the alerts tell of, as their subjects say. */
export function eventsToldOf(alerts: readonly ReceivedAlert[]): number {
  const counts = alerts.map(({ subject }) => Number(/^\[(\d+) dead events?\]/.exec(subject)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
