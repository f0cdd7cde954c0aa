import { describe, expect, test } from '@jest/globals';
import { dlqRecord } from '../support/dlq-record.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';
import { testFunction, testPolicy } from '../support/test-policy.ts';

/**
 * The releaser is stopped before and after every call that it makes. Nothing may be lost, and the only event that may run twice is
 * one whose call had been made and not been written down.
 */

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';
const EVENTS = 7;
const MINUTE_MS = 60_000;
const ONE_AT_A_TIME = { ratePerSecond: 10, concurrency: 1, stopAtShare: 0.2, observeSeconds: null };

/** Calls between which an event has run and nobody knows. */
const UNKNOWN_BETWEEN = new Set([
  'caller.call/after',
  'ledger.succeeded/before',
  'reinvoker.reinvoke/after',
  'ledger.accepted/before',
]);

async function parkedWorld(invocation: 'sync' | 'async'): Promise<SimulatedWorld> {
  const world = new SimulatedWorld();
  world.policy = { ...testPolicy, targets: [testFunction('orders', { invocation, release: ONE_AT_A_TIME })] };
  const deaths = Array.from({ length: EVENTS }, (_, n) =>
    dlqRecord({
      requestId: `0a1b2c3d-0000-4000-8000-00000000000${n}`,
      message: REFUSED,
      body: `{"n":${n}}`,
      sentAtMs: world.nowMs,
    }),
  );
  world.send(...deaths);
  await world.drain();
  world.nowMs += 2 * MINUTE_MS;
  return world;
}

async function releaseUntilDone(world: SimulatedWorld): Promise<void> {
  for (let n = 0; world.ledger.circuits.rows.size > 0; n++) {
    if (n > 60) throw new Error(`groups stay: ${world.failures.join(', ')}`);
    world.nowMs += MINUTE_MS;
    await world.release();
  }
}

/** The calls of an undisturbed run, or of two, in their order. */
async function callsOf(invocation: 'sync' | 'async'): Promise<readonly string[]> {
  const world = await parkedWorld(invocation);
  await world.release();
  return [...world.calls];
}

describe.each(['sync', 'async'] as const)('a releaser of a target that is called %s', (invocation) => {
  test.each(['before', 'after'] as const)('that crashes %s any of its calls loses nothing', async (side) => {
    const calls = await callsOf(invocation);
    expect(calls.length).toBeGreaterThan(5);
    const twice: string[] = [];
    for (let call = 1; call <= calls.length; call++) {
      const world = await parkedWorld(invocation);
      expect(await world.release({ call, side })).toBe('crashed');
      const where = `${world.calls.at(-1)}/${side}`;
      await releaseUntilDone(world);
      const payloads = world.lambda.handedOver.map(({ payload }) => payload);
      expect(new Set(payloads).size).toBe(EVENTS);
      if (payloads.length > EVENTS) twice.push(where);
      expect(payloads.length).toBeLessThanOrEqual(EVENTS + 1);
    }
    expect(twice.filter((where) => !UNKNOWN_BETWEEN.has(where))).toEqual([]);
  });
});

test('two releasers at the same time bring each event back once', async () => {
  const world = await parkedWorld('sync');
  await Promise.all([world.release(), world.release(), world.release()]);
  await releaseUntilDone(world);
  const payloads = world.lambda.handedOver.map(({ payload }) => payload);
  expect(payloads).toHaveLength(EVENTS);
  expect(new Set(payloads).size).toBe(EVENTS);
});

describe('a consumer that is paused between its reading of a parked group and its writing', () => {
  test.each(['betweenMarkAndLook', 'betweenLookAndRemoval'] as const)(
    'has its events released all the same, when it goes on in the middle of the removal: %s',
    async (moment) => {
      const world = await parkedWorld('sync');
      const { circuits } = world.ledger;
      const group = [...circuits.rows.values()][0]?.circuit.group;
      const at = (await circuits.pointers(group?.key ?? '', { after: null, limit: 1 }))[0]?.events[0];
      if (group === undefined || at === undefined) throw new Error('nothing is parked');
      const entry = { ...(await world.archive.read(at)), deathId: '0a1b2c3d-0000-4000-8000-0000000000ff' };
      let isPaused = true;
      circuits[moment] = async () => {
        if (!isPaused) return;
        isPaused = false;
        const [late] = await world.archive.store('parked', [entry]);
        const parked = { parkedAtMs: world.nowMs - 1, dueAtMs: null, newestDeathMs: world.nowMs };
        await world.ledger.point({ group: group.key, events: late === undefined ? [] : [late], ...parked });
        await world.ledger.register([{ group, dueAtMs: null }], world.nowMs);
      };
      await releaseUntilDone(world);
      expect(isPaused).toBe(false);
      expect(world.lambda.handedOver).toHaveLength(EVENTS + 1);
      expect(circuits.parkedIn(group.key)).toEqual([]);
    },
  );
});
