import type { DeadEvent } from '../dead-event.ts';
import type { Letter } from '../letter.ts';
import { payloadOf } from '../payload.ts';
import type { Arrival } from './arrival.ts';
import { requestIdOf } from './request-id.ts';

/**
 * A message that Lambda's asynchronous queue sent to the function's dead-letter queue or topic: the body is the payload
 * byte for byte, and the attributes RequestID, ErrorCode and ErrorMessage are all that is known of the failure. ErrorCode
 * is absent when reserved concurrency is zero. Source: the Lambda developer guide, "Retaining records of asynchronous
 * invocations". Any other message is not ours: null.
 */
export function readLambdaDlq(letter: Letter, arrival: Arrival): DeadEvent | null {
  const requestId = requestIdOf(letter.attributes.get('RequestID'));
  if (requestId === null) return null;
  return {
    deathId: requestId,
    form: 'lambda-dlq',
    intake: arrival.intake,
    senderIsDeclared: arrival.senderIsDeclared,
    sourceArn: letter.sourceArn,
    target: arrival.target,
    error: {
      code: letter.attributes.get('ErrorCode') ?? null,
      type: null,
      message: letter.attributes.get('ErrorMessage') ?? null,
    },
    payload: payloadOf(letter.body),
    diedAtMs: letter.sentAtMs ?? arrival.receivedAtMs,
  };
}
