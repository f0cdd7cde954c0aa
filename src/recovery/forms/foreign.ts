import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import type { Arrival } from './arrival.ts';

/** A message in no shape that we know: kept whole, never invoked. Every message is at least this. */
export function readForeign(letter: Letter, arrival: Arrival): DeadEvent {
  return {
    deathId: letter.messageId,
    form: 'foreign',
    intake: arrival.intake,
    senderIsDeclared: arrival.senderIsDeclared,
    sourceArn: letter.sourceArn,
    target: null,
    error: { code: null, type: null, message: null },
    payload: { kind: 'absent', reason: 'foreign-record' },
    diedAtMs: letter.sentAtMs ?? arrival.receivedAtMs,
  };
}
