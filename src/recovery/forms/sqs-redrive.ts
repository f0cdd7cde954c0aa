import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { textPayload } from '../payload.ts';
import { deadEvent, queueTargetNamed, type Arrival } from './arrival.ts';

/**
 * A message that SQS moved here because its queue's consumer had received it too often: the same id, body and attributes, and
 * no word of why. It goes back to that queue, never straight to a function, which expects a batch. Source: the SQS
 * developer guide, "Dead-letter queues". Any other message is not ours: null.
 */
export function readSqsRedrive(letter: Letter, arrival: Arrival): DeadEvent | null {
  if (letter.redriveSourceArn === null) return null;
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'sqs-redrive',
    target: queueTargetNamed(letter.redriveSourceArn, letter, arrival)?.key ?? null,
    error: { code: null, type: null, message: null },
    payload: textPayload(letter.body),
    diedAtMs: letter.sentAtMs,
  });
}
