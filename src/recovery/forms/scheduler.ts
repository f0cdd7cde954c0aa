import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { absent } from '../payload.ts';
import { deadEvent, targetNamed, type Arrival } from './arrival.ts';
import { bodyForTarget, deliveryError } from './delivery.ts';

/**
 * An input that EventBridge Scheduler could not deliver: the body is the target's input, perhaps cut, and the attributes
 * name schedule and target. The target of a universal schedule is an API action, which nothing here is handed to. Source:
 * the EventBridge Scheduler user guide, "Configuring a dead-letter queue". Any other message is not ours: null.
 */
export function readScheduler(letter: Letter, arrival: Arrival): DeadEvent | null {
  const { attributes } = letter;
  if (!attributes.has('SCHEDULE_ARN')) return null;
  const target = targetNamed(attributes.get('TARGET_ARN') ?? null, letter, arrival);
  // Anything but "false" may mean that it is cut: a cut input must never run.
  const isWhole = (attributes.get('IS_PAYLOAD_TRUNCATED') ?? 'false').toLowerCase() === 'false';
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'scheduler',
    target: target?.key ?? null,
    error: deliveryError(attributes),
    payload: isWhole ? bodyForTarget(letter.body, target) : absent('payload-truncated'),
    diedAtMs: letter.sentAtMs,
  });
}
