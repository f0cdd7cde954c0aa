import type { DeadEvent } from '../dead-event.ts';
import { ownProperty, ownString } from '../json.ts';
import { isoMs, type Letter } from '../letter.ts';
import { absent } from '../payload.ts';
import { deadEvent, type Arrival } from './arrival.ts';
import { batchIn } from './stream-batch.ts';

/**
 * A record that an EventBridge pipe sent when it gave up on a batch of a stream: where in the stream it is, and which pipe,
 * but neither what the pipe's target is nor what it would have been given. Source: the EventBridge user guide, "Pipes
 * batching and concurrency". Any other message is not ours: null.
 */
export function readPipe(
  letter: Letter,
  body: Readonly<Record<string, unknown>>,
  arrival: Arrival,
): DeadEvent | null {
  const context = ownProperty(body, 'context');
  const pipeArn = ownString(context, 'partnerResourceArn');
  const batch = batchIn(body);
  if (pipeArn === null || batch === null) return null;
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'pipe',
    target: null,
    error: { code: null, type: ownString(context, 'condition'), message: null },
    payload: absent('not-in-this-message', { ...batch, place: { pipeArn, ...batch.place } }),
    diedAtMs: isoMs(ownString(body, 'timestamp')),
  });
}
