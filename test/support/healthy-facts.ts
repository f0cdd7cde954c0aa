import type {
  Facts,
  FunctionConfiguration,
  FunctionFacts,
  IntakeFacts,
  Losses,
  QueueFacts,
  QueueTargetFacts,
  TopicFacts,
  WayFacts,
} from '../../src/cli/doctor/facts.ts';
import { read } from '../../src/cli/doctor/reading.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { testFunction, testIntake, testPolicy, testQueue } from './test-policy.ts';

/** Facts of a deployment in which the doctor finds nothing. Tests change one at a time. */

export const PLACE = 'eu-west-1:000000000000';
const STACK = 'dead-letter-reprocessor-dev';
export const ROLE = 'arn:aws:iam::000000000000:role/orders';
const DAY_SECONDS = 86_400;

export const policy: CompiledPolicy = {
  ...testPolicy,
  targets: [testFunction('orders'), testQueue('orders-in', 'orders-queue')],
  intakes: [testIntake('orders-dlq', 'orders'), testIntake('queue-dlq', 'orders-in')],
};

export function queueFacts(name: string, more: Partial<QueueFacts> = {}): QueueFacts {
  return {
    kind: 'queue',
    arn: `arn:aws:sqs:${PLACE}:${name}`,
    visibilitySeconds: 155,
    retentionSeconds: 14 * DAY_SECONDS,
    kmsKey: null,
    redrive: null,
    policy: undefined,
    messages: 0,
    inFlight: 0,
    ...more,
  };
}

export function topicFacts(name: string, more: Partial<TopicFacts> = {}): TopicFacts {
  return {
    kind: 'topic',
    arn: `arn:aws:sns:${PLACE}:${name}`,
    kmsKey: null,
    policy: undefined,
    subscriptions: read([{ protocol: 'email', endpoint: 'ann@example.com', isConfirmed: true }]),
    ...more,
  };
}

export function wayFacts(more: Partial<WayFacts> = {}): WayFacts {
  const arn = `arn:aws:sqs:${PLACE}:orders-dlq`;
  return {
    via: 'dead-letter queue',
    arn,
    channel: read(queueFacts('orders-dlq')),
    rights: read([{ action: 'sqs:SendMessage', resource: arn, decision: 'allowed' }]),
    ...more,
  };
}

export const configuration: FunctionConfiguration = {
  arn: `arn:aws:lambda:${PLACE}:function:orders`,
  role: ROLE,
  known: {
    kind: 'known',
    timeoutSeconds: 30,
    deadLetterArn: `arn:aws:sqs:${PLACE}:orders-dlq`,
    onFailureArn: null,
    onSuccessArn: null,
    retries: 2,
    maxEventAgeSeconds: 21_600,
  },
};

const NONE = { sum: 0, lastAt: null };

export const noLosses: Losses = {
  days: 3,
  deadLetterErrors: NONE,
  destinationDeliveryFailures: NONE,
  asyncEventsDropped: NONE,
  recursiveInvocationsDropped: NONE,
};

export const healthyFunction: FunctionFacts = {
  subject: 'orders',
  qualifier: null,
  configuration: read(configuration),
  reservedConcurrency: read(null),
  recursiveLoop: read('Terminate'),
  aliases: read({ latestDeadLetterArn: configuration.known.deadLetterArn, aliases: [] }),
  // What died and lies in its dead-letter queue counts as dropped.
  losses: read({ ...noLosses, asyncEventsDropped: { sum: 7, lastAt: '2026-11-24T10:00:00.000Z' } }),
  ways: read([wayFacts()]),
  policy,
  target: testFunction('orders'),
};

const [, queueTarget] = policy.targets;
if (queueTarget?.kind !== 'queue') throw new Error('the second target is a queue');

export const healthyQueueTarget: QueueTargetFacts = {
  subject: 'orders-in',
  target: queueTarget,
  policy,
  queue: read(
    queueFacts('orders-queue', {
      retentionSeconds: 4 * DAY_SECONDS,
      redrive: { deadLetterArn: `arn:aws:sqs:${PLACE}:queue-dlq`, maxReceives: 5 },
    }),
  ),
  deadLetter: read(queueFacts('queue-dlq')),
};

export const healthyIntake: IntakeFacts = {
  subject: 'orders-dlq',
  intake: testIntake('orders-dlq', 'orders'),
  isAdopted: false,
  queue: read(
    queueFacts('orders-dlq', {
      messages: 3,
      redrive: { deadLetterArn: `arn:aws:sqs:${PLACE}:failures`, maxReceives: 1000 },
    }),
  ),
  mappings: read([
    {
      uuid: 'mapping-1',
      functionName: `${STACK}-consumer`,
      state: 'Enabled',
      stateReason: 'User action',
      lastResult: 'OK',
    },
  ]),
  topic: read(null),
  consumer: `${STACK}-consumer`,
  consumerTimeoutSeconds: read(25),
};

export const healthy: Facts = {
  functions: [healthyFunction],
  queueTargets: [healthyQueueTarget],
  intakes: [healthyIntake],
  failureQueues: [{ subject: 'failures', queue: read(queueFacts('failures')) }],
  service: {
    functions: [
      { name: `${STACK}-consumer`, duty: 'reads', exists: read(true), reservedConcurrency: read(null) },
    ],
    topics: [
      { name: `${STACK}-alerts`, tells: 'alerts', topic: read(topicFacts(`${STACK}-alerts`)) },
      { name: `${STACK}-watch`, tells: 'alarms', topic: read(topicFacts(`${STACK}-watch`)) },
    ],
  },
};
