import { cutMember } from '../cut-member.ts';
import type { DeadEvent, ErrorEvidence, Payload } from '../dead-event.ts';
import { traceOf } from '../error-trace.ts';
import { isObject, ownProperty, ownString } from '../json.ts';
import { isoMs, type Letter } from '../letter.ts';
import { absent, presentPayload } from '../payload.ts';
import { deadEvent, functionTargetNamed, type Arrival } from './arrival.ts';
import { requestIdOf } from './request-id.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * A record that Lambda sent to an OnFailure (or OnSuccess) destination, version 1.0, straight or within an EventBridge
 * event. It names the function with the qualifier that was called, and holds the payload within a larger document, from
 * which it is cut as it stands. AWS may have written the payload's numbers anew: these are the bytes of the record. Source:
 * the Lambda developer guide, "Capturing records of asynchronous invocations". Any other message is not ours: null.
 */
export function readLambdaDestination(letter: Letter, body: Body, arrival: Arrival): DeadEvent | null {
  return readRecord(letter, letter.body, body, arrival) ?? readWithinEvent(letter, body, arrival);
}

/** EventBridge puts the record into the `detail` of an event of its own. */
function readWithinEvent(letter: Letter, body: Body, arrival: Arrival): DeadEvent | null {
  const isResult =
    ownString(body, 'source') === 'lambda' &&
    ownString(body, 'detail-type')?.startsWith('Lambda Function Invocation Result') === true;
  const detail = ownProperty(body, 'detail');
  const text = isResult && isObject(detail) ? cutMember(letter.body, 'detail') : null;
  return text === null || !isObject(detail) ? null : readRecord(letter, text, detail, arrival);
}

function readRecord(letter: Letter, text: string, record: Body, arrival: Arrival): DeadEvent | null {
  const context = ownProperty(record, 'requestContext');
  const requestId = requestIdOf(ownString(context, 'requestId'));
  const functionArn = ownString(context, 'functionArn');
  const condition = ownString(context, 'condition');
  const isRecord = ownString(record, 'version') === '1.0' && functionArn !== null && condition !== null;
  if (requestId === null || !isRecord) return null;
  return deadEvent(letter, arrival, {
    deathId: requestId,
    form: 'lambda-destination',
    target: functionTargetNamed(functionArn, letter, arrival)?.key ?? null,
    error: errorOf(record, condition),
    payload: payloadIn(text, record, condition),
    diedAtMs: isoMs(ownString(record, 'timestamp')),
  });
}

/** The condition stands in for the error's type where the function never ran, so that there is no error of its own. */
function errorOf(record: Body, condition: string): ErrorEvidence {
  const status = ownProperty(ownProperty(record, 'responseContext'), 'statusCode');
  const response = ownProperty(record, 'responsePayload');
  const type = ownString(response, 'errorType');
  return {
    code: typeof status === 'number' ? String(status) : null,
    type: type ?? condition,
    message: ownString(response, 'errorMessage'),
    condition,
    ...traceOf(response, type),
  };
}

function payloadIn(text: string, record: Body, condition: string): Payload {
  if (condition === 'Success') return absent('not-a-failure');
  const payload = cutMember(text, 'requestPayload');
  return payload === null
    ? absent('payload-missing')
    : presentPayload(payload, ownProperty(record, 'requestPayload'));
}
