import { NodeHttpHandler } from '@smithy/node-http-handler';

export const CONNECT_TIMEOUT_MS = 2_000;

/** What a store, a queue or a topic answers within; the SDK then tries again. Its own default is to wait for ever. */
const ANSWER_TIMEOUT_MS = 3_000;

/** How a client waits for everything but Invoke. */
export function patient(): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: ANSWER_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  });
}
