import {
  GetTopicAttributesCommand,
  paginateListSubscriptionsByTopic,
  type SNSClient,
} from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueUrl } from '../../aws/queue-url.ts';
import { ownProperty, ownString, parseJson } from '../../recovery/json.ts';
import { ask, askFor } from './ask.ts';
import type { QueueFacts, SubscriptionFacts, TopicFacts } from './facts.ts';
import type { Reading } from './reading.ts';

/** SQS's defaults where nothing is configured. Source: SQS developer guide. */
const DEFAULT_VISIBILITY_SECONDS = 30;
const DEFAULT_RETENTION_SECONDS = 4 * 86_400;
const DEFAULT_RECEIVES = 10;

/** A queue by its ARN, or by its name in the account and region of whoever asks; null when there is none. */
export function readQueue(
  client: SQSClient,
  queue: { readonly queueArn: string | null; readonly queueName: string },
): Promise<Reading<QueueFacts | null>> {
  return askFor('sqs:GetQueueAttributes', async () => {
    const url = await urlOf(client, queue);
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    return queueFacts(Attributes);
  });
}

export function readQueueByArn(client: SQSClient, queueArn: string): Promise<Reading<QueueFacts | null>> {
  return readQueue(client, { queueArn, queueName: '' });
}

async function urlOf(
  client: SQSClient,
  { queueArn, queueName }: { readonly queueArn: string | null; readonly queueName: string },
): Promise<string> {
  if (queueArn !== null) return queueUrl(queueArn);
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queueName }));
  return QueueUrl ?? '';
}

function queueFacts(attributes: Readonly<Record<string, string>>): QueueFacts {
  const redrive = parseJson(attributes['RedrivePolicy'] ?? '');
  const deadLetterArn = ownString(redrive, 'deadLetterTargetArn');
  return {
    kind: 'queue',
    arn: attributes['QueueArn'] ?? '',
    visibilitySeconds: Number(attributes['VisibilityTimeout'] ?? DEFAULT_VISIBILITY_SECONDS),
    retentionSeconds: Number(attributes['MessageRetentionPeriod'] ?? DEFAULT_RETENTION_SECONDS),
    kmsKey: attributes['KmsMasterKeyId'] ?? null,
    redrive:
      deadLetterArn === null
        ? null
        : {
            deadLetterArn,
            maxReceives: Number(ownProperty(redrive, 'maxReceiveCount') ?? DEFAULT_RECEIVES),
          },
    policy: parseJson(attributes['Policy'] ?? ''),
    messages: Number(attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
  };
}

/** A topic by its ARN; null when there is none. */
export function readTopic(client: SNSClient, arn: string): Promise<Reading<TopicFacts | null>> {
  return askFor('sns:GetTopicAttributes', async () => {
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    return {
      kind: 'topic',
      arn,
      kmsKey: Attributes?.['KmsMasterKeyId'] ?? null,
      policy: parseJson(Attributes?.['Policy'] ?? ''),
      subscriptions: await readSubscriptions(client, arn),
    };
  });
}

/** What SNS gives for the ARN of a subscription that nobody has confirmed. */
const PENDING = 'PendingConfirmation';

function readSubscriptions(
  client: SNSClient,
  TopicArn: string,
): Promise<Reading<readonly SubscriptionFacts[]>> {
  return ask('sns:ListSubscriptionsByTopic', async () => {
    const found: SubscriptionFacts[] = [];
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
      for (const { Protocol = '', Endpoint = '', SubscriptionArn } of Subscriptions) {
        found.push({ protocol: Protocol, endpoint: Endpoint, isConfirmed: SubscriptionArn !== PENDING });
      }
    }
    return found;
  });
}
