import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePolicy, type PolicyPlace } from '../../src/policy/parse-policy.ts';
import { formatProblems } from '../../src/policy/problems.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { testPolicy } from '../support/test-policy.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const GOOD = `targets:
  orders: { invocation: async }
intakes:
  orders-dlq: { target: orders }
`;

function place(stage: string, ownQueues: readonly string[] | null = null): PolicyPlace {
  return { stage, region: 'eu-west-1', ownQueues };
}

function problemsOf(text: string, stage = 'dev'): string[] {
  const parsed = parsePolicy(text, place(stage));
  return parsed.kind === 'policy' ? [] : formatProblems('policy.yml', parsed.problems).split('\n');
}

describe('a policy', () => {
  test('gets the product’s defaults where it says nothing', () => {
    expect(parsePolicy(GOOD, place('dev'))).toEqual({ kind: 'policy', policy: testPolicy });
  });

  test('may name functions by name, alias or ARN, and the stage within a name', () => {
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:payouts';
    const text = `targets:
  orders-{stage}: {}
  orders-{stage}:live: { invocation: sync }
  ${arn}:7: { invocation: auto }
intakes:
  orders-{stage}-dlq: { target: 'orders-{stage}:live', topic: 'orders-{stage}-failures' }
`;
    const parsed = parsePolicy(text, place('prod'));
    expect(parsed.kind === 'policy' ? parsed.policy : parsed).toMatchObject({
      targets: [
        { key: 'orders-prod', functionName: 'orders-prod', qualifier: null, invocation: 'auto' },
        { key: 'orders-prod:live', functionName: 'orders-prod', qualifier: 'live', invocation: 'sync' },
        { key: `${arn}:7`, functionName: arn, qualifier: '7', invocation: 'auto' },
      ],
      intakes: [{ key: 'orders-prod-dlq', target: 'orders-prod:live', topic: 'orders-prod-failures' }],
    });
  });

  test('takes a name as it is written, even where YAML would read a number', () => {
    const text = 'targets:\n  0x10: {}\n  1e3: {}\nintakes:\n  007: { target: 0x10 }\n';
    const parsed = parsePolicy(text, place('dev'));
    expect(parsed.kind === 'policy' ? parsed.policy : parsed).toMatchObject({
      targets: [{ functionName: '0x10' }, { functionName: '1e3' }],
      intakes: [{ key: '007', target: '0x10' }],
    });
  });

  test.each([
    ['policy.yml', 'dev'],
    ['policy.local.yml', 'local'],
  ])('of the project itself is right: %s', (file, stage) => {
    expect(problemsOf(readFileSync(join(ROOT, file), 'utf8'), stage)).toEqual([]);
  });
});

describe('a target that is a queue', () => {
  test('is named beside its key, by name or ARN, standard or FIFO', () => {
    const arn = 'arn:aws:sqs:eu-west-1:111122223333:orders.fifo';
    const text = `targets:
  orders-in: { queue: 'orders-{stage}' }
  in-order: { queue: '${arn}', mode: observe }
intakes:
  orders-dlq: { target: orders-in }
  orders-dlq.fifo: { target: in-order }
`;
    const parsed = parsePolicy(text, place('prod'));
    expect(parsed.kind === 'policy' ? parsed.policy : parsed).toMatchObject({
      targets: [
        { kind: 'queue', key: 'orders-in', queueName: 'orders-prod', queueArn: null, mode: null },
        { kind: 'queue', key: 'in-order', queueName: 'orders.fifo', queueArn: arn, mode: 'observe' },
      ],
      intakes: [{ target: 'orders-in' }, { queueName: 'orders-dlq.fifo', target: 'in-order' }],
    });
  });
});

describe('the recovery', () => {
  function policyOf(text: string): CompiledPolicy {
    const parsed = parsePolicy(text, place('dev'));
    if (parsed.kind === 'problems') throw new Error(formatProblems('policy.yml', parsed.problems));
    return parsed.policy;
  }

  test('is as the target says, where it says nothing as the defaults say, and else as the product does', () => {
    const { targets, defaults } = policyOf(`targets:
  orders: { rate: 50, concurrency: 20, stopAt: 0.05, observe: 8s }
  payouts: { rate: 1 }
  orders-in: { queue: orders-queue, stopAt: 0 }
intakes: { orders-dlq: { target: orders } }
defaults: { rate: 5, observe: 4m }
`);
    const said = { ratePerSecond: 5, concurrency: 10, stopAtShare: 0.2, observeSeconds: 240 };
    expect(defaults.release).toEqual(said);
    expect(targets.map(({ release }) => release)).toEqual([
      { ratePerSecond: 50, concurrency: 20, stopAtShare: 0.05, observeSeconds: 8 },
      { ...said, ratePerSecond: 1 },
      { ...said, stopAtShare: 0 },
    ]);
  });

  test('reaches to its limits, and no further', () => {
    const text = `${GOOD}defaults: { rate: 1000, concurrency: 100, stopAt: 1, observe: 12h, probes: { defect: [1s, 7d] } }\n`;
    expect(policyOf(text).defaults).toMatchObject({
      release: { ratePerSecond: 1000, concurrency: 100, stopAtShare: 1, observeSeconds: 43_200 },
      probes: { defect: [1, 604_800] },
    });
  });

  test('keeps the probes of a category that is not named, and has none where the list is empty', () => {
    const text = `${GOOD}defaults: { probes: { transient: [2s, 3s], unknown: [], defect: [1h] } }\n`;
    const { misconfigured, expired } = testPolicy.defaults.probes;
    expect(policyOf(text).defaults.probes).toEqual({
      transient: [2, 3],
      defect: [3600],
      misconfigured,
      expired,
    });
  });

  test('knows the ordering key of a target by its path, and the function that must not run twice', () => {
    const { targets } = policyOf(`targets:
  orders: { orderBy: customer.id, idempotent: false }
  payouts: { orderBy: 'iban', idempotent: true }
  in-order: { queue: orders.fifo, orderBy: detail.order-id.$oid }
intakes: { orders-dlq: { target: orders } }
`);
    expect(targets).toMatchObject([
      { orderBy: ['customer', 'id'], isIdempotent: false },
      { orderBy: ['iban'], isIdempotent: true },
      { orderBy: ['detail', 'order-id', '$oid'] },
    ]);
  });

  test('has all that is wrong with it reported at once, each with its place and its reason', () => {
    const text = `targets:
  orders: { rate: 1001, concurrency: 0, stopAt: 20%, observe: 13h, orderBy: $.customer.id, idempotent: no }
  payouts: { rate: fast, concurrency: 1.5, stopAt: 1.1, observe: 0s, orderBy: [customer], idempotent: }
  orders-in: { queue: orders-queue, idempotent: false }
  bad name: { idempotent: 1, ratePerSecond: 1 }
intakes: { orders-dlq: { target: orders } }
defaults:
  rate: 0
  observe: soon
  probes:
    transient: 1m
    misconfigured: [5m, 0s, 8d, 15]
    unknown: [1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s]
    expird: [1h]
`;
    const RATE =
      'rate must be a whole number from 1 to 1000: a single releaser cannot keep up with more, and with none nothing comes back';
    const CONCURRENCY =
      'concurrency must be a whole number from 1 to 100: each hand-over holds a socket of the releaser';
    const STOP_AT =
      'stopAt must be a number from 0 to 1: it is the share of what was brought back that may die again';
    const OBSERVE =
      'observe must be from 1s to 43200s: Lambda gives up what it has accepted long before that';
    const ORDER_BY = 'orderBy must be the path of a field below the payload, such as customer.id';
    const IDEMPOTENT = 'idempotent must be true, or false where an event must not run twice';
    const PROBE =
      'misconfigured must be from 1s to 604800s: after a week without a change a person should look';
    expect(problemsOf(text)).toEqual([
      `policy.yml:2:19 ${RATE}`,
      `policy.yml:2:38 ${CONCURRENCY}`,
      `policy.yml:2:49 ${STOP_AT}`,
      `policy.yml:2:63 ${OBSERVE}`,
      `policy.yml:2:77 ${ORDER_BY}`,
      `policy.yml:2:104 ${IDEMPOTENT}`,
      `policy.yml:3:20 ${RATE}`,
      `policy.yml:3:39 ${CONCURRENCY}`,
      `policy.yml:3:52 ${STOP_AT}`,
      `policy.yml:3:66 ${OBSERVE}`,
      `policy.yml:3:79 ${ORDER_BY}`,
      `policy.yml:3:103 ${IDEMPOTENT}`,
      'policy.yml:4:37 target orders-in is a queue: who reads a queue must bear a message twice anyway',
      'policy.yml:5:3 bad name is no function name: letters, digits, - and _ only, at most 64',
      `policy.yml:5:27 ${IDEMPOTENT}`,
      'policy.yml:5:30 ratePerSecond is unknown in target bad name: it takes invocation, mode, queue, kmsKey, rate, concurrency, stopAt, observe, orderBy, idempotent',
      `policy.yml:8:9 ${RATE}`,
      'policy.yml:9:12 observe must be a duration such as 30s, 15m, 12h or 14d',
      'policy.yml:11:16 transient must be a list of durations, such as [1m, 5m]: [] is never',
      `policy.yml:12:25 ${PROBE}`,
      `policy.yml:12:29 ${PROBE}`,
      'policy.yml:12:33 misconfigured must be a duration such as 30s, 15m, 12h or 14d',
      'policy.yml:13:14 unknown takes at most 10 delays: the last one repeats',
      'policy.yml:14:5 expird is unknown in probes: did you mean expired?',
    ]);
  });

  test.each(['customer.', '.id', 'customer..id', 'a b', 'items[0].id', '$', ''])(
    'is not ordered by what is no path: "%s"',
    (path) => {
      expect(
        problemsOf(`targets: { orders: { orderBy: '${path}' } }\nintakes: { q: { target: orders } }\n`),
      ).toEqual([expect.stringContaining('orderBy must be the path')]);
    },
  );
});

test('sources are streams by ARN, tables for all of their streams, and buckets by name', () => {
  const text = `${GOOD}sources:
  streams: ['arn:aws:kinesis:eu-west-1:111122223333:stream/clicks', 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders']
  buckets: ['dead-events-{stage}']
`;
  const parsed = parsePolicy(text, place('prod'));
  expect(parsed.kind === 'policy' ? parsed.policy.sources : parsed).toEqual({
    streams: [
      'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks',
      'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders',
    ],
    buckets: ['dead-events-prod'],
  });
});

describe('an adopted queue', () => {
  const arn = 'arn:aws:sqs:eu-west-1:111122223333:orders-dlq';

  function intakesOf(text: string, ownQueues: readonly string[] | null): unknown {
    const parsed = parsePolicy(text, place('dev', ownQueues));
    return parsed.kind === 'policy' ? parsed.policy.intakes : parsed.problems;
  }

  test('is every one that is given by its ARN', () => {
    expect(intakesOf(GOOD.replace('orders-dlq', arn), null)).toMatchObject([
      { key: arn, queueName: 'orders-dlq', queueArn: arn, adopted: true },
    ]);
  });

  test('is every one that the stack does not make itself', () => {
    expect(intakesOf(GOOD, ['orders-dlq'])).toMatchObject([{ adopted: false, queueArn: null }]);
    expect(intakesOf(GOOD, ['another-dlq'])).toMatchObject([{ adopted: true, queueArn: null }]);
    expect(intakesOf(GOOD, null)).toMatchObject([{ adopted: false }]);
  });

  test('may name its senders and its key, and its target whether to act', () => {
    const kmsKey = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001';
    const text = `targets:
  orders: { mode: act }
  payouts: { mode: observe }
  refunds: {}
intakes:
  ${arn}: { target: orders, senders: [AROAEXAMPLEEXAMPLE123], kmsKey: '${kmsKey}' }
alerts: { every: 15m, perHour: 5 }
`;
    const parsed = parsePolicy(text, place('dev'));
    expect(parsed.kind === 'policy' ? parsed.policy : parsed).toMatchObject({
      targets: [{ mode: 'act' }, { mode: 'observe' }, { mode: null }],
      intakes: [{ senders: ['AROAEXAMPLEEXAMPLE123'], kmsKey }],
      alerts: { everySeconds: 900, perHour: 5 },
    });
  });
});

describe('a wrong policy', () => {
  test('has all its problems reported at once, each with its place', () => {
    const text = `targets:
  orders: { invocation: asink }
  bad name: {}
  orders:$LATEST: {}
intakes:
  orders-dlq: { taget: orders }
  orders.dlq: { target: nobody }
defaults:
  maxAttempts: 9
  backoff: { first: 1h, factor: 0.5, max: 15m }
  maxAge: soon
rules: {}
`;
    expect(problemsOf(text)).toEqual([
      'policy.yml:2:25 invocation must be sync, async or auto',
      'policy.yml:3:3 bad name is no function name: letters, digits, - and _ only, at most 64',
      'policy.yml:4:3 orders:$LATEST: leave $LATEST out, the name alone means it',
      'policy.yml:6:3 target is missing: intake orders-dlq holds events that do not name their function',
      'policy.yml:6:17 taget is unknown in intake orders-dlq: did you mean target?',
      'policy.yml:7:3 orders.dlq is no queue name: letters, digits, - and _ only, at most 80, and .fifo where it is one',
      'policy.yml:7:25 target nobody is not declared: write one that stands under targets (orders)',
      "policy.yml:9:16 maxAttempts must be a whole number from 1 to 5: Lambda's guard stops longer chains",
      'policy.yml:10:12 backoff: first (3600s) is longer than max (900s)',
      'policy.yml:10:33 factor must be a number from 1 to 10: a wait must not shrink, nor leap to its maximum at once',
      'policy.yml:11:11 maxAge must be a duration such as 30s, 15m, 12h or 14d',
      'policy.yml:12:8 rules must be a list, each with name, when, and category or do',
    ]);
  });

  test.each([
    [
      'a key that stands twice',
      `${GOOD}intakes: {}\n`,
      ':5:1 intakes stands twice in the policy: remove one',
    ],
    [
      'two names that become one',
      'targets:\n  a-{stage}: {}\n  a-dev: {}\nintakes:\n  q: { target: a-dev }\n',
      ':3:3 a-dev stands twice in targets: remove one',
    ],
    ['another placeholder', GOOD.replace('orders-dlq', 'orders-{region}'), '{stage} is the only placeholder'],
    ['a missing section', 'targets:\n  orders: {}\n', 'intakes is missing'],
    [
      'a queue that is invoked',
      GOOD.replace('invocation: async', 'queue: orders-in, invocation: async'),
      'it is sent to, not invoked',
    ],
    [
      'a queue by something that is none',
      GOOD.replace('invocation: async', 'queue: arn:aws:sns:eu-west-1:111122223333:t'),
      'is no queue',
    ],
    [
      'a queue of another region',
      GOOD.replace('orders-dlq', 'arn:aws:sqs:us-east-1:111122223333:orders-dlq'),
      'the stack is in eu-west-1',
    ],
    [
      'an ARN of something else',
      GOOD.replace('orders-dlq', 'arn:aws:sns:eu-west-1:111122223333:t'),
      'is no queue',
    ],
    ['a stream by its name', `${GOOD}sources: { streams: [clicks] }\n`, 'a list of ARNs'],
    ['a bucket by its ARN', `${GOOD}sources: { buckets: ['arn:aws:s3:::b'] }\n`, 'names of buckets'],
    ['an unknown mode', GOOD.replace('async', 'async, mode: dry-run'), 'mode must be act or observe'],
    [
      'senders that are no list',
      GOOD.replace('target: orders', 'target: orders, senders: AROAEXAMPLEEXAMPLE123'),
      'a list of unique role ids',
    ],
    [
      'senders that are names',
      GOOD.replace('target: orders', 'target: orders, senders: [orders-role]'),
      'a list of unique role ids',
    ],
    [
      'a key by its alias',
      GOOD.replace('target: orders', 'target: orders, kmsKey: alias/orders'),
      'the ARN of the key',
    ],
    ['alerts that are too rare', `${GOOD}alerts: { every: 2d }\n`, 'one alert a day'],
    ['no alerts at all', `${GOOD}alerts: { perHour: 0 }\n`, 'a whole number from 1'],
    ['an unknown word of alerts', `${GOOD}alerts: { evry: 1h }\n`, 'did you mean every?'],
    [
      'a list for a mapping',
      'targets: [orders]\nintakes: {}\n',
      ':1:10 targets must be a mapping (key: value)',
    ],
    ['no YAML', 'targets: {orders\n', 'mend the YAML here'],
    ['an alias of YAML', 'targets: &t\n  orders: {}\nintakes: *t\n', ':3:10 intakes must be a mapping'],
    [
      'a topic by ARN',
      GOOD.replace('target: orders', 'target: orders, topic: arn:aws:sns:x'),
      'the name of the topic',
    ],
    ['nothing', '', ':1:1 the policy must be a mapping'],
    ['a wait beyond what SQS can hide', `${GOOD}defaults: { backoff: { max: 13h } }\n`, 'at most 12 hours'],
    ['an age beyond what SQS keeps', `${GOOD}defaults: { maxAge: 15d }\n`, 'keeps a message for 14 days'],
    [
      'a section with nothing in it',
      'targets: {}\nintakes: {}\n',
      ':1:1 targets is empty: name the functions that events may be handed to',
    ],
    [
      'a name without a value, where it stands',
      'targets: { orders }\nintakes:\n  q: { target: orders }\n',
      ':1:12 target orders must be a mapping',
    ],
    [
      'a first wait beyond the longest, though nobody wrote that',
      `${GOOD}defaults: { backoff: { first: 1h } }\n`,
      'first (3600s) is longer than max (900s when nothing is said)',
    ],
    [
      'an alias and $LATEST at once',
      GOOD.replace('orders:', 'orders:live:$LATEST:'),
      'orders:live:$LATEST is no function',
    ],
    [
      'an ARN without an account',
      GOOD.replace('orders:', 'arn:aws:lambda:eu-west-1::function:orders:'),
      'is no function',
    ],
    [
      'a queue’s address',
      GOOD.replace('orders-dlq', 'https://sqs.eu-west-1.amazonaws.com/1/q'),
      'no queue name',
    ],
    [
      'a list as an intake’s target',
      GOOD.replace('target: orders', 'target: [orders]'),
      'target must be a name',
    ],
    ['a duration without its unit', `${GOOD}defaults: { maxAge: 30 }\n`, 'such as 30s'],
    ['no attempts', `${GOOD}defaults: { maxAttempts: 0 }\n`, 'from 1 to 5'],
    ['half an attempt', `${GOOD}defaults: { maxAttempts: 1.5 }\n`, 'a whole number'],
  ])('is refused for %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  test('is told once what is wrong, not what follows from it', () => {
    expect(problemsOf(GOOD.replace('target: orders', 'target: orders-{stage}'))).toEqual([
      'policy.yml:4:32 Unexpected flow-map-start at node end: put names with a {placeholder} into quotes',
    ]);
    expect(problemsOf('targets:\n  bad.name: {}\nintakes:\n  q: { target: bad.name }\n')).toEqual([
      'policy.yml:2:3 bad.name is no function name: letters, digits, - and _ only, at most 64',
    ]);
  });

  test('of any text is reported, never thrown at', () => {
    const key = fc.constantFrom(
      'targets',
      'intakes',
      'defaults',
      'orders',
      'backoff',
      'maxAttempts',
      '{stage}',
      '? ',
    );
    const line = fc
      .tuple(fc.nat(4), key, fc.constantFrom(':', ': {}', ': [1', ': 9', ': *a', ': &a x', ''))
      .map(([indent, name, rest]) => `${' '.repeat(indent)}${name}${rest}`);
    const text = fc.oneof(
      fc.string(),
      fc.array(line).map((lines) => lines.join('\n')),
    );
    fc.assert(
      fc.property(text, (wild) => {
        const parsed = parsePolicy(wild, place('dev'));
        if (parsed.kind === 'problems') expect(parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
