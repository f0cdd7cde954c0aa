import { cutMember } from '../cut-member.ts';
import type { DeadEvent, Elsewhere, Payload } from '../dead-event.ts';
import { isObject, ownProperty, ownString } from '../json.ts';
import type { Letter } from '../letter.ts';
import { isoMs, LATEST_MS } from '../letter.ts';
import { absent, jsonPayload, presentPayload } from '../payload.ts';
import { deadEvent, functionTargetNamed, type Arrival } from './arrival.ts';
import { requestIdOf } from './request-id.ts';

type Body = Readonly<Record<string, unknown>>;

const BATCH_INFOS = ['KinesisBatchInfo', 'DDBStreamBatchInfo', 'KafkaBatchInfo'] as const;

/** What a stream keeps its records for unless told otherwise. Sources: the guides of Kinesis and of DynamoDB Streams. */
const LEAST_RETENTION_MS = 24 * 3600 * 1000;

/**
 * A record that an event source mapping of a stream sent when it gave up on a batch: where in the stream the batch is, and
 * only at an S3 destination the batch itself. No error text either way. Source: the Lambda developer guide, "Retain
 * discarded batches". Any other message is not ours: null.
 */
export function readStreamBatch(letter: Letter, body: Body, arrival: Arrival): DeadEvent | null {
  const context = ownProperty(body, 'requestContext');
  const condition = ownString(context, 'condition');
  const batch = batchIn(body);
  if (condition === null || batch === null) return null;
  const status = ownProperty(ownProperty(body, 'responseContext'), 'statusCode');
  return deadEvent(letter, arrival, {
    deathId: requestIdOf(ownString(context, 'requestId')),
    form: 'stream-batch',
    target: functionTargetNamed(ownString(context, 'functionArn'), letter, arrival)?.key ?? null,
    error: { code: typeof status === 'number' ? String(status) : null, type: condition, message: null },
    payload: payloadIn(letter.body, body) ?? absent('not-in-this-message', batch),
    diedAtMs: isoMs(ownString(body, 'timestamp')),
  });
}

/** Where the batch of a record is; null when the record tells of none. */
export function batchIn(body: Body): Elsewhere | null {
  for (const name of BATCH_INFOS) {
    const info = ownProperty(body, name);
    if (isObject(info)) return elsewhereOf(name, info);
  }
  return null;
}

function elsewhereOf(name: (typeof BATCH_INFOS)[number], info: Body): Elsewhere {
  const names = ['streamArn', 'eventSourceArn', 'shardId', 'startSequenceNumber', 'endSequenceNumber'];
  const place: Record<string, string> = {};
  for (const key of names) {
    const value = ownString(info, key);
    if (value !== null) place[key] = value;
  }
  const offsets = offsetsIn(ownProperty(info, 'recordsInfo'));
  if (offsets !== null) place['offsets'] = offsets;
  const arrivedMs = isoMs(ownString(info, 'approximateArrivalOfFirstRecord'));
  const isKept = name !== 'KafkaBatchInfo' && arrivedMs !== null;
  return { place, untilMs: isKept ? Math.min(arrivedMs + LEAST_RETENTION_MS, LATEST_MS) : null };
}

/** Partitions that are named; a record of thousands is not repeated whole. */
const SHOWN_PARTITIONS = 20;

/** Kafka's offsets as `PARTITION FIRST-LAST`, of the first partitions; null when there are none. */
function offsetsIn(info: unknown): string | null {
  if (!isObject(info)) return null;
  const partitions = Object.keys(info).slice(0, SHOWN_PARTITIONS);
  return partitions
    .map((name) => `${name} ${offsetIn(info[name], 'first')}-${offsetIn(info[name], 'last')}`)
    .join(', ');
}

function offsetIn(partition: unknown, which: 'first' | 'last'): string {
  const offset = ownProperty(partition, `${which}RecordOffset`);
  return typeof offset === 'string' || typeof offset === 'number' ? String(offset) : '?';
}

/** At an S3 destination the batch stands in the record, as an object or as a text that holds one. */
function payloadIn(text: string, body: Body): Payload | null {
  const payload = ownProperty(body, 'payload');
  if (typeof payload === 'string') return jsonPayload(payload);
  const cut = isObject(payload) ? cutMember(text, 'payload') : null;
  return cut === null ? null : presentPayload(cut, payload);
}
