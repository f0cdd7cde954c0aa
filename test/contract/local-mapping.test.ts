import { afterEach, describe, expect, test } from '@jest/globals';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { clientsFor } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { failedOf } from '../../src/local/mapping/batch-response.ts';
import { eventually } from '../support/eventually.ts';
import { startSmallStack } from '../support/small-stack.ts';

/** Answers as its messages say: `fail` is reported as failed, `throw` fails the batch, `hold` takes a while. */
const CONSUMER = `
exports.handler = async ({ Records }) => {
  if (Records.some(({ body }) => body === 'throw')) throw new Error('boom');
  if (Records.some(({ body }) => body === 'hold')) await new Promise((resolve) => setTimeout(resolve, 300));
  return { batchItemFailures: Records.filter(({ body }) => body === 'fail').map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

let aws: LocalAws | null = null;

afterEach(async () => {
  await aws?.stop();
  aws = null;
});

async function start(
  mapping: Record<string, unknown> = {},
  queue: Record<string, unknown> = {},
): Promise<LocalAws> {
  const started = await startSmallStack({
    functions: { consumer: { source: CONSUMER } },
    resources: {
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: 'intake', VisibilityTimeout: 30, ...queue },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          FunctionName: { 'Fn::GetAtt': ['consumerFunction', 'Arn'] },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ...mapping,
        },
      },
    },
  });
  aws = started;
  return started;
}

async function send(local: LocalAws, ...bodies: string[]): Promise<void> {
  const { sqs } = clientsFor(local);
  const QueueUrl = `${local.endpoint}/000000000000/intake`;
  for (const MessageBody of bodies) {
    const MessageAttributes = {
      RequestID: { DataType: 'String', StringValue: 'an-id' },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      Bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
    };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  }
}

async function left(local: LocalAws): Promise<{ visible: string | undefined; hidden: string | undefined }> {
  const { Attributes } = await clientsFor(local).sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: `${local.endpoint}/000000000000/intake`,
      AttributeNames: ['All'],
    }),
  );
  return {
    visible: Attributes?.['ApproximateNumberOfMessages'],
    hidden: Attributes?.['ApproximateNumberOfMessagesNotVisible'],
  };
}

function ended(local: LocalAws): number {
  return local.invocations().filter(({ outcome }) => outcome.kind !== 'running').length;
}

describe('an event source mapping', () => {
  test('hands a message over in the shape that Lambda gives it', async () => {
    const local = await start();
    await send(local, '{ "n": 42.50 }');
    await eventually(() => ended(local) === 1);
    const event: unknown = JSON.parse(local.invocations()[0]?.payload ?? '');
    const text = expect.stringMatching(/\S/);
    expect(event).toEqual({
      Records: [
        {
          messageId: text,
          receiptHandle: text,
          body: '{ "n": 42.50 }',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: text,
            SenderId: text,
            ApproximateFirstReceiveTimestamp: text,
          },
          messageAttributes: {
            RequestID: {
              stringValue: 'an-id',
              stringListValues: [],
              binaryListValues: [],
              dataType: 'String',
            },
            ErrorCode: { stringValue: '200', stringListValues: [], binaryListValues: [], dataType: 'Number' },
            Bytes: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
          },
          md5OfBody: text,
          md5OfMessageAttributes: text,
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:intake',
          awsRegion: 'eu-west-1',
        },
      ],
    });
    await eventually(async () => (await left(local)).hidden === '0');
  });

  test('deletes what succeeded and leaves hidden what was reported as failed', async () => {
    const local = await start({ BatchSize: 10, MaximumBatchingWindowInSeconds: 1 });
    await send(local, 'fine', 'fail', 'fine');
    await eventually(async () => {
      const { visible, hidden } = await left(local);
      return visible === '0' && hidden === '1';
    });
  });

  test('leaves a whole batch hidden when the function throws', async () => {
    const local = await start({ BatchSize: 10, MaximumBatchingWindowInSeconds: 1 });
    await send(local, 'fine', 'throw');
    await eventually(() => ended(local) > 0);
    const { outcome } = local.invocations()[0] ?? {};
    expect(outcome?.kind).toBe('error');
    expect(Number((await left(local)).hidden)).toBeGreaterThan(0);
  });

  test('runs no more batches at once than its maximum concurrency', async () => {
    const local = await start({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
    let most = 0;
    local.onInvocation(() => {
      const running = local.invocations().filter(({ outcome }) => outcome.kind === 'running').length;
      most = Math.max(most, running);
    });
    await send(local, ...Array.from({ length: 6 }, () => 'hold'));
    await eventually(() => ended(local) === 6);
    expect(most).toBe(2);
  });

  test('is refused, in AWS’s words, on a queue that shows messages again while the function runs', async () => {
    await expect(start({}, { VisibilityTimeout: 2 })).rejects.toThrow(
      'Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds',
    );
  });

  test.each([
    ['a filter', { FilterCriteria: { Filters: [] } }, /does not model FilterCriteria/],
    [
      'another source',
      { EventSourceArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/s' },
      /only SQS queues/,
    ],
  ])('is refused by name with %s', async (_, mapping, message) => {
    await expect(start(mapping)).rejects.toThrow(message);
  });
});

describe('the answer of a function that reports failures', () => {
  const ids = ['a', 'b'];

  test.each([
    ['null', []],
    ['{}', []],
    ['{"batchItemFailures":null}', []],
    ['{"batchItemFailures":[]}', []],
    ['{"batchItemFailures":[{"itemIdentifier":"b"}]}', ['b']],
  ])('%s names the failed messages', (response, failed) => {
    expect(failedOf(response, ids)).toEqual(new Set(failed));
  });

  test.each([
    'not json',
    '"text"',
    '[]',
    '{"failures":[]}',
    '{"batchItemFailures":"a"}',
    '{"batchItemFailures":[{"itemIdentifier":""}]}',
    '{"batchItemFailures":[{"itemIdentifier":null}]}',
    '{"batchItemFailures":[{"id":"a"}]}',
    '{"batchItemFailures":[{"itemIdentifier":"unknown"}]}',
    '{"batchItemFailures":[null]}',
  ])('%s fails the whole batch', (response) => {
    expect(failedOf(response, ids)).toBe('all');
  });

  test('of any kind names only messages of the batch', () => {
    fc.assert(
      fc.property(fc.json(), (response) => {
        const failed = failedOf(response, ids);
        if (failed !== 'all') for (const id of failed) expect(ids).toContain(id);
      }),
    );
  });
});
