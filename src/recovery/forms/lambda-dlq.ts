import type { DeadEvent } from '../dead-event.ts';
import { payloadOf } from '../payload.ts';
import { attributeText, type SqsRecord } from '../sqs-record.ts';
import type { Arrival } from './arrival.ts';

/** Lambda's request ids are UUIDs; room is left for another format, none for text that is no id at all. */
const REQUEST_ID = /^[\w-]{8,128}$/;

/**
 * A message that Lambda's asynchronous queue sent to the function's dead-letter queue: the body is the payload byte
 * for byte, and the attributes RequestID, ErrorCode and ErrorMessage are all that is known of the failure. ErrorCode
 * is absent when reserved concurrency is zero. Source: the Lambda developer guide, "Retaining records of asynchronous
 * invocations". Any other record is not ours: null.
 */
export function readLambdaDlq(record: SqsRecord, arrival: Arrival): DeadEvent | null {
  const requestId = attributeText(record, 'RequestID');
  if (requestId === null || !REQUEST_ID.test(requestId)) return null;
  return {
    deathId: requestId,
    form: 'lambda-dlq',
    intake: arrival.intake,
    queueArn: record.queueArn,
    target: arrival.target,
    error: {
      code: attributeText(record, 'ErrorCode'),
      type: null,
      message: attributeText(record, 'ErrorMessage'),
    },
    payload: payloadOf(record.body),
    diedAtMs: record.sentAtMs ?? arrival.receivedAtMs,
  };
}
