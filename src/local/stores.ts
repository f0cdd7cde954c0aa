import {
  CreateTableCommand,
  type DynamoDBClient,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { DeadLetter } from './lambda/async-queue.ts';
import { physicalName, type Resource } from './template/read-template.ts';

export type Clients = { readonly sqs: SQSClient; readonly s3: S3Client; readonly dynamo: DynamoDBClient };

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
});

export async function createTables(dynamo: DynamoDBClient, resources: readonly Resource[]): Promise<void> {
  for (const { logicalId, properties } of resources.filter(({ type }) => type === 'AWS::DynamoDB::Table')) {
    const { AttributeDefinitions, KeySchema, BillingMode } = tableSchema.parse(properties);
    const table: CreateTableCommandInput = {
      TableName: physicalName(logicalId, properties),
      AttributeDefinitions,
      KeySchema,
      BillingMode,
    };
    await dynamo.send(new CreateTableCommand(table));
  }
}

/** Sends a dead event to its queue with the attributes that Lambda gives it. An empty message is left out. */
export async function sendDeadLetter(sqs: SQSClient, letter: DeadLetter): Promise<void> {
  const { QueueUrl } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: letter.queueArn.split(':').at(-1) }),
  );
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: letter.body,
      MessageAttributes: {
        RequestID: { DataType: 'String', StringValue: letter.requestId },
        ErrorCode: { DataType: 'Number', StringValue: letter.errorCode },
        ...(letter.errorMessage === ''
          ? {}
          : { ErrorMessage: { DataType: 'String', StringValue: letter.errorMessage } }),
      },
    }),
  );
}
