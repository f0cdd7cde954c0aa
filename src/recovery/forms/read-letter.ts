import type { DeadEvent } from '../dead-event.ts';
import { intakeOf, targetOf } from '../intakes.ts';
import { openEnvelope, parseObject, type Letter } from '../letter.ts';
import type { CompiledPolicy } from '../policy.ts';
import { jsonPayload } from '../payload.ts';
import type { Arrival } from './arrival.ts';
import { readEventBridgeBus } from './eventbridge-bus.ts';
import { readEventBridgeRule } from './eventbridge-rule.ts';
import { readForeign } from './foreign.ts';
import { readIotRule } from './iot-rule.ts';
import { readLambdaDestination } from './lambda-destination.ts';
import { readLambdaDlq } from './lambda-dlq.ts';
import { readPipe } from './pipe.ts';
import { readS3Notification } from './s3-notification.ts';
import { readScheduler } from './scheduler.ts';
import { readSnsSubscription } from './sns-subscription.ts';
import { readSqsRedrive } from './sqs-redrive.ts';
import { readStreamBatch } from './stream-batch.ts';

type AttributeReader = (letter: Letter, arrival: Arrival) => DeadEvent | null;
type BodyReader = (
  letter: Letter,
  body: Readonly<Record<string, unknown>>,
  arrival: Arrival,
) => DeadEvent | null;

/**
 * In the order of recognition. Attributes before bodies, since a body is the sender's text and can imitate anything; what
 * only AWS can set, the queue that a message was moved from, before what stands in a body.
 */
const BY_ATTRIBUTES: readonly AttributeReader[] = [
  readScheduler,
  readBusByAttributes,
  readEventBridgeRule,
  readLambdaDlq,
  readSqsRedrive,
];

const BY_BODY: readonly BodyReader[] = [
  readStreamBatch,
  readPipe,
  readLambdaDestination,
  readEventBridgeBus,
  readIotRule,
  readS3Notification,
];

/** Stands for the intake of a record that somebody has at hand: it came from no queue that would have to be declared. */
const AT_HAND = 'at hand';

/** Reads a message in whatever form it arrived. Never throws; one that no reader knows is `foreign`. */
export function readLetter(letter: Letter, policy: CompiledPolicy, receivedAtMs: number): DeadEvent {
  const intake = intakeOf(policy, letter.sourceArn);
  const senders = intake?.senders ?? null;
  const senderIsDeclared =
    senders === null || (letter.senderId !== null && senders.includes(letter.senderId));
  const event = readForm(letter, {
    intake: letter.from === 'nowhere' ? AT_HAND : (intake?.key ?? null),
    senderIsDeclared,
    target: targetOf(policy, intake?.target ?? null),
    targets: policy.targets,
    receivedAtMs,
  });
  // A stranger must not end a death of the target's by naming its request id.
  return senderIsDeclared ? event : { ...event, deathId: letter.messageId };
}

/**
 * The event of a message with what was fetched for it: the record of a bucket is read as a record; what a stream's batch
 * would have been stands in for the payload, but for a pipe's, whose target may have got a filtered or changed one.
 */
export function readFetched(
  letter: Letter,
  event: DeadEvent,
  text: string,
  policy: CompiledPolicy,
  receivedAtMs: number,
): DeadEvent {
  if (event.form === 'pipe') return event;
  const isRecord = event.payload.kind === 'absent' && event.payload.elsewhere?.place['bucket'] !== undefined;
  if (!isRecord) return { ...event, payload: jsonPayload(text) };
  const read = readLetter({ ...letter, body: text, attributes: new Map() }, policy, receivedAtMs);
  return read.form === event.form ? read : event;
}

function readForm(letter: Letter, arrival: Arrival): DeadEvent {
  // Only AWS says which queue a message was moved from. Where that queue is declared, its attributes are its producers'.
  const moved = readSqsRedrive(letter, arrival);
  if (moved !== null && moved.target !== null) return moved;
  for (const read of BY_ATTRIBUTES) {
    const event = read(letter, arrival);
    if (event !== null) return event;
  }
  const body = parseObject(letter.body);
  if (body === null) return readForeign(letter, arrival);
  const envelope = openEnvelope(letter, body);
  if (envelope === null) return readBody(letter, body, arrival) ?? readForeign(letter, arrival);
  // One envelope is opened, never two. What lies in it and is no record of a death was never delivered itself.
  const within = readLambdaDlq(envelope, arrival);
  if (within !== null) return within;
  const message = parseObject(envelope.body);
  const record = message === null ? null : readBody(envelope, message, arrival);
  return record ?? readSnsSubscription(letter, arrival);
}

function readBody(
  letter: Letter,
  body: Readonly<Record<string, unknown>>,
  arrival: Arrival,
): DeadEvent | null {
  for (const read of BY_BODY) {
    const event = read(letter, body, arrival);
    if (event !== null) return event;
  }
  return null;
}

/** The attributes tell it apart although its body is a record: the body's text may have been cut. */
function readBusByAttributes(letter: Letter, arrival: Arrival): DeadEvent | null {
  const isBus = letter.attributes.has('SUBSCRIBER_ARN') && letter.attributes.has('BUS_ARN');
  return isBus ? readEventBridgeBus(letter, parseObject(letter.body) ?? {}, arrival) : null;
}
