import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { jsonPayload } from '../payload.ts';
import { deadEvent, type Arrival } from './arrival.ts';
import { requestIdOf } from './request-id.ts';

/**
 * A message that Lambda's asynchronous queue sent to the function's dead-letter queue or topic: the body is the payload
 * byte for byte, and the attributes RequestID, ErrorCode and ErrorMessage are all that is known of the failure. ErrorCode
 * is absent when reserved concurrency is zero. It does not name its function. Source: the Lambda developer guide,
 * "Retaining records of asynchronous invocations". Any other message is not ours: null.
 */
export function readLambdaDlq(letter: Letter, arrival: Arrival): DeadEvent | null {
  const requestId = requestIdOf(letter.attributes.get('RequestID'));
  if (requestId === null) return null;
  return deadEvent(letter, arrival, {
    deathId: requestId,
    form: 'lambda-dlq',
    target: arrival.target?.kind === 'function' ? arrival.target.key : null,
    error: {
      code: letter.attributes.get('ErrorCode') ?? null,
      type: null,
      message: letter.attributes.get('ErrorMessage') ?? null,
    },
    payload: jsonPayload(letter.body),
    diedAtMs: letter.sentAtMs,
  });
}
