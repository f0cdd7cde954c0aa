import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BatchGetItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { clientsFor } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { sdkSettings } from '../../src/local/sdk-settings.ts';
import { startSmallStack } from '../support/small-stack.ts';

let aws: LocalAws;
let dynamo: DynamoDBClient;

const key = (name: string, KeyType: string): unknown => ({ AttributeName: name, KeyType });

beforeAll(async () => {
  aws = await startSmallStack({
    resources: {
      Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
      Orders: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'orders',
          VisibilityTimeout: 5400,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Letters', 'Arn'] }, maxReceiveCount: 5 },
        },
      },
      Ledger: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'ledger',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk', 'due'].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S',
          })),
          KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'due',
              KeySchema: [key('due', 'HASH'), key('sk', 'RANGE')],
              Projection: { ProjectionType: 'ALL' },
            },
          ],
        },
      },
    },
  });
  dynamo = new DynamoDBClient(sdkSettings(aws));
});

afterAll(async () => {
  dynamo.destroy();
  await aws.stop();
});

const keyOf = (pk: string): { pk: { S: string }; sk: { S: string } } => ({ pk: { S: pk }, sk: { S: 'a' } });

async function indexed(due: string): Promise<readonly (string | undefined)[]> {
  const { Items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: 'ledger',
      IndexName: 'due',
      KeyConditionExpression: 'due = :due',
      ExpressionAttributeValues: { ':due': { S: due } },
    }),
  );
  return Items.map(({ pk }) => pk?.S);
}

describe('a table of the local AWS', () => {
  test('has in one index the items of more than one kind that carry its key, and loses them with it', async () => {
    for (const [pk, due] of [
      ['group#1', 'probes'],
      ['alert#1', 'alerts'],
      ['other#1', null],
    ] as const) {
      const Item = { ...keyOf(pk), ...(due === null ? {} : { due: { S: due } }) };
      await dynamo.send(new PutItemCommand({ TableName: 'ledger', Item }));
    }
    expect(await indexed('probes')).toEqual(['group#1']);
    expect(await indexed('alerts')).toEqual(['alert#1']);
    await dynamo.send(
      new UpdateItemCommand({
        TableName: 'ledger',
        Key: keyOf('group#1'),
        UpdateExpression: 'SET #state = :flowing ADD parked :n REMOVE due',
        ConditionExpression: 'attribute_exists(due)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':flowing': { S: 'flowing' }, ':n': { N: '7' } },
      }),
    );
    expect(await indexed('probes')).toEqual([]);
  });

  test('adds under a condition, and refuses when the condition does not hold', async () => {
    const claim = (): Promise<{ Attributes?: unknown }> =>
      dynamo.send(
        new UpdateItemCommand({
          TableName: 'ledger',
          Key: keyOf('counter#1'),
          UpdateExpression: 'ADD runs :one',
          ConditionExpression: 'attribute_not_exists(runs) OR runs < :most',
          ExpressionAttributeValues: { ':one': { N: '1' }, ':most': { N: '2' } },
          ReturnValues: 'ALL_NEW',
        }),
      );
    expect(await claim()).toMatchObject({ Attributes: { runs: { N: '1' } } });
    expect(await claim()).toMatchObject({ Attributes: { runs: { N: '2' } } });
    await expect(claim()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  test('gives several items in one consistent read', async () => {
    for (const pk of ['many#1', 'many#2']) {
      await dynamo.send(new PutItemCommand({ TableName: 'ledger', Item: keyOf(pk) }));
    }
    const { Responses } = await dynamo.send(
      new BatchGetItemCommand({
        RequestItems: {
          ledger: { Keys: ['many#1', 'many#2', 'many#3'].map(keyOf), ConsistentRead: true },
        },
      }),
    );
    expect(Responses?.['ledger']?.map(({ pk }) => pk?.S).toSorted()).toEqual(['many#1', 'many#2']);
  });
});

describe('a queue of the local AWS', () => {
  test('says what it redrives to, and for how long it hides a message', async () => {
    const { Attributes } = await clientsFor(aws).sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${aws.endpoint}/000000000000/orders`,
        AttributeNames: ['RedrivePolicy', 'VisibilityTimeout'],
      }),
    );
    expect(Attributes?.['VisibilityTimeout']).toBe('5400');
    expect(JSON.parse(Attributes?.['RedrivePolicy'] ?? '')).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:000000000000:letters',
      maxReceiveCount: 5,
    });
  });
});
