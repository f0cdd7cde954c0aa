import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record,
  type DynamoDBStreamsClient,
} from '@aws-sdk/client-dynamodb-streams';
import type { StreamSource } from '../../recovery/sources.ts';
import { dynamoEvent, type DynamoRecord } from '../../recovery/stream-event.ts';
import { batchOf, type Page } from './shard-pages.ts';

type Numbered = DynamoRecord & { readonly sequenceNumber: string };

/** Reads a batch of a DynamoDB stream and makes the event of it; null when the stream does not hold all of it any more. */
export async function fetchDynamo(
  client: DynamoDBStreamsClient,
  source: StreamSource,
): Promise<string | null> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamArn: source.streamArn,
      ShardId: source.shardId,
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      SequenceNumber: source.start,
    }),
  );
  if (ShardIterator === undefined) return null;
  const records = await batchOf(source, ShardIterator, (iterator) => pageOf(client, iterator));
  return records === null ? null : dynamoEvent(source, records);
}

async function pageOf(client: DynamoDBStreamsClient, iterator: string): Promise<Page<Numbered>> {
  const { Records = [], NextShardIterator } = await client.send(
    new GetRecordsCommand({ ShardIterator: iterator }),
  );
  return { next: NextShardIterator ?? null, records: Records.map(numbered) };
}

function numbered({ eventID = '', eventName, eventVersion = '', dynamodb = {} }: _Record): Numbered {
  const { ApproximateCreationDateTime, ...rest } = dynamodb;
  const createdAtMs = ApproximateCreationDateTime?.getTime();
  return {
    sequenceNumber: dynamodb.SequenceNumber ?? '',
    eventId: eventID,
    eventName: eventName ?? '',
    eventVersion,
    change: {
      ...(createdAtMs === undefined ? {} : { ApproximateCreationDateTime: createdAtMs / 1000 }),
      ...withBase64(rest),
    },
  };
}

/** The mapping shows binary values in base64, as the service's JSON does; the SDK has made bytes of them. */
function withBase64(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, base64In(value)]));
}

function base64In(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(base64In);
  return typeof value === 'object' && value !== null ? withBase64(value) : value;
}
