import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import type { ErrorEvidence } from '../recovery/dead-event.ts';
import { traceOf } from '../recovery/error-trace.ts';
import { ownString, parseJson } from '../recovery/json.ts';
import type { FunctionTarget } from '../recovery/policy.ts';
import type { Caller, CallResult } from '../recovery/ports.ts';
import { functionName } from './function-name.ts';
import { invokeFailure } from './invoke-failure.ts';

/** What Lambda itself needs around a run: a cold start, and the way there and back. */
const AROUND_A_RUN_MS = 10_000;

/**
 * Calls functions and waits for their end. The client must be one that never tries again by itself (`invokeClient`): a
 * target whose answer was lost has run.
 */
export function lambdaCaller(client: LambdaClient): Caller {
  return { call: (target, payload, timeoutSeconds) => call(client, target, payload, timeoutSeconds) };
}

async function call(
  client: LambdaClient,
  target: FunctionTarget,
  payload: string,
  timeoutSeconds: number,
): Promise<CallResult> {
  try {
    const answer = await client.send(
      new InvokeCommand({
        ...functionName(target),
        InvocationType: 'RequestResponse',
        Payload: Buffer.from(payload, 'utf8'),
      }),
      { requestTimeout: timeoutSeconds * 1000 + AROUND_A_RUN_MS },
    );
    return resultOf(answer);
  } catch (error) {
    return invokeFailure(error);
  }
}

function resultOf({ $metadata, FunctionError, Payload }: InvokeCommandOutput): CallResult {
  const { requestId } = $metadata;
  if (requestId === undefined) return { kind: 'uncertain', error: 'Invoke answered without a request id' };
  const answer = Payload?.transformToString() ?? '';
  return FunctionError === undefined
    ? { kind: 'succeeded', requestId, answer }
    : { kind: 'died', requestId, error: errorOf(answer) };
}

/** What a function throws, as Lambda writes it: `errorType`, `errorMessage`. Source: Lambda developer guide. */
function errorOf(answer: string): ErrorEvidence {
  const thrown = parseJson(answer);
  const type = ownString(thrown, 'errorType');
  return { code: null, type, message: ownString(thrown, 'errorMessage'), ...traceOf(thrown, type) };
}
