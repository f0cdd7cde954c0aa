import type { StreamSource } from './sources.ts';

/** The events that an event source mapping makes of a stream's records. Source: the Lambda developer guide. */

/** A record of Kinesis, as GetRecords gives it. */
export type KinesisRecord = {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly dataBase64: string;
  readonly arrivedAtMs: number;
};

/** A record of a DynamoDB stream: `change` is its `dynamodb` member, binary values in base64. */
export type DynamoRecord = {
  readonly eventId: string;
  readonly eventName: string;
  readonly eventVersion: string;
  readonly change: Readonly<Record<string, unknown>>;
};

/**
 * The text of the event for a batch of Kinesis records. `invokeIdentityArn`, the role that the mapping reads with, is left
 * out: nothing here knows it.
 */
export function kinesisEvent(source: StreamSource, records: readonly KinesisRecord[]): string {
  const { streamArn, shardId } = source;
  return JSON.stringify({
    Records: records.map(({ sequenceNumber, partitionKey, dataBase64, arrivedAtMs }) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber,
        data: dataBase64,
        approximateArrivalTimestamp: arrivedAtMs / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shardId}:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      awsRegion: regionOf(streamArn),
      eventSourceARN: streamArn,
    })),
  });
}

/** The text of the event for a batch of records of a DynamoDB stream. */
export function dynamoEvent({ streamArn }: StreamSource, records: readonly DynamoRecord[]): string {
  return JSON.stringify({
    Records: records.map(({ eventId, eventName, eventVersion, change }) => ({
      eventID: eventId,
      eventName,
      eventVersion,
      eventSource: 'aws:dynamodb',
      awsRegion: regionOf(streamArn),
      dynamodb: change,
      eventSourceARN: streamArn,
    })),
  });
}

/** Whether a record belongs to the batch. Sequence numbers have more digits than a double holds. */
export function isWithin({ start, end }: StreamSource, sequenceNumber: string): boolean {
  const number = BigInt(sequenceNumber);
  return number >= BigInt(start) && number <= BigInt(end);
}

/** Whether a record comes after the batch: then all of it has been read. */
export function isBeyond({ end }: StreamSource, sequenceNumber: string): boolean {
  return BigInt(sequenceNumber) > BigInt(end);
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}
