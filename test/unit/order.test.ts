import { describe, expect, test } from '@jest/globals';
import type { CallResult } from '../../src/recovery/ports.ts';
import type { FunctionTarget } from '../../src/recovery/policy.ts';
import { dlqRecord, QUEUE_PREFIX } from '../support/dlq-record.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';
import { queuePolicy, testFunction, testPolicy } from '../support/test-policy.ts';

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';
const NO_MODULE = "Cannot find module 'pg'";
const MINUTE_MS = 60_000;

function inOrderOfCustomers(more: Partial<FunctionTarget> = {}): SimulatedWorld {
  const world = new SimulatedWorld();
  const target = testFunction('orders', { invocation: 'sync', orderBy: ['customer', 'id'], ...more });
  world.policy = { ...testPolicy, targets: [target] };
  return world;
}

function order(n: number, customer: string | null, message = REFUSED): Record<string, unknown> {
  const body = JSON.stringify(customer === null ? { n } : { n, customer: { id: customer } });
  const requestId = `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, '0')}`;
  return dlqRecord({ requestId, message, body, sentAtMs: 1_790_000_000_000 });
}

async function arrive(world: SimulatedWorld, ...records: Record<string, unknown>[]): Promise<void> {
  for (const record of records) {
    world.send(record);
    await world.drain();
    world.nowMs += 1000;
  }
}

async function minutes(world: SimulatedWorld, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const next = world.nowMs + MINUTE_MS;
    await world.release();
    world.nowMs = Math.max(world.nowMs, next);
  }
}

function run(world: SimulatedWorld): number[] {
  return world.lambda.handedOver.map(({ payload }) => Number(/"n":(\d+)/.exec(payload)?.[1]));
}

function deploy(world: SimulatedWorld): void {
  world.lambda.looks.set('orders', {
    kind: 'seen',
    traits: { code: world.nowMs },
    changedAtMs: world.nowMs,
    held: null,
  });
}

describe('events whose policy names an ordering key', () => {
  test('are not overtaken by later ones of the same key, whatever those died of', async () => {
    const world = inOrderOfCustomers();
    await arrive(world, order(1, 'ann', NO_MODULE));
    await arrive(world, order(2, 'ann'), order(3, 'bob'), order(4, 'ann'), order(5, null));
    const behind = world.archive.in('parked').filter(({ reason }) => reason === 'behind-a-parked-one');
    expect(behind).toHaveLength(2);
    await minutes(world, 3);
    expect(run(world).toSorted((a, b) => a - b)).toEqual([3, 5]); // they stand behind nobody
    deploy(world);
    await minutes(world, 3);
    expect(run(world).slice(2)).toEqual([1, 2, 4]);
  });

  test('go on as they come when the last that was held back is through', async () => {
    const world = inOrderOfCustomers();
    await arrive(world, order(1, 'ann', NO_MODULE), order(2, 'ann'));
    await minutes(world, 1);
    deploy(world);
    await minutes(world, 2);
    expect(run(world)).toEqual([1, 2]);
    expect(world.ledger.held.size).toBe(0);
    await arrive(world, order(3, 'ann', NO_MODULE));
    expect(world.archive.in('parked').at(-1)).toMatchObject({ reason: 'needs-a-fix' });
  });

  test('wait behind one that dies again in a release, while others pass', async () => {
    const world = inOrderOfCustomers();
    await arrive(world, order(1, 'eve', NO_MODULE), order(2, 'ann', NO_MODULE));
    await arrive(world, order(3, 'ann', NO_MODULE), order(4, 'bob', NO_MODULE));
    await minutes(world, 1);
    world.lambda.run = (payload, requestId): CallResult =>
      payload.includes('"n":2,')
        ? { kind: 'died', requestId, error: { code: null, type: 'Error', message: NO_MODULE } }
        : { kind: 'succeeded', requestId, answer: 'null' };
    deploy(world);
    await minutes(world, 2);
    expect(run(world)).toEqual([1, 2, 4]);
    expect(world.ledger.circuits.closed).toHaveLength(1);
  });

  test('stay in their group when they die of another cause, or those behind would overtake them', async () => {
    const world = inOrderOfCustomers();
    await arrive(world, order(1, 'eve', NO_MODULE), order(2, 'ann', NO_MODULE), order(3, 'ann', NO_MODULE));
    await minutes(world, 1);
    world.lambda.run = (payload, requestId): CallResult =>
      payload.includes('"n":2,')
        ? { kind: 'died', requestId, error: { code: null, type: 'Error', message: REFUSED } }
        : { kind: 'succeeded', requestId, answer: 'null' };
    deploy(world);
    await minutes(world, 2);
    expect(run(world)).toEqual([1, 2]);
  });

  test('are not held by events of other keys, and without a key by none', async () => {
    const world = inOrderOfCustomers();
    await arrive(world, order(1, 'ann', NO_MODULE), order(2, null), order(3, 'bob'));
    expect(world.archive.in('parked').map(({ reason }) => reason)).not.toContain('behind-a-parked-one');
  });

  test('do not wait in a queue, where what comes after them would pass', async () => {
    const world = inOrderOfCustomers({ invocation: 'async' });
    await arrive(world, order(1, 'ann'), order(2, 'ann'));
    expect(world.archive.in('parked').map(({ reason }) => reason)).toEqual([
      'no-queue-to-wait-in',
      'behind-a-parked-one',
    ]);
    await minutes(world, 20);
    expect(run(world)).toEqual([1, 2]);
  });

  test('keep their order within a batch', async () => {
    const world = inOrderOfCustomers();
    world.send(order(1, 'ann'), order(2, 'ann', NO_MODULE), order(3, 'ann'));
    await world.drain();
    const groups = new Set(world.archive.in('parked').map(({ group }) => group));
    expect(groups.size).toBe(1);
    await minutes(world, 5);
    expect(run(world)).toEqual([1, 2, 3]);
  });
});

describe('messages of a FIFO queue', () => {
  function message(n: number, group: string): Record<string, unknown> {
    const record = dlqRecord({
      requestId: null,
      messageId: `m-${n}`,
      body: `{"n":${n}}`,
      queue: 'orders-dlq.fifo',
    });
    return {
      ...record,
      attributes: {
        ...Object(record['attributes']),
        DeadLetterQueueSourceArn: `${QUEUE_PREFIX}orders.fifo`,
        MessageGroupId: group,
      },
    };
  }

  test('are not overtaken by later batches of their group while one is parked', async () => {
    const world = new SimulatedWorld();
    world.policy = queuePolicy;
    world.ledger.pauses.add('in-order');
    await arrive(world, message(1, 'a'));
    world.ledger.pauses.clear();
    await arrive(world, message(2, 'a'), message(3, 'b'), message(4, 'a'));
    const given = (): number[] =>
      world.giver.given.map(({ message: { body } }) => Number(/"n":(\d+)/.exec(body)?.[1]));
    expect(given()).toEqual([3]);
    await minutes(world, 10);
    expect(given()).toEqual([3, 1, 2, 4]);
    expect(world.ledger.held.size).toBe(0);
  });
});
