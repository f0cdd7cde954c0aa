import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Waker } from '../recovery/ports.ts';

/** Wakes the releaser by an asynchronous invocation. `functionName`: the releaser's. Its schedule is what can be relied upon. */
export function releaserWaker(client: LambdaClient, functionName: string): Waker {
  return {
    wake: async () => {
      await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event' }));
    },
  };
}
