import type {
  CompiledPolicy,
  FunctionTarget,
  IntakePolicy,
  PolicyRule,
  QueueTarget,
  ReleasePolicy,
} from '../../src/recovery/policy.ts';
import { compiledPattern } from './compiled-pattern.ts';

const DEFAULT_RELEASE: ReleasePolicy = {
  ratePerSecond: 10,
  concurrency: 10,
  stopAtShare: 0.2,
  observeSeconds: null,
};
const RARE_SECONDS = [300, 900, 3600];

/** A policy with one asynchronous target, its dead-letter queue as the intake, and the defaults of the product. */
export const testPolicy: CompiledPolicy = {
  targets: [testFunction('orders')],
  intakes: [testIntake('orders-dlq', 'orders')],
  defaults: {
    maxAttempts: 4,
    backoff: { firstSeconds: 30, factor: 2, maxSeconds: 900 },
    maxAgeSeconds: 14 * 24 * 3600,
    release: DEFAULT_RELEASE,
    probes: {
      transient: [60, 120, 300],
      misconfigured: RARE_SECONDS,
      expired: RARE_SECONDS,
      unknown: RARE_SECONDS,
    },
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
    testQueue('orders-in', 'orders-queue'),
    testQueue('in-order', 'orders.fifo'),
  ],
  intakes: [
    ...testPolicy.intakes,
    testIntake('queue-dlq', 'orders-in', { topic: 'orders-failures' }),
    testIntake('orders-dlq.fifo', 'in-order'),
  ],
};

/** An asynchronous function of which the policy says nothing else. */
export function testFunction(functionName: string, more: Partial<FunctionTarget> = {}): FunctionTarget {
  return {
    kind: 'function',
    key: functionName,
    functionName,
    qualifier: null,
    invocation: 'async',
    mode: null,
    release: DEFAULT_RELEASE,
    orderBy: null,
    isIdempotent: true,
    ...more,
  };
}

/** A queue, by its name alone, of which the policy says nothing else. */
export function testQueue(key: string, queueName: string): QueueTarget {
  return {
    kind: 'queue',
    key,
    queueName,
    queueArn: null,
    kmsKey: null,
    mode: null,
    release: DEFAULT_RELEASE,
    orderBy: null,
  };
}

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

/** A rule that claims what the pattern matches, and says nothing of it but what is given. */
export function testRule(
  name: string,
  when: unknown,
  says: Partial<Pick<PolicyRule, 'category' | 'action' | 'isManual'>> = {},
): PolicyRule {
  return { name, when: compiledPattern(when), category: null, action: null, isManual: false, ...says };
}
