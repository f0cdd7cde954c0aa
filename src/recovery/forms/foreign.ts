import type { DeadEvent } from '../dead-event.ts';
import type { SqsRecord } from '../sqs-record.ts';
import type { Arrival } from './arrival.ts';

/** A record in no shape that we know: kept whole, never invoked. Every record is at least this. */
export function readForeign(record: SqsRecord, arrival: Arrival): DeadEvent {
  return {
    deathId: record.messageId,
    form: 'foreign',
    intake: arrival.intake,
    queueArn: record.queueArn,
    target: null,
    error: { code: null, type: null, message: null },
    payload: { kind: 'absent', reason: 'foreign-record' },
    diedAtMs: record.sentAtMs ?? arrival.receivedAtMs,
  };
}
