import { InvokeCommand, LambdaServiceException, type LambdaClient } from '@aws-sdk/client-lambda';
import { ownString } from '../recovery/json.ts';
import type { FunctionTarget } from '../recovery/policy.ts';
import type { InvokeResult, Reinvoker } from '../recovery/ports.ts';

const ACCEPTED = 202;
const FIRST_SERVER_ERROR = 500;

/** Errors of the connection that come before any byte was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * Hands events to functions asynchronously. The client must be made for it (`invokeClient`): an SDK that tries again by
 * itself runs targets twice.
 */
export function lambdaReinvoker(client: LambdaClient): Reinvoker {
  return { reinvoke: (target, payload) => reinvoke(client, target, payload) };
}

async function reinvoke(
  client: LambdaClient,
  target: FunctionTarget,
  payload: string,
): Promise<InvokeResult> {
  try {
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: target.functionName,
        ...(target.qualifier === null ? {} : { Qualifier: target.qualifier }),
        InvocationType: 'Event',
        Payload: Buffer.from(payload, 'utf8'),
      }),
    );
    const requestId = answer.$metadata.requestId;
    return answer.StatusCode === ACCEPTED && requestId !== undefined
      ? { kind: 'accepted', requestId }
      : { kind: 'uncertain', error: `Invoke answered ${answer.StatusCode ?? 'without a status'}` };
  } catch (error) {
    return resultOf(error);
  }
}

/** Only the error's name leaves this file: its message may quote the request. */
function resultOf(error: unknown): InvokeResult {
  if (error instanceof LambdaServiceException) {
    return { kind: kindOf(error), error: error.name };
  }
  const code = ownString(error, 'code') ?? 'UnknownError';
  return { kind: NEVER_SENT.has(code) ? 'refused' : 'uncertain', error: code };
}

/** Errors that say for good that this call starts nothing. Every other error of the client's side may be mended. */
const FOR_GOOD = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'RequestTooLargeException',
  'InvalidRequestContentException',
  'InvalidParameterValueException',
  'UnsupportedMediaTypeException',
]);

function kindOf(error: LambdaServiceException): Exclude<InvokeResult['kind'], 'accepted'> {
  if (FOR_GOOD.has(error.name)) return 'rejected';
  const status = error.$metadata.httpStatusCode ?? 0;
  // An expired token, a skewed clock, throttling, a function that is being updated: nothing has started.
  if (status < FIRST_SERVER_ERROR) return 'refused';
  // The errors of a function's surroundings come before anything starts. An internal error may come after Lambda has
  // taken the event, and a bare 5xx may be a proxy's.
  const isNamed = error.constructor !== LambdaServiceException && error.name !== 'ServiceException';
  return isNamed ? 'refused' : 'uncertain';
}
