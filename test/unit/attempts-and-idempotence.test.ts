import { describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { dlqRecord } from '../support/dlq-record.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';
const FIRST = '0a1b2c3d-0000-4000-8000-000000000001';

function policyOf(target: string, rules = ''): CompiledPolicy {
  const text = `targets: { orders: ${target} }\nintakes: { orders-dlq: { target: orders } }\n${rules}`;
  const parsed = parsePolicy(text, { stage: 'dev', region: 'eu-west-1', ownQueues: ['orders-dlq'] });
  if (parsed.kind === 'problems') throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  return parsed.policy;
}

function worldWith(target: string, rules = ''): SimulatedWorld {
  const world = new SimulatedWorld();
  world.policy = policyOf(target, rules);
  return world;
}

describe('a rule that names attempts', () => {
  const RULES = `rules:
  - { name: twice is enough, when: { attempt: [{ numeric: [">=", 2] }] }, category: poison }
`;

  test('claims an event by how often it has run, through its re-invocations', async () => {
    const world = worldWith('{ invocation: async }', RULES);
    world.send(dlqRecord({ requestId: FIRST, message: REFUSED }));
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('archived')).toEqual([]);
    const requestId = world.lambda.handedOver[0]?.requestId ?? '';
    world.send(dlqRecord({ requestId, message: REFUSED, sentAtMs: world.nowMs }));
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('archived')).toMatchObject([
      { rule: 'twice is enough', category: 'poison', origin: FIRST, reinvocations: 1 },
    ]);
  });

  test('has the ledger asked about every event, also where the group is parked', async () => {
    const world = worldWith('{ invocation: async }', RULES);
    world.send(dlqRecord({ requestId: FIRST, message: "Cannot find module 'pg'" }));
    await world.poll();
    expect(world.calls).toContain('ledger.history');
    expect(world.archive.in('parked')).toMatchObject([{ origin: FIRST, reinvocations: 0 }]);
  });
});

describe('a target that may not run twice', () => {
  test('gets nothing by machine of which it cannot be told whether it has run', async () => {
    const world = worldWith('{ invocation: async, idempotent: false }');
    world.send(dlqRecord({ requestId: FIRST, message: REFUSED }));
    await world.drain();
    expect(world.lambda.handedOver).toEqual([]);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'rule-says-so', category: 'transient' }]);
    for (let minute = 0; minute < 120; minute++) {
      world.nowMs += 60_000;
      await world.release();
    }
    expect(world.lambda.handedOver).toEqual([]);
  });

  test('gets back what has provably not begun', async () => {
    const world = worldWith('{ invocation: async, idempotent: false }');
    world.send(dlqRecord({ requestId: FIRST, code: '429', message: 'Rate exceeded' }));
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
  });

  test('gets what a rule of the policy says', async () => {
    const rule =
      'rules:\n  - { name: safe, when: { error: { message: [{ prefix: connect }] } }, do: wait }\n';
    const world = worldWith('{ invocation: async, idempotent: false }', rule);
    world.send(dlqRecord({ requestId: FIRST, message: REFUSED }));
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
  });
});
