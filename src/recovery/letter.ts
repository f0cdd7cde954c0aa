import { isObject, ownProperty, ownString, parseJson } from './json.ts';

/**
 * A message in an intake, whichever service delivered it. Only what the core reads is lifted out; `raw` is the whole
 * record, for the archive.
 */
export type Letter = {
  /**
   * From a queue, which can hide it and show it again; straight from a topic, which delivers it once; or from nowhere: a
   * record that somebody has at hand and wants explained.
   */
  readonly from: 'queue' | 'topic' | 'nowhere';
  readonly messageId: string;
  /** Null from a topic: there is nothing to give back. */
  readonly receiptHandle: string | null;
  readonly body: string;
  /** ARN of the queue or topic, null when the record does not say. */
  readonly sourceArn: string | null;
  /** Epoch milliseconds at which the message was sent, null when absent or not a time. */
  readonly sentAtMs: number | null;
  /** How often the queue has shown it, this time included; null when the record does not say. */
  readonly receives: number | null;
  /** Unique id of the role or user that sent it to the queue; null when the record does not say. */
  readonly senderId: string | null;
  /** ARN of the queue whose redrive policy moved it here; null when none did, or the record does not say. */
  readonly redriveSourceArn: string | null;
  /** The message's group: of a FIFO queue, or the tenant of a fair one. */
  readonly groupId: string | null;
  /** Message attributes that are strings or numbers, as text. Names are case-sensitive. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly raw: Readonly<Record<string, unknown>>;
};

/**
 * Lifts a message out of one record of an SQS or SNS event; null when it is neither. Never throws.
 * Sources: the SQS and SNS events of the Lambda developer guide.
 */
export function parseLetter(record: unknown): Letter | null {
  return parseSqsRecord(record) ?? parseSnsRecord(record);
}

function parseSqsRecord(record: unknown): Letter | null {
  const body = ownProperty(record, 'body');
  const messageId = ownString(record, 'messageId');
  if (!isObject(record) || messageId === null || typeof body !== 'string') return null;
  return {
    from: 'queue',
    messageId,
    receiptHandle: ownString(record, 'receiptHandle'),
    body,
    sourceArn: ownString(record, 'eventSourceARN'),
    sentAtMs: wholeNumber(ownString(ownProperty(record, 'attributes'), 'SentTimestamp')),
    receives: wholeNumber(ownString(ownProperty(record, 'attributes'), 'ApproximateReceiveCount')),
    // A role's id is followed by the name of its session.
    redriveSourceArn: ownString(ownProperty(record, 'attributes'), 'DeadLetterQueueSourceArn'),
    groupId: ownString(ownProperty(record, 'attributes'), 'MessageGroupId'),
    senderId: ownString(ownProperty(record, 'attributes'), 'SenderId')?.split(':')[0] ?? null,
    attributes: attributesOf(ownProperty(record, 'messageAttributes'), 'stringValue'),
    raw: record,
  };
}

function parseSnsRecord(record: unknown): Letter | null {
  const sns = ownProperty(record, 'Sns');
  const body = ownProperty(sns, 'Message');
  const messageId = ownString(sns, 'MessageId');
  if (!isObject(record) || messageId === null || typeof body !== 'string') return null;
  return {
    from: 'topic',
    messageId,
    receiptHandle: null,
    body,
    sourceArn: ownString(sns, 'TopicArn'),
    sentAtMs: isoMs(ownString(sns, 'Timestamp')),
    receives: null,
    senderId: null,
    redriveSourceArn: null,
    groupId: null,
    attributes: attributesOf(ownProperty(sns, 'MessageAttributes'), 'Value'),
    raw: record,
  };
}

/** A record without a message around it, as somebody has it at hand: the text is all there is. */
export function bareLetter(text: string): Letter {
  return {
    from: 'nowhere',
    messageId: '',
    receiptHandle: null,
    body: text,
    sourceArn: null,
    sentAtMs: null,
    receives: null,
    senderId: null,
    redriveSourceArn: null,
    groupId: null,
    attributes: new Map(),
    raw: {},
  };
}

/**
 * The letter inside an SNS envelope, which a queue subscription without raw delivery puts around every message; null
 * when the body, given parsed, is no envelope. One envelope is opened, never two: what lies within is the sender's text.
 */
export function openEnvelope(letter: Letter, envelope: Readonly<Record<string, unknown>>): Letter | null {
  const body = ownProperty(envelope, 'Message');
  const isEnvelope =
    ownString(envelope, 'Type') === 'Notification' &&
    ownString(envelope, 'TopicArn') !== null &&
    ownString(envelope, 'MessageId') !== null;
  if (!isEnvelope || typeof body !== 'string') return null;
  return {
    ...letter,
    body,
    sentAtMs: isoMs(ownString(envelope, 'Timestamp')) ?? letter.sentAtMs,
    attributes: attributesOf(ownProperty(envelope, 'MessageAttributes'), 'Value'),
  };
}

/** The text as a JSON object, else null. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  const value = parseJson(text);
  return isObject(value) ? value : null;
}

/** The last moment that a Date can hold. Hostile numbers lie beyond it. */
export const LATEST_MS = 8.64e15;

/** An ISO 8601 time as epoch milliseconds, null when it is none. */
export function isoMs(text: string | null): number | null {
  const value = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(value) ? null : value;
}

function attributesOf(attributes: unknown, textKey: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (!isObject(attributes)) return texts;
  for (const name of Object.keys(attributes)) {
    const text = ownString(attributes[name], textKey);
    if (text !== null) texts.set(name, text);
  }
  return texts;
}

function wholeNumber(text: string | null): number | null {
  const value = text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) && value <= LATEST_MS ? value : null;
}
