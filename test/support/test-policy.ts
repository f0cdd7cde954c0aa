import type { CompiledPolicy, IntakePolicy } from '../../src/recovery/policy.ts';

/** A policy with one asynchronous target, its dead-letter queue as the intake, and the defaults of the product. */
export const testPolicy: CompiledPolicy = {
  targets: [
    {
      kind: 'function',
      key: 'orders',
      functionName: 'orders',
      qualifier: null,
      invocation: 'async',
      mode: null,
    },
  ],
  intakes: [testIntake('orders-dlq', 'orders')],
  defaults: {
    maxAttempts: 4,
    backoff: { firstSeconds: 30, factor: 2, maxSeconds: 900 },
    maxAgeSeconds: 14 * 24 * 3600,
  },
  rules: [],
  sources: { streams: [], buckets: [] },
  alerts: { everySeconds: 3600, perHour: 10 },
};

/** The same with a standard and a FIFO queue as targets, each with its dead-letter queue. */
export const queuePolicy: CompiledPolicy = {
  ...testPolicy,
  targets: [
    ...testPolicy.targets,
    { kind: 'queue', key: 'orders-in', queueName: 'orders-queue', queueArn: null, kmsKey: null, mode: null },
    { kind: 'queue', key: 'in-order', queueName: 'orders.fifo', queueArn: null, kmsKey: null, mode: null },
  ],
  intakes: [
    ...testPolicy.intakes,
    testIntake('queue-dlq', 'orders-in', { topic: 'orders-failures' }),
    testIntake('orders-dlq.fifo', 'in-order'),
  ],
};

/** An intake of the stack's own. */
export function testIntake(
  queueName: string,
  target: string,
  more: Partial<IntakePolicy> = {},
): IntakePolicy {
  return {
    key: queueName,
    queueName,
    queueArn: null,
    adopted: false,
    target,
    topic: null,
    senders: null,
    kmsKey: null,
    ...more,
  };
}
