import type { CompiledPolicy } from '../../src/recovery/policy.ts';

/** A policy with one asynchronous target, its dead-letter queue as the intake, and the defaults of the product. */
export const testPolicy: CompiledPolicy = {
  targets: [{ key: 'orders', functionName: 'orders', qualifier: null, invocation: 'async' }],
  intakes: [{ key: 'orders-dlq', target: 'orders', topic: null }],
  defaults: {
    maxAttempts: 4,
    backoff: { firstSeconds: 30, factor: 2, maxSeconds: 900 },
    maxAgeSeconds: 14 * 24 * 3600,
  },
};
