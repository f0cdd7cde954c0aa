import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { formatProblems } from '../../src/policy/problems.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { destinationBody, dlqRecord } from '../support/dlq-record.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const HEAD = `targets:
  orders: { invocation: async }
  payouts: { invocation: async }
intakes:
  orders-dlq: { target: orders }
  payouts-dlq: { target: payouts }
`;
const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';

function parse(rules: string): ReturnType<typeof parsePolicy> {
  return parsePolicy(`${HEAD}rules:\n${rules}`, { stage: 'dev', region: null, ownQueues: null });
}

function policyWith(rules: string): CompiledPolicy {
  const parsed = parse(rules);
  if (parsed.kind === 'problems') throw new Error(formatProblems('policy.yml', parsed.problems));
  return parsed.policy;
}

function problemsOf(rules: string): string[] {
  const parsed = parse(rules);
  return parsed.kind === 'policy' ? [] : formatProblems('policy.yml', parsed.problems).split('\n');
}

async function poll(
  rules: string,
  ...records: Record<string, unknown>[]
): Promise<{ world: SimulatedWorld; told: unknown[] }> {
  const world = new SimulatedWorld();
  world.policy = policyWith(rules);
  world.send(...records);
  const processed = await world.poll();
  if (processed === 'crashed') throw new Error('nobody asked for a crash');
  const told = processed.map(({ subject, decided, outcome }) => [
    subject.kind === 'readable' ? `${subject.judgement.category} ${subject.judgement.rule}` : subject.why,
    decided?.decision.action ?? null,
    outcome.kind === 'done' ? outcome.how : outcome.why,
  ]);
  return { world, told };
}

describe('a rule', () => {
  test('goes before the built-in knowledge, and its name is recorded', async () => {
    const rules =
      '  - { name: this database never comes back, when: { error: { message: [{ prefix: connect }] } }, category: poison }\n';
    const { world, told } = await poll(rules, dlqRecord({ message: REFUSED }));
    expect(told).toEqual([['poison this database never comes back', 'archive', 'archived']]);
    expect(world.archive.in('archived')).toMatchObject([{ rule: 'this database never comes back' }]);
  });

  test('that comes first wins, and one that does not match says nothing', async () => {
    const rules = `  - { name: a, when: { target: [payouts] }, category: poison }
  - { name: b, when: { error: { code: ['200'] } }, category: defect }
  - { name: c, when: { form: [lambda-dlq] }, category: poison }
`;
    const { told } = await poll(
      rules,
      dlqRecord({ message: REFUSED }),
      dlqRecord({ message: REFUSED, code: '404', requestId: 'another-one' }),
    );
    expect(told.map((one) => Array.isArray(one) && one[0])).toEqual(['defect b', 'poison c']);
  });

  test.each([
    ['park', 'Validation failed: no total', 'parked'],
    ['archive', REFUSED, 'archived'],
    ['reinvoke', 'order is not defined', 'reinvoked'],
    ['wait', 'order is not defined', 'waiting'],
  ])('may say what is done, whatever the category is: %s', async (action, message, outcome) => {
    const { told } = await poll(
      `  - { name: r, when: { target: [orders] }, do: ${action} }\n`,
      dlqRecord({ message }),
    );
    expect(told).toMatchObject([[expect.stringContaining(' r'), action, outcome]]);
  });

  test('that leaves the release to a person makes a group of its own', async () => {
    const rules =
      '  - { name: by hand, when: { error: { message: [{ wildcard: "*total*" }] } }, do: park, release: manual }\n';
    const { world } = await poll(
      rules,
      dlqRecord({ message: 'total is not defined', requestId: 'by-hand-1' }),
      dlqRecord({ message: 'sum is not defined', requestId: 'by-rule-2' }),
    );
    expect(world.archive.in('parked').map(({ group }) => group?.split('|')[1])).toEqual([
      'manual by hand',
      'defect',
    ]);
  });

  test.each(['', ', do: park', ', category: transient'])(
    'that leaves the release to a person lets no machine bring it back, whatever else it says: %j',
    async (more) => {
      const { world, told } = await poll(
        `  - { name: by hand, when: { target: [orders] }, release: manual${more} }\n`,
        dlqRecord({ message: REFUSED }),
      );
      expect(told).toMatchObject([[expect.anything(), 'park', 'parked']]);
      expect(world.archive.in('parked')).toMatchObject([{ reason: 'rule-says-so' }]);
    },
  );

  test('that parks takes its events out of the group that goes on', async () => {
    const { world } = await poll(
      '  - { name: look first, when: { target: [orders] }, do: park }\n',
      dlqRecord({ message: REFUSED }),
    );
    expect(world.archive.in('parked').map(({ group }) => group?.split('|')[1])).toEqual([
      'parked look first',
    ]);
  });

  test('may name targets and intakes by the stage, as their own names do', async () => {
    const text = `targets:
  pay-{stage}: { invocation: async }
intakes:
  orders-dlq: { target: 'pay-{stage}' }
rules:
  - name: by stage
    when: { $or: [{ target: ['pay-{stage}'] }, { target: [{ prefix: 'pay-{stage}-' }, 'pay-{stage}'] }] }
    category: poison
`;
    const parsed = parsePolicy(text, { stage: 'prod', region: null, ownQueues: null });
    expect(parsed).toMatchObject({ kind: 'problems' }); // nothing is called pay-prod- and something
    const right = text.replace("{ prefix: 'pay-{stage}-' }, ", "{ suffix: '-{stage}' }, ");
    const world = new SimulatedWorld();
    const policy = parsePolicy(right, { stage: 'prod', region: null, ownQueues: null });
    if (policy.kind === 'problems') throw new Error(formatProblems('policy.yml', policy.problems));
    world.policy = policy.policy;
    world.send(dlqRecord({ message: REFUSED }));
    await world.poll();
    expect(world.archive.in('archived')).toMatchObject([{ rule: 'by stage', target: 'pay-prod' }]);
  });

  test('sees the payload, its source and its age', async () => {
    const rules = `  - { name: large, when: { payload: { amount: [{ numeric: ['>', 1000] }] } }, do: park }
  - { name: from a bucket, when: { source: [s3] }, category: poison }
  - { name: old, when: { ageSeconds: [{ numeric: ['>=', 3600] }] }, do: archive }
`;
    const bucket = JSON.stringify({ Records: [{ eventSource: 'aws:s3' }] });
    const old = JSON.stringify({
      Records: [{ EventSource: 'aws:sns', Sns: { Timestamp: '2020-01-01T00:00:00.000Z' } }],
    });
    const { told } = await poll(
      rules,
      dlqRecord({ message: REFUSED, body: '{"amount":5000}', requestId: 'rule-facts-1' }),
      dlqRecord({ message: REFUSED, body: bucket, requestId: 'rule-facts-2' }),
      dlqRecord({ message: REFUSED, body: old, requestId: 'rule-facts-3' }),
      dlqRecord({ message: REFUSED, body: '{"amount":5}', requestId: 'rule-facts-4' }),
    );
    expect(told.map((one) => Array.isArray(one) && one[0])).toEqual([
      'transient large',
      'poison from a bucket',
      'transient old',
      'transient connection-refused',
    ]);
  });

  test('looks into lists that nest without end, and loses nothing', async () => {
    const { body } = z
      .object({ Records: z.tuple([z.object({ body: z.string() })]) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'events', 'deeply-nested.json'), 'utf8'))).Records[0];
    const { told } = await poll(
      '  - { name: r, when: { payload: { deep: [x, { exists: false }] } }, category: poison }\n',
      dlqRecord({ message: REFUSED, body }),
    );
    expect(told).toEqual([['poison r', 'archive', 'archived']]);
  });

  test('never lets anything run that may not: undeclared targets and strangers stay what they are', async () => {
    const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:payroll';
    const rules = '  - { name: all, when: { form: [{ exists: true }] }, do: reinvoke }\n';
    const { world, told } = await poll(
      rules,
      dlqRecord({ requestId: null, messageId: 'm', body: destinationBody({ functionArn }) }),
      dlqRecord({ queue: 'somebody-elses', requestId: 'of-a-stranger' }),
      dlqRecord({ body: '{"CodePipeline.job":{}}', requestId: 'with-secrets-1' }),
    );
    expect(told.map((one) => Array.isArray(one) && one[1])).toEqual(['archive', 'archive', 'park']);
    expect(world.lambda.handedOver).toEqual([]);
  });
});

describe('wrong rules', () => {
  test.each([
    ['no list', '  name: a\n', '8:3 rules must be a list'],
    ['no name', '  - { when: { form: [lambda-dlq] }, do: park }\n', 'a rule needs a name'],
    ['no when', '  - { name: a, do: park }\n', 'a rule needs when'],
    ['nothing to say', '  - { name: a, when: { form: [lambda-dlq] } }\n', 'a rule must say something'],
    [
      'an unknown key',
      '  - { name: a, wen: {}, when: { form: [lambda-dlq] }, do: park }\n',
      'did you mean when?',
    ],
    [
      'an unknown category',
      '  - { name: a, when: { form: [lambda-dlq] }, category: transitory }\n',
      'category must be one of',
    ],
    [
      'an unknown action',
      '  - { name: a, when: { form: [lambda-dlq] }, do: drop }\n',
      'do must be one of reinvoke, wait, park, archive',
    ],
    [
      'a fact that there is not',
      '  - { name: a, when: { taget: [orders] }, do: park }\n',
      '8:31 a dead event has no taget: did you mean target?',
    ],
    [
      'a target that nobody declares',
      '  - { name: a, when: { target: [orderz] }, do: park }\n',
      '8:33 no target is ever orderz: did you mean orders?',
    ],
    [
      'attempts that are no numbers',
      '  - { name: a, when: { attempt: [second] }, do: park }\n',
      '8:34 attempt is always a number',
    ],
    [
      'a pattern that EventBridge refuses',
      '  - { name: a, when: { error: { message: [{ contains: x }] } }, do: park }\n',
      '8:55 contains is no operator',
    ],
    [
      'a release by a person of what the machine brings back',
      '  - { name: a, when: { target: [orders] }, do: wait, release: manual }\n',
      '8:44 do: wait brings events back by machine',
    ],
    [
      'the name of a rule of which nobody is told',
      '  - { name: s3-test-event, when: { target: [orders] }, do: park }\n',
      '8:5 s3-test-event is the name of a built-in rule',
    ],
    [
      'a number where a text is',
      '  - { name: a, when: { error: { code: [404] } }, do: park }\n',
      '8:40 error.code is always a text: put the value into quotes',
    ],
    [
      'a text where a number is',
      "  - { name: a, when: { ageSeconds: ['3600'] }, do: park }\n",
      '8:37 ageSeconds is always a number',
    ],
    [
      'a part of an error that there is not, within $or',
      '  - { name: a, when: { error: { $or: [{ tpye: [X] }, { code: [x] }] } }, do: park }\n',
      'an error has no tpye: did you mean type?',
    ],
    [
      'a beginning that no target has',
      '  - { name: a, when: { target: [{ prefix: billing- }] }, do: park }\n',
      '8:33 no target is ever {"prefix":"billing-"}: they are orders, payouts',
    ],
    [
      'an object where a text is',
      '  - { name: a, when: { form: { x: [y] } }, do: park }\n',
      '8:30 form is a text: give a list of values',
    ],
    [
      'values where an object is',
      '  - { name: a, when: { payload: [y] }, do: park }\n',
      '8:33 payload has members',
    ],
    [
      'a star that YAML takes for an alias',
      '  - { name: a, when: { error: { message: [{ wildcard: *timeout }] } }, do: park }\n',
      '8:55 * at the beginning is an alias in YAML',
    ],
    [
      'one behind a rule that takes all',
      '  - { name: a, when: { form: [{ exists: true }] }, do: park }\n  - { name: b, when: { form: [pipe] }, do: archive }\n',
      '9:5 the rule b can never be reached: a before it',
    ],
    [
      'two of one name',
      '  - { name: a, when: { target: [orders] }, do: park }\n  - { name: a, when: { target: [payouts] }, do: park }\n',
      '9:5 the rule a stands twice',
    ],
    [
      'one that is never reached',
      '  - { name: a, when: { target: [orders, payouts] }, do: park }\n  - { name: b, when: { target: [orders], form: [lambda-dlq] }, do: archive }\n',
      '9:5 the rule b can never be reached: a before it',
    ],
  ])('are refused for %s, with the place', (_, rules, expected) => {
    expect(problemsOf(rules).join('\n')).toContain(expected);
  });

  test('that are reached after all are not refused', () => {
    expect(
      problemsOf(`  - { name: a, when: { target: [orders], form: [lambda-dlq] }, do: park }
  - { name: b, when: { target: [orders] }, do: park }
  - { name: c, when: { $or: [{ form: [pipe] }, { form: [iot-rule] }] }, category: defect }
  - { name: d, when: { form: [pipe, foreign] }, category: defect }
`),
    ).toEqual([]);
  });

  test('are compiled to plain JSON, which the bundle carries', () => {
    const policy = policyWith(
      "  - { name: a, when: { payload: { ip: [{ cidr: '2001:db8::/32' }] } }, do: park }\n",
    );
    expect(JSON.parse(JSON.stringify(policy))).toEqual(policy);
  });
});
