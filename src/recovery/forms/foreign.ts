import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { absent } from '../payload.ts';
import { deadEvent, type Arrival } from './arrival.ts';

/** A message in no shape that we know: kept whole, never invoked. Every message is at least this. */
export function readForeign(letter: Letter, arrival: Arrival): DeadEvent {
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'foreign',
    target: null,
    error: { code: null, type: null, message: null },
    payload: absent('foreign-record'),
    diedAtMs: letter.sentAtMs,
  });
}
