import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import type { StreamSource } from '../../recovery/sources.ts';
import { kinesisEvent, type KinesisRecord } from '../../recovery/stream-event.ts';
import { batchOf, type Page } from './shard-pages.ts';

/** Reads a batch of a Kinesis stream and makes the event of it; null when the stream does not hold all of it any more. */
export async function fetchKinesis(client: KinesisClient, source: StreamSource): Promise<string | null> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamARN: source.streamArn,
      ShardId: source.shardId,
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: source.start,
    }),
  );
  if (ShardIterator === undefined) return null;
  const records = await batchOf(source, ShardIterator, (iterator) => pageOf(client, source, iterator));
  return records === null ? null : kinesisEvent(source, records);
}

async function pageOf(
  client: KinesisClient,
  { streamArn }: StreamSource,
  iterator: string,
): Promise<Page<KinesisRecord>> {
  const { Records = [], NextShardIterator } = await client.send(
    new GetRecordsCommand({ ShardIterator: iterator, StreamARN: streamArn }),
  );
  return {
    next: NextShardIterator ?? null,
    records: Records.map(({ SequenceNumber = '', PartitionKey = '', Data, ApproximateArrivalTimestamp }) => ({
      sequenceNumber: SequenceNumber,
      partitionKey: PartitionKey,
      dataBase64: Buffer.from(Data ?? []).toString('base64'),
      arrivedAtMs: ApproximateArrivalTimestamp?.getTime() ?? 0,
    })),
  };
}
