import { describe, expect, test } from '@jest/globals';
import { examine } from '../../src/cli/doctor/examine.ts';
import type {
  Facts,
  FunctionConfiguration,
  FunctionFacts,
  IntakeFacts,
  QueueFacts,
  QueueTargetFacts,
  ServiceFacts,
} from '../../src/cli/doctor/facts.ts';
import { formatDiagnosis } from '../../src/cli/doctor/format-diagnosis.ts';
import { FUNCTION_CHECKS } from '../../src/cli/doctor/function-checks.ts';
import { FAILURE_QUEUE_CHECKS, INTAKE_CHECKS } from '../../src/cli/doctor/intake-checks.ts';
import { QUEUE_TARGET_CHECKS } from '../../src/cli/doctor/queue-target-checks.ts';
import { read, type Unread } from '../../src/cli/doctor/reading.ts';
import { NOTIFIED_CHECKS, PART_CHECKS } from '../../src/cli/doctor/service-checks.ts';
import {
  configuration,
  healthy,
  healthyFunction,
  healthyIntake,
  healthyQueueTarget,
  noLosses,
  PLACE,
  policy,
  queueFacts,
  ROLE,
  topicFacts,
  wayFacts,
} from '../support/healthy-facts.ts';
import { testIntake } from '../support/test-policy.ts';

const DAY_SECONDS = 86_400;
const KEY = `arn:aws:kms:${PLACE}:key/0b9c`;
const TOPIC = `arn:aws:sns:${PLACE}:orders-failures`;
const ELSEWHERE = `arn:aws:sqs:${PLACE}:somewhere`;

function withFunction(change: Partial<FunctionFacts>): Facts {
  return { ...healthy, functions: [{ ...healthyFunction, ...change }] };
}

function configured(change: Partial<FunctionConfiguration['known']>): FunctionFacts['configuration'] {
  return read({ ...configuration, known: { ...configuration.known, ...change } });
}

function withQueueTarget(change: Partial<QueueTargetFacts>): Facts {
  return { ...healthy, queueTargets: [{ ...healthyQueueTarget, ...change }] };
}

function withIntake(change: Partial<IntakeFacts>): Facts {
  return { ...healthy, intakes: [{ ...healthyIntake, ...change }] };
}

/** The intake's queue, with its redrive policy, and these differences. */
function intakeQueue(more: Partial<QueueFacts>): IntakeFacts['queue'] {
  const redrive = { deadLetterArn: `arn:aws:sqs:${PLACE}:failures`, maxReceives: 1000 };
  return read(queueFacts('orders-dlq', { redrive, ...more }));
}

function withMapping(change: Partial<{ functionName: string; state: string; lastResult: string }>): Facts {
  const mapping = {
    uuid: 'mapping-1',
    functionName: healthyIntake.consumer,
    state: 'Enabled',
    stateReason: 'User action',
    lastResult: 'OK',
  };
  return withIntake({ mappings: read([{ ...mapping, ...change }]) });
}

function withService(change: Partial<ServiceFacts>): Facts {
  return { ...healthy, service: { functions: [], topics: [], ...change } };
}

function counted(name: keyof typeof noLosses): FunctionFacts['losses'] {
  return read({ ...noLosses, [name]: { sum: 12, lastAt: '2026-11-24T10:00:00.000Z' } });
}

/** A way whose right on it, or on the key that it is under, is denied. */
function denied(
  action: string,
  decision: 'implicitDeny' | 'explicitDeny',
  queue: Partial<QueueFacts> = {},
): FunctionFacts['ways'] {
  const way = wayFacts();
  const resource = action.startsWith('kms:') ? KEY : way.arn;
  return read([
    wayFacts({
      channel: read(queueFacts('orders-dlq', queue)),
      rights: read([{ action, resource, decision }]),
    }),
  ]);
}

function allowing(principal: unknown, more: object = {}): object {
  return {
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'SQS:Send*', Resource: '*', ...more }],
  };
}

type Planted = readonly [check: string, severity: 'error' | 'warning', told: string, facts: Facts];

const PLANTED: readonly Planted[] = [
  [
    'function-missing',
    'error',
    'no function orders',
    withFunction({ configuration: read(null), ways: read([]) }),
  ],
  [
    'no-way-for-dead-events',
    'error',
    'neither',
    withFunction({
      configuration: configured({ deadLetterArn: null }),
      ways: read([]),
      losses: read(noLosses),
    }),
  ],
  [
    'way-leads-nowhere',
    'error',
    'does not exist',
    withFunction({ ways: read([wayFacts({ channel: read(null) })]) }),
  ],
  [
    'topic-without-subscriber',
    'error',
    'no confirmed subscription',
    withFunction({
      target: null,
      ways: read([
        wayFacts({ arn: TOPIC, channel: read(topicFacts('orders-failures', { subscriptions: read([]) })) }),
      ]),
    }),
  ],
  [
    'fifo',
    'error',
    'orders.fifo',
    withFunction({ target: null, ways: read([wayFacts({ arn: `arn:aws:sqs:${PLACE}:orders.fifo` })]) }),
  ],
  [
    'wrong-region',
    'error',
    'the function is in eu-west-1',
    withFunction({
      target: null,
      ways: read([wayFacts({ arn: 'arn:aws:sqs:us-east-1:000000000000:orders-dlq' })]),
    }),
  ],
  [
    'role-may-not-send',
    'error',
    `No statement allows sqs:SendMessage on ${wayFacts().arn} to ${ROLE}`,
    withFunction({ ways: denied('sqs:SendMessage', 'implicitDeny') }),
  ],
  [
    'role-may-not-send',
    'error',
    'A statement denies',
    withFunction({ ways: denied('sqs:SendMessage', 'explicitDeny', { policy: allowing('*') }) }),
  ],
  [
    'key-shuts-the-role-out',
    'warning',
    `kms:GenerateDataKey on ${KEY}`,
    withFunction({ ways: denied('kms:GenerateDataKey', 'implicitDeny') }),
  ],
  [
    'key-shuts-the-role-out',
    'error',
    'A statement denies kms:Decrypt',
    withFunction({ ways: denied('kms:Decrypt', 'explicitDeny') }),
  ],
  [
    'kept-too-shortly',
    'warning',
    'for 4 days',
    withFunction({
      target: null,
      policy: { ...policy, intakes: [] },
      ways: read([
        wayFacts({ channel: read(queueFacts('orders-dlq', { retentionSeconds: 4 * DAY_SECONDS })) }),
      ]),
    }),
  ],
  [
    'dead-letters-lost',
    'error',
    'DeadLetterErrors of CloudWatch: 12 in the last 3 days, the latest in the hour from 2026-11-24',
    withFunction({ losses: counted('deadLetterErrors') }),
  ],
  [
    'dead-letters-lost',
    'error',
    'DestinationDeliveryFailures',
    withFunction({ losses: counted('destinationDeliveryFailures') }),
  ],
  ['reserved-concurrency-zero', 'error', 'is 0', withFunction({ reservedConcurrency: read(0) })],
  ['recursion-guard-off', 'warning', 'Allow', withFunction({ recursiveLoop: read('Allow') })],
  [
    'recursion-stopped',
    'error',
    'RecursiveInvocationsDropped',
    withFunction({ losses: counted('recursiveInvocationsDropped') }),
  ],
  [
    'alias-with-old-dead-letter-queue',
    'warning',
    'live leads to version 7, whose dead events go to nowhere',
    withFunction({
      target: null,
      aliases: read({
        latestDeadLetterArn: configuration.known.deadLetterArn,
        aliases: [{ name: 'live', versions: [{ version: '7', deadLetterArn: null }] }],
      }),
    }),
  ],
  [
    'reported-twice',
    'warning',
    `OnFailure destination ${ELSEWHERE}`,
    withFunction({ ways: read([wayFacts(), wayFacts({ via: 'OnFailure destination', arn: ELSEWHERE })]) }),
  ],
  [
    'alias-not-declared',
    'warning',
    'has the aliases live',
    withFunction({ aliases: read({ latestDeadLetterArn: null, aliases: [{ name: 'live', versions: [] }] }) }),
  ],
  [
    'no-way-back',
    'error',
    `${ELSEWHERE}, which is no intake`,
    withFunction({
      configuration: configured({ deadLetterArn: ELSEWHERE }),
      ways: read([wayFacts({ arn: ELSEWHERE })]),
    }),
  ],

  [
    'queue-missing',
    'error',
    'no queue orders-queue',
    withQueueTarget({ queue: read(null), deadLetter: read(null) }),
  ],
  [
    'no-redrive-policy',
    'error',
    'orders-queue has no redrive policy',
    withQueueTarget({ queue: read(queueFacts('orders-queue')), deadLetter: read(null) }),
  ],
  [
    'redrive-leads-nowhere',
    'error',
    'queue-dlq, which does not exist',
    withQueueTarget({ deadLetter: read(null) }),
  ],
  [
    'no-way-back',
    'error',
    'somewhere, which is no intake',
    withQueueTarget({
      queue: read(queueFacts('orders-queue', { redrive: { deadLetterArn: ELSEWHERE, maxReceives: 5 } })),
    }),
  ],
  [
    'dead-messages-kept-no-longer',
    'error',
    'for 4 days, and queue-dlq for 4 days',
    withQueueTarget({ deadLetter: read(queueFacts('queue-dlq', { retentionSeconds: 4 * DAY_SECONDS })) }),
  ],

  ['intake-missing', 'error', 'no queue orders-dlq', withIntake({ queue: read(null), mappings: read([]) })],
  ['intake-not-read', 'error', 'about 3 dead events', withIntake({ mappings: read([]) })],
  ['intake-not-read', 'error', 'mapping-1 is disabled (User action)', withMapping({ state: 'Disabled' })],
  [
    'intake-not-read',
    'error',
    'PROBLEM: Function call failed',
    withMapping({ lastResult: 'PROBLEM: Function call failed' }),
  ],
  [
    'intake-read-by-others',
    'error',
    'old-redriver reads it too',
    withIntake({
      mappings: read([
        ...(healthyIntake.mappings.kind === 'read' ? healthyIntake.mappings.value : []),
        {
          uuid: 'mapping-2',
          functionName: 'old-redriver',
          state: 'Enabled',
          stateReason: '',
          lastResult: 'OK',
        },
      ]),
    }),
  ],
  [
    'visibility-too-short',
    'warning',
    'for 30 s; the consumer may take 25 s',
    withIntake({ queue: intakeQueue({ visibilitySeconds: 30 }) }),
  ],
  [
    'visibility-too-short',
    'error',
    'for 20 s',
    withIntake({ queue: intakeQueue({ visibilitySeconds: 20 }) }),
  ],
  [
    'kept-too-shortly',
    'warning',
    'for 13.5 days',
    withIntake({ queue: intakeQueue({ retentionSeconds: 13.5 * DAY_SECONDS }) }),
  ],
  [
    'moved-away-too-early',
    'warning',
    'after 10 receipts',
    withIntake({
      isAdopted: true,
      queue: intakeQueue({ redrive: { deadLetterArn: ELSEWHERE, maxReceives: 10 } }),
    }),
  ],
  [
    'moved-away-too-early',
    'warning',
    'after 999 receipts',
    withIntake({ queue: intakeQueue({ redrive: { deadLetterArn: ELSEWHERE, maxReceives: 999 } }) }),
  ],
  ['no-failure-queue', 'warning', 'no redrive policy', withIntake({ queue: intakeQueue({ redrive: null }) })],
  ['key-not-declared', 'error', KEY, withIntake({ queue: intakeQueue({ kmsKey: KEY }) })],
  [
    'key-shuts-the-topic-out',
    'error',
    'alias/aws/sqs',
    withIntake({
      intake: testIntake('orders-dlq', 'orders', { topic: 'orders-failures' }),
      topic: read(fed()),
      queue: intakeQueue({ kmsKey: 'alias/aws/sqs' }),
    }),
  ],
  [
    'topic-does-not-feed-it',
    'error',
    `No subscription of ${TOPIC}`,
    withIntake({
      intake: testIntake('orders-dlq', 'orders', { topic: 'orders-failures' }),
      topic: read(topicFacts('orders-failures')),
    }),
  ],
  [
    'topic-does-not-feed-it',
    'error',
    'no topic orders-failures',
    withIntake({ intake: testIntake('orders-dlq', 'orders', { topic: 'orders-failures' }) }),
  ],
  [
    'anybody-may-send',
    'error',
    'lets anybody send',
    withIntake({ queue: intakeQueue({ policy: allowing({ AWS: '*' }) }) }),
  ],

  [
    'failure-queue-missing',
    'error',
    'no queue failures',
    { ...healthy, failureQueues: [{ subject: 'failures', queue: read(null) }] },
  ],
  [
    'failure-queue-not-empty',
    'error',
    'About 5 messages',
    {
      ...healthy,
      failureQueues: [
        { subject: 'failures', queue: read(queueFacts('failures', { messages: 4, inFlight: 1 })) },
      ],
    },
  ],

  [
    'service-function-missing',
    'error',
    'no function a-consumer, which reads',
    withService({
      functions: [
        { name: 'a-consumer', duty: 'reads', exists: read(false), reservedConcurrency: read(null) },
      ],
    }),
  ],
  [
    'service-function-stopped',
    'error',
    'is 0',
    withService({
      functions: [{ name: 'a-consumer', duty: 'reads', exists: read(true), reservedConcurrency: read(0) }],
    }),
  ],
  [
    'nobody-is-told',
    'warning',
    'Nobody is subscribed',
    withService({
      topics: [
        { name: 'alerts', tells: 'alerts', topic: read(topicFacts('alerts', { subscriptions: read([]) })) },
      ],
    }),
  ],
  [
    'nobody-is-told',
    'warning',
    'no topic alerts',
    withService({ topics: [{ name: 'alerts', tells: 'alerts', topic: read(null) }] }),
  ],
  [
    'subscription-not-confirmed',
    'error',
    'ann@example.com (email) is pending',
    withService({
      topics: [
        {
          name: 'alerts',
          tells: 'alerts',
          topic: read(
            topicFacts('alerts', {
              subscriptions: read([{ protocol: 'email', endpoint: 'ann@example.com', isConfirmed: false }]),
            }),
          ),
        },
      ],
    }),
  ],
  [
    'key-shuts-alarms-out',
    'error',
    'alias/aws/sns',
    withService({
      topics: [
        { name: 'watch', tells: 'alarms', topic: read(topicFacts('watch', { kmsKey: 'alias/aws/sns' })) },
      ],
    }),
  ],
];

function fed(): ReturnType<typeof topicFacts> {
  const endpoint = `arn:aws:sqs:${PLACE}:orders-dlq`;
  return topicFacts('orders-failures', {
    subscriptions: read([{ protocol: 'sqs', endpoint, isConfirmed: true }]),
  });
}

describe('the doctor', () => {
  test('finds nothing wrong with a healthy deployment, and makes every check', () => {
    expect(examine(healthy)).toMatchObject({ findings: [], notMade: [] });
  });

  test.each(PLANTED)('finds %s (%s): %s', (check, severity, told, facts) => {
    const { findings, notMade } = examine(facts);
    expect({ found: findings.map((one) => [one.check, one.severity]), notMade }).toEqual({
      found: [[check, severity]],
      notMade: [],
    });
    expect(findings[0]?.evidence).toContain(told);
    expect(findings[0]?.fix).not.toBe('');
  });

  test('says of a function without a dead-letter queue also how many events it has cost', () => {
    const { findings } = examine(
      withFunction({
        configuration: configured({ deadLetterArn: null }),
        ways: read([]),
        losses: counted('asyncEventsDropped'),
      }),
    );
    expect(findings.map(({ check }) => check)).toEqual(['no-way-for-dead-events', 'events-dropped']);
  });

  test('has a planted fault for each check, but for what it cannot ask and what is found beside another', () => {
    const checks = [
      ...FUNCTION_CHECKS,
      ...QUEUE_TARGET_CHECKS,
      ...INTAKE_CHECKS,
      ...FAILURE_QUEUE_CHECKS,
      ...PART_CHECKS,
      ...NOTIFIED_CHECKS,
    ].map(({ name }) => name);
    const planted = PLANTED.map(([check]) => check);
    const missing = [...new Set(checks)].filter((name) => !planted.includes(name));
    expect(missing).toEqual(['key-unusable', 'events-dropped']);
  });
});

describe('what is no fault', () => {
  test.each<[string, Facts]>([
    [
      'a dead-letter queue and a destination that are intakes both: the service makes one event of the two reports',
      withFunction({ ways: read([wayFacts(), wayFacts({ via: 'OnFailure destination' })]) }),
    ],
    [
      'a role that only the queue’s own policy lets send',
      withFunction({ ways: denied('sqs:SendMessage', 'implicitDeny', { policy: allowing({ AWS: ROLE }) }) }),
    ],
    [
      'an adopted queue that has no redrive policy: the consumer gives up by itself',
      withIntake({ isAdopted: true, queue: intakeQueue({ redrive: null }) }),
    ],
    [
      'a queue under a key that the policy declares, or under SQS’s own',
      withIntake({
        intake: testIntake('orders-dlq', 'orders', { kmsKey: KEY }),
        queue: intakeQueue({ kmsKey: KEY }),
      }),
    ],
    [
      'a topic that feeds its intake',
      withIntake({
        intake: testIntake('orders-dlq', 'orders', { topic: 'orders-failures' }),
        topic: read(fed()),
      }),
    ],
    [
      'another mapping of the intake that is disabled',
      withIntake({
        mappings: read([
          ...(healthyIntake.mappings.kind === 'read' ? healthyIntake.mappings.value : []),
          { uuid: 'm', functionName: 'old', state: 'Disabled', stateReason: '', lastResult: '' },
        ]),
      }),
    ],
    [
      'a FIFO queue whose dead-letter queue keeps messages as long as it: their age begins anew there',
      withQueueTarget({
        queue: read(
          queueFacts('orders.fifo', {
            retentionSeconds: DAY_SECONDS,
            redrive: { deadLetterArn: `arn:aws:sqs:${PLACE}:queue-dlq`, maxReceives: 5 },
          }),
        ),
        deadLetter: read(queueFacts('queue-dlq', { retentionSeconds: DAY_SECONDS })),
      }),
    ],
    [
      'a declared alias whose version has the dead-letter queue of $LATEST',
      withFunction({
        qualifier: 'live',
        aliases: read({
          latestDeadLetterArn: configuration.known.deadLetterArn,
          aliases: [
            { name: 'live', versions: [{ version: '7', deadLetterArn: configuration.known.deadLetterArn }] },
            { name: 'old', versions: [{ version: '1', deadLetterArn: null }] },
          ],
        }),
      }),
    ],
    [
      'a synchronous target whose dead events go elsewhere: the call itself says how it ended',
      withFunction({
        target: { ...(healthyFunction.target ?? never()), invocation: 'sync' },
        configuration: configured({ deadLetterArn: ELSEWHERE }),
        ways: read([wayFacts({ arn: ELSEWHERE })]),
      }),
    ],
  ])('%s', (_, facts) => {
    expect(examine(facts)).toMatchObject({ findings: [], notMade: [] });
  });
});

function never(): never {
  throw new Error('the healthy function is a target');
}

const UNREAD: Unread = {
  kind: 'unread',
  call: 'iam:SimulatePrincipalPolicy',
  reason: 'denied',
  text: 'User: ann is not authorized',
};

describe('a check that cannot be made', () => {
  test('is listed with the call that it needs and why that gave nothing, and is no finding', () => {
    const { findings, notMade, made } = examine(withFunction({ ways: read([wayFacts({ rights: UNREAD })]) }));
    expect(findings).toEqual([]);
    expect(notMade.map(({ check, subject, call, reason }) => ({ check, subject, call, reason }))).toEqual(
      ['role-may-not-send', 'key-shuts-the-role-out'].map((check) => ({
        check,
        subject: 'orders',
        call: 'iam:SimulatePrincipalPolicy',
        reason: 'denied',
      })),
    );
    expect(made).toBe(examine(healthy).made - 2);
  });

  test('hides nothing that could be found out of the same subject', () => {
    const ways = read([wayFacts({ rights: UNREAD }), wayFacts({ channel: read(null) })]);
    const { findings } = examine(withFunction({ ways }));
    expect(findings.map(({ check }) => check)).toEqual(['way-leads-nowhere']);
  });

  test('is what a key’s own policy says, and whether only conditions let a role send', () => {
    const underKey = withFunction({
      ways: read([wayFacts({ channel: read(queueFacts('orders-dlq', { kmsKey: KEY })) })]),
    });
    expect(examine(underKey).notMade).toMatchObject([{ check: 'key-unusable', reason: 'not-asked' }]);
    const policyOfQueue = allowing('*', { Condition: { StringEquals: { 'aws:SourceAccount': '0' } } });
    const conditional = withFunction({
      ways: denied('sqs:SendMessage', 'implicitDeny', { policy: policyOfQueue }),
    });
    expect(examine(conditional)).toMatchObject({
      findings: [],
      notMade: [{ check: 'role-may-not-send', reason: 'not-asked' }],
    });
  });

  test('is shown to a person below the findings, once for all that it is about', () => {
    const facts = withFunction({ ways: read([wayFacts({ rights: UNREAD })]), reservedConcurrency: read(0) });
    const text = formatDiagnosis(examine(facts));
    expect(text).toContain('ERROR');
    expect(text).toContain(
      ' - whether the function’s role may send dead events: you may not call iam:SimulatePrincipalPolicy\n     of orders\n     User: ann is not authorized\n',
    );
    expect(text).toContain('1 finding (1 error, 0 warnings)');
    expect(text).toContain('2 could not be made.');
  });
});
