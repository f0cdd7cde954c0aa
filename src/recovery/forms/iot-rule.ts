import type { DeadEvent } from '../dead-event.ts';
import { ownProperty, ownString } from '../json.ts';
import type { Letter } from '../letter.ts';
import { absent } from '../payload.ts';
import { deadEvent, targetNamed, type Arrival } from './arrival.ts';

/**
 * What the error action of an IoT rule gets: the device's message in base64, one or several, and which actions failed. The
 * action was to get what the rule's SQL makes of that message, which nobody can make here. Source: the IoT Core developer
 * guide, "Error handling (error action)". Any other message is not ours: null.
 */
export function readIotRule(
  letter: Letter,
  body: Readonly<Record<string, unknown>>,
  arrival: Arrival,
): DeadEvent | null {
  const failures = ownProperty(body, 'failures');
  const holdsMessage =
    typeof ownProperty(body, 'base64OriginalPayload') === 'string' ||
    Array.isArray(ownProperty(body, 'payloadsWithMetadata'));
  if (ownString(body, 'ruleName') === null || !Array.isArray(failures) || !holdsMessage) return null;
  const first: unknown = failures[0];
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'iot-rule',
    target: targetNamed(ownString(first, 'failedResource'), letter, arrival)?.key ?? null,
    error: { code: null, type: ownString(first, 'failedAction'), message: ownString(first, 'errorMessage') },
    payload: absent('not-what-the-target-got'),
    diedAtMs: letter.sentAtMs,
  });
}
