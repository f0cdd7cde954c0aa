import { describe, expect, test } from '@jest/globals';
import { stackFromPolicy } from '../../src/policy/stack-from-policy.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { testFunction, testIntake, testPolicy, testQueue } from '../support/test-policy.ts';

const settings = {
  consumer: 'Consumer',
  after: ['Role'],
  windowSeconds: 5,
  alarmTopic: 'WatchTopic',
  alarmNames: 'service-dev',
};

function arn(service: string, resource: string): unknown {
  const [partition, region, account] = ['Partition', 'Region', 'AccountId'].map((name) => ({
    Ref: `AWS::${name}`,
  }));
  return { 'Fn::Join': [':', ['arn', partition, service, region, account, resource]] };
}

/** An alias of the function that `testPolicy` has as a target. */
const ORDERS_LIVE = testFunction('orders', { key: 'orders:live', qualifier: 'live', invocation: 'auto' });

describe('the stack of a policy', () => {
  test('maps each intake to the consumer, with failures reported one by one', () => {
    const { mappings } = stackFromPolicy(testPolicy, settings);
    expect(Object.values(mappings)).toEqual([
      {
        Type: 'AWS::Lambda::EventSourceMapping',
        DependsOn: ['Role'],
        Properties: {
          EventSourceArn: arn('sqs', 'orders-dlq'),
          FunctionName: { 'Fn::GetAtt': ['Consumer', 'Arn'] },
          Enabled: true,
          BatchSize: 1000,
          MaximumBatchingWindowInSeconds: 5,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 10 },
        },
      },
    ]);
    expect(Object.keys(mappings)[0]).toMatch(/^[A-Za-z0-9]+$/);
  });

  test('grows with an intake and a target, and leaves the other mapping as it was', () => {
    const arnOfPayouts = 'arn:aws:lambda:eu-west-1:111122223333:function:payouts';
    const larger: CompiledPolicy = {
      ...testPolicy,
      targets: [...testPolicy.targets, ORDERS_LIVE, testFunction(arnOfPayouts, { invocation: 'sync' })],
      intakes: [...testPolicy.intakes, testIntake('payouts_dlq', arnOfPayouts)],
    };
    const before = stackFromPolicy(testPolicy, settings);
    const after = stackFromPolicy(larger, settings);
    expect(after.mappings).toMatchObject(before.mappings);
    expect(Object.keys(after.mappings)).toHaveLength(2);
    expect(after.statements.map(({ Resource }) => Resource)).toEqual([
      [arn('sqs', 'orders-dlq'), arn('sqs', 'payouts_dlq')],
      [arn('lambda', 'function:orders'), arn('lambda', 'function:orders:live'), arnOfPayouts],
      [
        arn('lambda', 'function:orders'),
        arn('lambda', 'function:orders:live'),
        arn('lambda', 'function:orders'),
        arnOfPayouts,
      ],
    ]);
  });

  test('reads an adopted queue with a window that fits the shortest visibility, and with its key', () => {
    const queueArn = 'arn:aws:sqs:eu-west-1:111122223333:old-dlq';
    const kmsKey = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b';
    const adopting: CompiledPolicy = {
      ...testPolicy,
      intakes: [testIntake('old-dlq', 'orders', { key: queueArn, queueArn, adopted: true, kmsKey })],
    };
    const { mappings, statements, alarms } = stackFromPolicy(adopting, settings);
    expect(Object.values(mappings)).toMatchObject([
      { Properties: { EventSourceArn: queueArn, MaximumBatchingWindowInSeconds: 1 } },
    ]);
    expect(statements).toContainEqual({ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [kmsKey] });
    // What arrives in a queue of another account is not ours to see: an alarm on its silence would be false.
    expect(Object.keys(alarms).filter((id) => id.startsWith('NothingArrives'))).toEqual([]);
  });

  test('watches each function once, whichever of its aliases are targets', () => {
    const aliased: CompiledPolicy = {
      ...testPolicy,
      targets: [...testPolicy.targets, ORDERS_LIVE],
    };
    const { alarms } = stackFromPolicy(aliased, settings);
    expect(Object.values(alarms)).toMatchObject([
      {
        Properties: {
          AlarmName: 'service-dev-letters-lost-orders',
          AlarmActions: [{ Ref: 'WatchTopic' }],
          MetricName: 'DeadLetterErrors',
        },
      },
      { Properties: { MetricName: 'DestinationDeliveryFailures' } },
      {
        Properties: {
          AlarmName: 'service-dev-nothing-arrives-orders',
          Metrics: [
            { Expression: 'IF(FILL(arrived0, 0) == 0, dropped)' },
            {},
            { MetricStat: { Metric: { Dimensions: [{ Name: 'QueueName', Value: 'orders-dlq' }] } } },
          ],
        },
      },
    ]);
  });

  test('lets the consumer read declared sources: streams, all streams of a table, and Lambda’s records in a bucket', () => {
    const stream = 'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks';
    const table = 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders';
    const policy = {
      ...testPolicy,
      sources: { streams: [stream, table, `${table}/stream/x`], buckets: ['dead'] },
    };
    expect(stackFromPolicy(policy, settings).statements.slice(-3)).toEqual([
      { Effect: 'Allow', Action: ['kinesis:GetShardIterator', 'kinesis:GetRecords'], Resource: [stream] },
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetShardIterator', 'dynamodb:GetRecords'],
        Resource: [`${table}/stream/*`, `${table}/stream/x`],
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject'],
        Resource: [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::dead/aws/lambda/*']] }],
      },
    ]);
  });

  test('lets the consumer send to queues that are targets, and reads a FIFO intake in batches that FIFO allows', () => {
    const policy: CompiledPolicy = {
      ...testPolicy,
      targets: [...testPolicy.targets, testQueue('q', 'orders.fifo')],
      intakes: [testIntake('orders-dlq.fifo', 'q')],
    };
    const { statements, mappings } = stackFromPolicy(policy, settings);
    expect(statements.at(-1)).toEqual({
      Effect: 'Allow',
      Action: ['sqs:SendMessage'],
      Resource: [arn('sqs', 'orders.fifo')],
    });
    const [mapping] = Object.values(mappings);
    expect(mapping).toMatchObject({ Properties: { BatchSize: 10 } });
    expect(JSON.stringify(mapping)).not.toContain('MaximumBatchingWindowInSeconds');
  });

  test('asks for no permission on nothing', () => {
    expect(stackFromPolicy({ ...testPolicy, targets: [], intakes: [] }, settings).statements).toEqual([]);
  });
});
