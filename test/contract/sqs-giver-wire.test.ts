import { describe, expect, test } from '@jest/globals';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createServer, type RequestListener } from 'node:http';
import * as z from 'zod';
import { sqsGiver } from '../../src/aws/sqs-giver.ts';
import type { InvokeResult } from '../../src/recovery/ports.ts';
import { QUEUE_PREFIX } from '../support/dlq-record.ts';
import { testQueue } from '../support/test-policy.ts';
import { messageOf } from './giver-contract.ts';

/** What SQS answers when it does not take everything, on the wire. Shapes: the SQS API reference, SendMessageBatch. */

const target = testQueue('in-order', 'orders.fifo');

const requestSchema = z.looseObject({
  QueueUrl: z.string(),
  Entries: z.array(z.looseObject({ Id: z.string() })),
});

type Request = z.infer<typeof requestSchema>;

async function give(
  answer: (request: Request) => { readonly status: number; readonly body: unknown },
  bodies: readonly string[],
): Promise<{ readonly results: readonly InvokeResult[]; readonly requests: readonly Request[] }> {
  const requests: Request[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const parsed = requestSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      requests.push(parsed);
      const { status, body } = answer(parsed);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const client = new SQSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    md5: false,
  });
  try {
    const messages = bodies.map((body, n) => ({
      ...messageOf(body),
      groupId: `g-${n}`,
      deduplicationId: `d-${n}`,
    }));
    return {
      results: await sqsGiver(client).give(target, `${QUEUE_PREFIX}orders-dlq.fifo`, messages),
      requests,
    };
  } finally {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('the giver', () => {
  test('names the queue in the intake’s account, with groups and deduplication ids for a FIFO queue', async () => {
    const { requests } = await give(
      ({ Entries }) => ({
        status: 200,
        body: { Successful: Entries.map(({ Id }) => ({ Id, MessageId: `m-${Id}` })), Failed: [] },
      }),
      ['a', 'b'],
    );
    expect(requests).toMatchObject([
      {
        QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/000000000000/orders.fifo',
        Entries: [
          { MessageBody: 'a', MessageGroupId: 'g-0', MessageDeduplicationId: 'd-0' },
          { MessageBody: 'b', MessageGroupId: 'g-1', MessageDeduplicationId: 'd-1' },
        ],
      },
    ]);
  });

  test('reads the list of what failed: the sender’s fault is for good, the service’s is not', async () => {
    const { results } = await give(
      () => ({
        status: 200,
        body: {
          Successful: [{ Id: '0', MessageId: 'm-0' }],
          Failed: [
            { Id: '1', SenderFault: true, Code: 'InvalidMessageContents' },
            { Id: '2', SenderFault: false, Code: 'InternalError' },
          ],
        },
      }),
      ['a', 'b', 'c', 'd'],
    );
    expect(results).toEqual([
      { kind: 'accepted', requestId: 'm-0' },
      { kind: 'rejected', error: 'InvalidMessageContents' },
      { kind: 'refused', error: 'InternalError' },
      { kind: 'uncertain', error: 'NotInTheAnswer' },
    ]);
  });

  test.each([
    [400, 'com.amazonaws.sqs#QueueDoesNotExist', 'rejected'],
    [403, 'com.amazon.coral.service#AccessDeniedException', 'rejected'],
    [400, 'com.amazonaws.sqs#RequestThrottled', 'refused'],
    [500, 'com.amazonaws.sqs#InternalFailure', 'uncertain'],
  ])('takes a %i of %s as %s', async (status, type, kind) => {
    const { results } = await give(() => ({ status, body: { __type: type, message: 'no' } }), ['a']);
    expect(results.map((one) => one.kind)).toEqual([kind]);
  });

  test('never sends more than a mebibyte in one call', async () => {
    const { requests, results } = await give(
      ({ Entries }) => ({
        status: 200,
        body: { Successful: Entries.map(({ Id }) => ({ Id, MessageId: `m-${Id}` })) },
      }),
      Array.from({ length: 4 }, () => 'x'.repeat(400_000)),
    );
    expect(requests.map(({ Entries }) => Entries.length)).toEqual([2, 2]);
    expect(results).toHaveLength(4);
  });
});
