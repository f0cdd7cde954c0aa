import type { AbsentPayload, DeadEvent, Form } from '../dead-event.ts';
import { ownProperty, ownString } from '../json.ts';
import { isoMs, type Letter } from '../letter.ts';
import { absent } from '../payload.ts';
import { deadEvent, type Arrival, type Told } from './arrival.ts';

type Body = Readonly<Record<string, unknown>>;

const NO_ERROR = { code: null, type: null, message: null };

/**
 * S3's word that Lambda has put a record into a bucket, which is a destination that cannot be read from a queue: the record
 * has to be fetched. Also the test event that S3 sends when somebody sets a notification up. Sources: the S3 user guide,
 * event message structure; the Lambda developer guide, destinations. Any other message is not ours: null.
 */
export function readS3Notification(letter: Letter, body: Body, arrival: Arrival): DeadEvent | null {
  const told = testEvent(body) ?? destinationObject(body, arrival);
  return told === null ? null : deadEvent(letter, arrival, told);
}

function testEvent(body: Body): Told | null {
  const isTest = ownString(body, 'Service') === 'Amazon S3' && ownString(body, 'Event') === 's3:TestEvent';
  if (!isTest) return null;
  return toldOf('foreign', null, absent('s3-test-event'), isoMs(ownString(body, 'Time')));
}

function destinationObject(body: Body, { targets }: Arrival): Told | null {
  const records = ownProperty(body, 'Records');
  const record: unknown = Array.isArray(records) ? records[0] : undefined;
  const s3 = ownProperty(record, 's3');
  const bucket = ownString(ownProperty(s3, 'bucket'), 'name');
  const key = decoded(ownString(ownProperty(s3, 'object'), 'key') ?? '');
  if (ownString(record, 'eventSource') !== 'aws:s3' || bucket === null || key === null) return null;
  const payload = absent('not-in-this-message', { place: { bucket, key }, untilMs: null });
  const diedAtMs = isoMs(ownString(record, 'eventTime'));
  const functionName = /^aws\/lambda\/async\/([\w-]+)\/\d{4}\//.exec(key)?.[1];
  if (functionName !== undefined) {
    const target = targets.find((one) => one.kind === 'function' && one.functionName === functionName);
    return toldOf('lambda-destination', target?.key ?? null, payload, diedAtMs);
  }
  const isBatch = /^aws\/lambda\/[0-9a-f-]{36}\/[^/]+\/\d{4}\//.test(key);
  return isBatch ? toldOf('stream-batch', null, payload, diedAtMs) : null;
}

function toldOf(form: Form, target: string | null, payload: AbsentPayload, diedAtMs: number | null): Told {
  return { deathId: null, form, target, error: NO_ERROR, payload, diedAtMs };
}

/** Keys in notifications are encoded as in a form: + is a space. Null when it is no such text. */
function decoded(key: string): string | null {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
