import { isObject, ownProperty, ownString } from './json.ts';

/**
 * One record of an SQS event as a Lambda consumer receives it. Only what the core reads is lifted out;
 * `raw` is the whole record, for the archive. Source: the Lambda developer guide's SQS event.
 */
export type SqsRecord = {
  readonly messageId: string;
  readonly receiptHandle: string | null;
  readonly body: string;
  readonly queueArn: string | null;
  /** Epoch milliseconds at which the message was sent to this queue, null when absent or not a time. */
  readonly sentAtMs: number | null;
  readonly messageAttributes: unknown;
  readonly raw: Readonly<Record<string, unknown>>;
};

/** Lifts a record out of what Lambda passed; null when it has no message id or no text body. Never throws. */
export function parseSqsRecord(value: unknown): SqsRecord | null {
  const body = ownProperty(value, 'body');
  const messageId = ownString(value, 'messageId');
  if (!isObject(value) || messageId === null || typeof body !== 'string') return null;
  return {
    messageId,
    receiptHandle: ownString(value, 'receiptHandle'),
    body,
    queueArn: ownString(value, 'eventSourceARN'),
    sentAtMs: epochMs(ownString(ownProperty(value, 'attributes'), 'SentTimestamp')),
    messageAttributes: ownProperty(value, 'messageAttributes'),
    raw: value,
  };
}

/** A message attribute's string value; null when absent, empty or binary. Names are case-sensitive. */
export function attributeText(record: SqsRecord, name: string): string | null {
  return ownString(ownProperty(record.messageAttributes, name), 'stringValue');
}

function epochMs(text: string | null): number | null {
  const value = text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
