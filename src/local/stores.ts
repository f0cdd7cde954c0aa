import {
  CreateTableCommand,
  type DynamoDBClient,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SubscribeCommand, type SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { parseProperties } from './template/parse-properties.ts';
import { physicalName, type Resource } from './template/read-template.ts';

export type Clients = {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly s3: S3Client;
  readonly dynamo: DynamoDBClient;
};

/** Queues first those that others redrive to: SQS wants a dead-letter queue to exist. */
export async function createQueues(sqs: SQSClient, resources: readonly Resource[]): Promise<void> {
  const queues = resources.filter(({ type }) => type === 'AWS::SQS::Queue');
  for (const queue of queues.toSorted((a, b) => redriveOrder(a) - redriveOrder(b))) {
    const { QueueName: _, SqsManagedSseEnabled: __, Tags: ___, ...attributes } = queue.properties;
    await sqs.send(
      new CreateQueueCommand({
        QueueName: physicalName(queue.logicalId, queue.properties),
        Attributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : JSON.stringify(value),
          ]),
        ),
      }),
    );
  }
}

function redriveOrder(queue: Resource): number {
  return queue.properties['RedrivePolicy'] === undefined ? 0 : 1;
}

export async function createBuckets(s3: S3Client, resources: readonly Resource[]): Promise<void> {
  for (const { logicalId, properties } of resources.filter(({ type }) => type === 'AWS::S3::Bucket')) {
    await s3.send(new CreateBucketCommand({ Bucket: physicalName(logicalId, properties) }));
  }
}

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const tableSchema = z.looseObject({
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.object({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
      }),
    )
    .optional(),
});

export async function createTables(dynamo: DynamoDBClient, resources: readonly Resource[]): Promise<void> {
  for (const resource of resources.filter(({ type }) => type === 'AWS::DynamoDB::Table')) {
    const { AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes } = parseProperties(
      tableSchema,
      resource,
    );
    const table: CreateTableCommandInput = {
      TableName: physicalName(resource.logicalId, resource.properties),
      AttributeDefinitions,
      KeySchema,
      BillingMode,
      GlobalSecondaryIndexes,
    };
    await dynamo.send(new CreateTableCommand(table));
  }
}

const subscriptionSchema = z.looseObject({
  TopicArn: z.string(),
  Protocol: z.enum(['sqs', 'lambda', 'email'], 'only queues, functions and mail are modelled as subscribers'),
  Endpoint: z.string(),
  RawMessageDelivery: z.boolean().default(false),
});

/** Topics, and their subscriptions of queues. Functions are served elsewhere, and nobody here gets mail. */
export async function createTopics(sns: SNSClient, resources: readonly Resource[]): Promise<void> {
  for (const { logicalId, properties } of resources.filter(({ type }) => type === 'AWS::SNS::Topic')) {
    await sns.send(new CreateTopicCommand({ Name: physicalName(logicalId, properties) }));
  }
  for (const subscription of resources.filter(({ type }) => type === 'AWS::SNS::Subscription')) {
    const { TopicArn, Protocol, Endpoint, RawMessageDelivery } = parseProperties(
      subscriptionSchema,
      subscription,
    );
    if (Protocol !== 'sqs') continue;
    const Attributes = { RawMessageDelivery: String(RawMessageDelivery) };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes }));
  }
}
