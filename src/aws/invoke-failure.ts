import { LambdaServiceException } from '@aws-sdk/client-lambda';
import { ownString } from '../recovery/json.ts';
import type { InvokeResult } from '../recovery/ports.ts';

const FIRST_SERVER_ERROR = 500;

/** Errors of the connection that come before any byte was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * What an Invoke that was answered with an error, or not at all, has come to. Only the error's name is given on: its message
 * may quote the request.
 */
export function invokeFailure(error: unknown): Exclude<InvokeResult, { kind: 'accepted' }> {
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
