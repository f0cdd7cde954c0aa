import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { FunctionTarget } from '../recovery/policy.ts';
import type { InvokeResult, Reinvoker } from '../recovery/ports.ts';
import { functionName } from './function-name.ts';
import { invokeFailure } from './invoke-failure.ts';

const ACCEPTED = 202;

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
        ...functionName(target),
        InvocationType: 'Event',
        Payload: Buffer.from(payload, 'utf8'),
      }),
    );
    const requestId = answer.$metadata.requestId;
    return answer.StatusCode === ACCEPTED && requestId !== undefined
      ? { kind: 'accepted', requestId }
      : { kind: 'uncertain', error: `Invoke answered ${answer.StatusCode ?? 'without a status'}` };
  } catch (error) {
    return invokeFailure(error);
  }
}
