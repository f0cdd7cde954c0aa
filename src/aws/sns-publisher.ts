import { PublishCommand, type MessageAttributeValue, type SNSClient } from '@aws-sdk/client-sns';
import type { Notice } from '../recovery/alerts.ts';
import type { Publisher } from '../recovery/ports.ts';

/** Publishes notices to one topic: the text for people, the attributes for subscriptions that filter. */
export function snsPublisher(client: SNSClient, topicArn: string): Publisher {
  return {
    publish: async (notice) => {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: notice.subject,
          Message: notice.body,
          MessageAttributes: attributesOf(notice),
        }),
      );
    },
  };
}

function attributesOf({ id, attributes }: Notice): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries({ alertId: id, ...attributes }).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? { DataType: 'String', StringValue: value }
        : { DataType: 'String.Array', StringValue: JSON.stringify(value) },
    ]),
  );
}
