import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { absent, textPayload } from '../payload.ts';
import { deadEvent, type Arrival } from './arrival.ts';

/**
 * A message that SNS could not deliver to a subscriber, in the envelope that the subscriber would have got, and no word of
 * why or to whom. If the intake's target is a queue, the message goes there as it is; a function would have been given an
 * event that SNS makes of it, which is not in the message. Source: the SNS developer guide, "Dead-letter queues".
 */
export function readSnsSubscription(letter: Letter, arrival: Arrival): DeadEvent {
  const { target } = arrival;
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'sns-subscription',
    target: target?.key ?? null,
    error: { code: null, type: null, message: null },
    payload: target?.kind === 'queue' ? textPayload(letter.body) : absent('not-what-the-target-got'),
    diedAtMs: letter.sentAtMs,
  });
}
