import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CONNECT_TIMEOUT_MS, patient } from './patient.ts';

/** Calls to targets that one consumer makes at the same time; also its sockets, so that none queues silently. */
export const INVOKE_CONCURRENCY = 20;

/** Accepting an asynchronous event takes Lambda milliseconds; after this long the answer is `uncertain`. */
const ACCEPT_TIMEOUT_MS = 5_000;

/** Lambda, for reading configuration: tried again as the SDK does. */
export function lambdaClient(): LambdaClient {
  return new LambdaClient({ requestHandler: patient() });
}

/**
 * Lambda, for Invoke only. One attempt: the SDK's own retry after a reset connection would run a target twice. A time-out
 * is an error here; the SDK's default only logs it.
 */
export function invokeClient(
  concurrency: number = INVOKE_CONCURRENCY,
  settings: LambdaClientConfig = {},
): LambdaClient {
  return new LambdaClient({
    ...settings,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ACCEPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: concurrency },
      httpsAgent: { keepAlive: true, maxSockets: concurrency },
    }),
  });
}
