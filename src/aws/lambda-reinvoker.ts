import { InvokeCommand, LambdaServiceException, type LambdaClient } from '@aws-sdk/client-lambda';
import { ownString } from '../recovery/json.ts';
import type { TargetPolicy } from '../recovery/policy.ts';
import type { InvokeResult, Reinvoker } from '../recovery/ports.ts';

const ACCEPTED = 202;
const TOO_MANY_REQUESTS = 429;
const CONFLICT = 409; // the function is being updated
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

async function reinvoke(client: LambdaClient, target: TargetPolicy, payload: string): Promise<InvokeResult> {
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
    const status = error.$metadata.httpStatusCode ?? 0;
    if (status === TOO_MANY_REQUESTS || status === CONFLICT) return { kind: 'refused', error: error.name };
    if (status >= FIRST_SERVER_ERROR) {
      // An error that Lambda's model names is Lambda's own word that nothing started; a bare 5xx may be a proxy's.
      return { kind: isModelled(error) ? 'refused' : 'uncertain', error: error.name };
    }
    return { kind: 'rejected', error: error.name };
  }
  const code = ownString(error, 'code') ?? 'UnknownError';
  return { kind: NEVER_SENT.has(code) ? 'refused' : 'uncertain', error: code };
}

function isModelled(error: LambdaServiceException): boolean {
  return error.constructor !== LambdaServiceException;
}
