import { afterEach, describe, expect, test } from '@jest/globals';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientsFor } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { startSmallStack } from '../support/small-stack.ts';

let aws: LocalAws | null = null;

afterEach(async () => {
  await aws?.stop();
  aws = null;
});

const named = { 'Fn::Join': ['-', [{ Ref: 'AWS::Region' }, 'letters']] };

function key(name: string): unknown {
  return [{ AttributeName: name, KeyType: 'HASH' }];
}

describe('a resource', () => {
  test('whose name is composed is referred to by that name', async () => {
    aws = await startSmallStack({
      functions: {
        telling: {
          source: 'exports.handler = async () => [process.env.URL, process.env.ARN]',
          properties: {
            FunctionName: { 'Fn::Sub': 'telling-${AWS::Region}' },
            Environment: {
              Variables: { URL: { Ref: 'Queue' }, ARN: { 'Fn::GetAtt': ['Queue', 'Arn'] } },
            },
          },
        },
      },
      resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: named } } },
    });
    const { lambda, sqs } = clientsFor(aws);
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'telling-eu-west-1' }));
    const [url, arn]: unknown[] = JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8'));
    expect(url).toBe(`${aws.endpoint}/000000000000/eu-west-1-letters`);
    expect(arn).toBe('arn:aws:sqs:eu-west-1:000000000000:eu-west-1-letters');
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'eu-west-1-letters' }));
    expect(QueueUrl).toBe(url);
  });

  test('that stands under a condition is refused, since nothing here decides conditions', async () => {
    const resources = { Queue: { Type: 'AWS::SQS::Queue', Condition: 'IsProduction' } };
    await expect(startSmallStack({ resources })).rejects.toThrow(/Condition.*Queue/);
  });

  test('that is malformed is refused by its logical id', async () => {
    const resources = {
      Ledger: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PROVISIONED' } },
    };
    await expect(startSmallStack({ resources })).rejects.toThrow(/Ledger/);
  });

  test('that is a table has its secondary indexes', async () => {
    aws = await startSmallStack({
      resources: {
        Ledger: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            TableName: 'ledger',
            BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: [
              { AttributeName: 'pk', AttributeType: 'S' },
              { AttributeName: 'due', AttributeType: 'S' },
            ],
            KeySchema: key('pk'),
            GlobalSecondaryIndexes: [
              { IndexName: 'by-due', KeySchema: key('due'), Projection: { ProjectionType: 'KEYS_ONLY' } },
            ],
          },
        },
      },
    });
    const { endpoint, region } = aws;
    const dynamo = new DynamoDBClient({
      endpoint,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: 'ledger' }));
    dynamo.destroy();
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['by-due']);
  });
});
