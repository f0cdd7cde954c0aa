import { cutMember } from '../cut-member.ts';
import type { DeadEvent, ErrorEvidence, Payload } from '../dead-event.ts';
import { declaredTarget } from '../intakes.ts';
import { ownProperty, ownString } from '../json.ts';
import { isoMs, parseObject, type Letter } from '../letter.ts';
import { payloadOf } from '../payload.ts';
import type { Arrival } from './arrival.ts';
import { requestIdOf } from './request-id.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * A record that Lambda sent to an OnFailure (or OnSuccess) destination, version 1.0. It names the function with the
 * qualifier that was called, and holds the payload within a larger document, from which it is cut as it stands. AWS may
 * have written the payload's numbers anew: these are the bytes of the record. Source: the Lambda developer guide,
 * "Capturing records of asynchronous invocations". Any other message is not ours: null.
 */
export function readLambdaDestination(letter: Letter, arrival: Arrival): DeadEvent | null {
  const body = parseObject(letter.body);
  const context = ownProperty(body, 'requestContext');
  const requestId = requestIdOf(ownString(context, 'requestId'));
  const functionArn = ownString(context, 'functionArn');
  const condition = ownString(context, 'condition');
  const isRecord = ownString(body, 'version') === '1.0' && functionArn !== null && condition !== null;
  if (body === null || requestId === null || !isRecord) return null;
  return {
    deathId: requestId,
    form: 'lambda-destination',
    intake: arrival.intake,
    senderIsDeclared: arrival.senderIsDeclared,
    sourceArn: letter.sourceArn,
    target: declaredTarget(arrival.targets, functionArn, letter.sourceArn),
    error: errorOf(body, condition),
    payload: payloadIn(letter.body, condition),
    diedAtMs: isoMs(ownString(body, 'timestamp')) ?? letter.sentAtMs ?? arrival.receivedAtMs,
  };
}

/** The condition stands in for the error's type where the function never ran, so that there is no error of its own. */
function errorOf(body: Body, condition: string): ErrorEvidence {
  const status = ownProperty(ownProperty(body, 'responseContext'), 'statusCode');
  const response = ownProperty(body, 'responsePayload');
  return {
    code: typeof status === 'number' ? String(status) : null,
    type: ownString(response, 'errorType') ?? condition,
    message: ownString(response, 'errorMessage'),
  };
}

function payloadIn(text: string, condition: string): Payload {
  if (condition === 'Success') return { kind: 'absent', reason: 'not-a-failure' };
  const payload = cutMember(text, 'requestPayload');
  return payload === null ? { kind: 'absent', reason: 'payload-missing' } : payloadOf(payload);
}
