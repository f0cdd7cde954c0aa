import type { ErrorEvidence, Payload } from '../dead-event.ts';
import { jsonPayload, textPayload } from '../payload.ts';
import type { TargetPolicy } from '../policy.ts';

/** What EventBridge and its scheduler have in common when they give up on a delivery. */

/** Their code, a word or a name; and their text. */
export function deliveryError(attributes: ReadonlyMap<string, string>): ErrorEvidence {
  return {
    code: attributes.get('ERROR_CODE') ?? null,
    type: null,
    message: attributes.get('ERROR_MESSAGE') ?? null,
  };
}

/** The body, which is what the target was to get: a queue takes any text, a function JSON only. */
export function bodyForTarget(body: string, target: TargetPolicy | null): Payload {
  return target?.kind === 'queue' ? textPayload(body) : jsonPayload(body);
}
