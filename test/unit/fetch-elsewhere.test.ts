import { describe, expect, test } from '@jest/globals';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { dynamoEvent, isWithin, kinesisEvent } from '../../src/recovery/stream-event.ts';
import { destinationBody } from '../support/dlq-record.ts';
import { batchRecord, bucketRecord, END, KEY, START, STREAM, TABLE } from '../support/elsewhere-records.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';
import { testPolicy } from '../support/test-policy.ts';

const policy: CompiledPolicy = {
  ...testPolicy,
  sources: { streams: [STREAM, TABLE], buckets: ['dead-events'] },
};

function world(): SimulatedWorld {
  const made = new SimulatedWorld();
  made.policy = policy;
  return made;
}

describe('an event that its message does not hold', () => {
  test('is fetched from a declared stream, kept, and parked for a call whose answer can be read', async () => {
    const of = world();
    const event = '{"Records":[{"eventSource":"aws:kinesis"}]}';
    of.fetcher.texts.set(`${STREAM}@${START}`, event);
    of.send(batchRecord(STREAM));
    await of.drain();
    expect(of.archive.in('parked')).toMatchObject([
      { form: 'stream-batch', target: 'orders', reason: 'sync-target', fetched: event, elsewhere: null },
    ]);
    expect(of.lambda.handedOver).toEqual([]);
  });

  test('is fetched from any stream of a declared table, and from no other', async () => {
    const of = world();
    of.send(batchRecord(`${TABLE}/stream/2026-01-01T00:00:00.000`));
    of.send(
      batchRecord('arn:aws:dynamodb:eu-west-1:000000000000:table/Orders2/stream/2026-01-01T00:00:00.000'),
    );
    of.send(batchRecord('arn:aws:kinesis:eu-west-1:999999999999:stream/clicks'));
    await of.drain();
    expect(of.fetcher.asked).toHaveLength(1);
  });

  test('is archived with its place when it is not there any more', async () => {
    const of = world();
    of.send(batchRecord(STREAM));
    await of.drain();
    expect(of.archive.in('archived')).toMatchObject([
      {
        rule: 'not-in-this-message',
        fetched: null,
        elsewhere: { place: { streamArn: STREAM, shardId: 'shardId-1' } },
      },
    ]);
  });

  test('is read as the record that it is when it lies in a declared bucket', async () => {
    const of = world();
    const payload = '{ "n": 42.50 }';
    of.fetcher.texts.set(
      `dead-events/${KEY}`,
      destinationBody({ payload, message: 'Task timed out after 3.00 seconds' }),
    );
    of.send(bucketRecord('dead-events'));
    await of.drain();
    expect(of.lambda.handedOver.map((one) => one.payload)).toEqual([payload]);
    expect(of.archive.in('accepted')).toMatchObject([{ form: 'lambda-destination', category: 'exhausted' }]);
  });

  test('is not looked for in a bucket that is not declared, and stays what it is when the object is something else', async () => {
    const of = world();
    of.fetcher.texts.set(`dead-events/${KEY}`, '{"hello":"world"}');
    of.send(bucketRecord('somebody-elses'), bucketRecord('dead-events'));
    await of.drain();
    expect(of.fetcher.asked).toHaveLength(1);
    expect(of.archive.in('archived').map(({ rule }) => rule)).toEqual([
      'not-in-this-message',
      'not-in-this-message',
    ]);
    expect(of.lambda.handedOver).toEqual([]);
  });

  test('of a pipe is kept for a person: what the pipe’s target was to get is not known', async () => {
    const of = world();
    of.fetcher.texts.set(`${STREAM}@${START}`, '{"Records":[]}');
    of.send(batchRecord(STREAM, 'pipe'));
    await of.drain();
    expect(of.archive.in('archived')).toMatchObject([
      { form: 'pipe', fetched: '{"Records":[]}', payloadSha256: null },
    ]);
  });

  test('goes back to its queue when it cannot be fetched just now', async () => {
    const of = world();
    const fetch = of.fetcher.fetch.bind(of.fetcher);
    of.fetcher.fetch = async () => {
      throw new Error('ProvisionedThroughputExceededException');
    };
    of.send(batchRecord(STREAM));
    expect(await of.poll()).toMatchObject([{ outcome: { kind: 'returned', why: 'failed' } }]);
    of.fetcher.fetch = fetch;
    await of.drain();
    expect(of.archive.in('archived')).toHaveLength(1);
  });
});

describe('the event of a stream’s batch', () => {
  const source = {
    kind: 'kinesis' as const,
    streamArn: STREAM,
    shardId: 'shardId-1',
    start: START,
    end: END,
  };

  test('is what the mapping of Kinesis would have sent', () => {
    const record = {
      sequenceNumber: START,
      partitionKey: 'p',
      dataBase64: 'e30=',
      arrivedAtMs: 1_790_000_000_250,
    };
    expect(JSON.parse(kinesisEvent(source, [record]))).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'p',
            sequenceNumber: START,
            data: 'e30=',
            approximateArrivalTimestamp: 1_790_000_000.25,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `shardId-1:${START}`,
          eventName: 'aws:kinesis:record',
          awsRegion: 'eu-west-1',
          eventSourceARN: STREAM,
        },
      ],
    });
  });

  test('is what the mapping of a table’s stream would have sent', () => {
    const change = {
      Keys: { id: { S: 'o-1' } },
      SequenceNumber: '1',
      SizeBytes: 9,
      StreamViewType: 'KEYS_ONLY',
    };
    const record = { eventId: 'e', eventName: 'INSERT', eventVersion: '1.1', change };
    expect(JSON.parse(dynamoEvent({ ...source, streamArn: `${TABLE}/stream/x` }, [record]))).toEqual({
      Records: [
        {
          eventID: 'e',
          eventName: 'INSERT',
          eventVersion: '1.1',
          eventSource: 'aws:dynamodb',
          awsRegion: 'eu-west-1',
          dynamodb: change,
          eventSourceARN: `${TABLE}/stream/x`,
        },
      ],
    });
  });

  test('is told by numbers of more digits than a double holds', () => {
    expect(isWithin(source, '49650000000000000000000000000000000000000000000000000021')).toBe(true);
    expect(isWithin(source, '49650000000000000000000000000000000000000000000000000022')).toBe(false);
    expect(isWithin(source, '49650000000000000000000000000000000000000000000000000016')).toBe(false);
  });
});
