import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { deadEvent, targetNamed, type Arrival } from './arrival.ts';
import { bodyForTarget, deliveryError } from './delivery.ts';

/**
 * An event that an EventBridge rule could not deliver: the body is what it tried to deliver, after any transformation, and
 * the attributes name rule and target. A function's own errors never come this way. Source: the EventBridge user guide,
 * "Using dead-letter queues to process undelivered events". Any other message is not ours: null.
 */
export function readEventBridgeRule(letter: Letter, arrival: Arrival): DeadEvent | null {
  const targetArn = letter.attributes.get('TARGET_ARN');
  if (!letter.attributes.has('RULE_ARN') || targetArn === undefined) return null;
  const target = targetNamed(targetArn, letter, arrival);
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'eventbridge-rule',
    target: target?.key ?? null,
    error: deliveryError(letter.attributes),
    payload: bodyForTarget(letter.body, target),
    diedAtMs: letter.sentAtMs,
  });
}
