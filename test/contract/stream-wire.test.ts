import { afterEach, describe, expect, test } from '@jest/globals';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createServer, type Server } from 'node:http';
import { fetchDynamo } from '../../src/aws/fetch/dynamodb-stream.ts';
import { fetcherBy } from '../../src/aws/fetch/fetcher.ts';
import { fetchKinesis } from '../../src/aws/fetch/kinesis.ts';
import type { Fetched } from '../../src/recovery/ports.ts';

/** What the streams answer, on the wire. Shapes: the API references of Kinesis and of DynamoDB Streams. */

const SOURCE = {
  kind: 'kinesis' as const,
  streamArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/clicks',
  shardId: 'shardId-1',
  start: '100000000000000000000000000001',
  end: '100000000000000000000000000003',
};

type Exchange = { readonly action: string; readonly request: Record<string, unknown> };
type Reply = { readonly status?: number; readonly body: unknown };

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A service that gives these answers in turn, and the settings of a client that speaks to it. */
async function answering(replies: readonly Reply[], seen: Exchange[]) {
  const listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      seen.push({ action, request: Object(JSON.parse(Buffer.concat(chunks).toString('utf8'))) });
      const { status = 200, body } = replies[seen.length - 1] ?? { status: 500, body: {} };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  server = listener;
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  };
}

const kinesisRecord = (n: number) => ({
  SequenceNumber: `10000000000000000000000000000${n}`,
  PartitionKey: `p-${n}`,
  Data: Buffer.from(`{"n":${n}}`).toString('base64'),
  ApproximateArrivalTimestamp: 1_790_000_000.25,
});

function never(): never {
  throw new Error('only Kinesis is asked');
}

async function kinesis(replies: readonly Reply[]): Promise<{ result: Fetched; seen: readonly Exchange[] }> {
  const seen: Exchange[] = [];
  const client = new KinesisClient(await answering(replies, seen));
  const fetcher = fetcherBy({
    bucket: never,
    dynamodb: never,
    kinesis: (source) => fetchKinesis(client, source),
  });
  try {
    return { result: await fetcher.fetch(SOURCE), seen };
  } finally {
    client.destroy();
  }
}

describe('a batch of Kinesis', () => {
  test('is read from its first record to its last, over the pages of its shard, and no further', async () => {
    const { result, seen } = await kinesis([
      { body: { ShardIterator: 'it-1' } },
      { body: { Records: [kinesisRecord(1), kinesisRecord(2)], NextShardIterator: 'it-2' } },
      { body: { Records: [kinesisRecord(3), kinesisRecord(4)], NextShardIterator: 'it-3' } },
    ]);
    expect(seen).toMatchObject([
      {
        action: 'GetShardIterator',
        request: {
          StreamARN: SOURCE.streamArn,
          ShardId: 'shardId-1',
          ShardIteratorType: 'AT_SEQUENCE_NUMBER',
          StartingSequenceNumber: SOURCE.start,
        },
      },
      { action: 'GetRecords', request: { ShardIterator: 'it-1' } },
      { action: 'GetRecords', request: { ShardIterator: 'it-2' } },
    ]);
    const { Records } = Object(JSON.parse(result.kind === 'fetched' ? result.text : '{}'));
    expect(Records.map((record: unknown) => Object(Object(record).kinesis).data)).toEqual(
      [1, 2, 3].map((n) => Buffer.from(`{"n":${n}}`).toString('base64')),
    );
    expect(Object(Object(Records[0]).kinesis).approximateArrivalTimestamp).toBe(1_790_000_000.25);
  });

  test('with a hole is not the batch that died', async () => {
    const { result } = await kinesis([
      { body: { ShardIterator: 'it-1' } },
      { body: { Records: [kinesisRecord(2), kinesisRecord(3)], NextShardIterator: 'it-2' } },
    ]);
    expect(result).toEqual({ kind: 'gone', why: 'not-there' });
  });

  test.each([
    ['ResourceNotFoundException', 'gone'],
    ['AccessDeniedException', 'gone'],
    ['InvalidArgumentException', 'gone'],
  ])('is given up on for good after %s', async (type, kind) => {
    const { result } = await kinesis([{ status: 400, body: { __type: type, message: 'no' } }]);
    expect(result).toEqual({ kind, why: type });
  });

  test('is tried again after throttling', async () => {
    const throttled = {
      status: 400,
      body: { __type: 'ProvisionedThroughputExceededException', message: 'slow down' },
    };
    await expect(kinesis([throttled])).rejects.toThrow('slow down');
  });
});

const changeRecord = (n: number) => ({
  eventID: `e-${n}`,
  eventName: 'MODIFY',
  eventVersion: '1.1',
  dynamodb: {
    ApproximateCreationDateTime: 1_790_000_000,
    Keys: { id: { S: `o-${n}` } },
    NewImage: {
      id: { S: `o-${n}` },
      total: { N: '42.50' },
      blob: { B: 'AAH/' },
      blobs: { BS: ['AAE='] },
      deep: { M: { l: { L: [{ NULL: true }] } } },
    },
    SequenceNumber: `10000000000000000000000000000${n}`,
    SizeBytes: 40,
    StreamViewType: 'NEW_IMAGE',
  },
});

describe('a batch of a DynamoDB stream', () => {
  test('is the event that the mapping would have sent, binary values in base64', async () => {
    const seen: Exchange[] = [];
    const streamArn = 'arn:aws:dynamodb:eu-west-1:000000000000:table/Orders/stream/2026-01-01T00:00:00.000';
    const client = new DynamoDBStreamsClient(
      await answering(
        [
          { body: { ShardIterator: 'it-1' } },
          {
            body: { Records: [changeRecord(1), changeRecord(2), changeRecord(3)], NextShardIterator: 'it-2' },
          },
        ],
        seen,
      ),
    );
    const text = await fetchDynamo(client, { ...SOURCE, kind: 'dynamodb', streamArn });
    client.destroy();
    const { Records } = Object(JSON.parse(text ?? '{}'));
    expect(Records).toHaveLength(3);
    expect(Records[0]).toEqual({
      eventID: 'e-1',
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'eu-west-1',
      dynamodb: changeRecord(1).dynamodb,
      eventSourceARN: streamArn,
    });
  });
});
