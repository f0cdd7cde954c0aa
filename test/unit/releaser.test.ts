import { describe, expect, test } from '@jest/globals';
import type { CallResult } from '../../src/recovery/ports.ts';
import { compilePattern } from '../../src/recovery/pattern/compile.ts';
import { dlqRecord } from '../support/dlq-record.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';
import { queuePolicy, testFunction, testPolicy } from '../support/test-policy.ts';

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';
const NO_MODULE = "Cannot find module 'pg'";
const MINUTE_MS = 60_000;

/** A world with a synchronous target, as `auto` mostly is. */
function syncWorld(): SimulatedWorld {
  const world = new SimulatedWorld();
  world.policy = { ...testPolicy, targets: [testFunction('orders', { invocation: 'auto' })] };
  return world;
}

function asyncWorld(): SimulatedWorld {
  return new SimulatedWorld();
}

let deaths = 0;

function death(
  message: string,
  body = `{"n":${deaths}}`,
  sentAtMs = 1_790_000_000_000,
): Record<string, unknown> {
  const requestId = `0a1b2c3d-0000-4000-8000-${String(++deaths).padStart(12, '0')}`;
  return dlqRecord({ requestId, message, body, sentAtMs });
}

async function die(world: SimulatedWorld, message: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 100) {
    const many = Array.from({ length: Math.min(100, count - n) }, () =>
      death(message, undefined, world.nowMs),
    );
    world.send(...many);
    await world.drain();
  }
}

function dies(errorMessage: string, errorType = 'Error') {
  return (_: string, requestId: string): CallResult => ({
    kind: 'died',
    requestId,
    error: { code: null, type: errorType, message: errorMessage },
  });
}

function succeeds(_: string, requestId: string): CallResult {
  return { kind: 'succeeded', requestId, answer: 'null' };
}

/** Runs of the releaser, one a minute. */
async function minutes(world: SimulatedWorld, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const next = world.nowMs + MINUTE_MS;
    await world.release();
    world.nowMs = Math.max(world.nowMs, next);
  }
}

function deploy(world: SimulatedWorld, code: number, more: Record<string, unknown> = {}): void {
  world.lambda.looks.set('orders', {
    kind: 'seen',
    traits: { code, ...more },
    changedAtMs: world.nowMs,
    held: null,
  });
}

function states(world: SimulatedWorld): string[] {
  return [...world.ledger.circuits.rows.values()].map(({ circuit }) => circuit.state);
}

function broughtBack(world: SimulatedWorld): string[] {
  return world.lambda.handedOver.map(({ payload }) => payload);
}

describe('a group that only time opens', () => {
  test('costs its target one call per probe while it is down, and comes back in order when it is up', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 500);
    world.lambda.run = dies(REFUSED);
    await minutes(world, 30);
    expect(world.lambda.handedOver.length).toBeGreaterThan(3);
    expect(world.lambda.handedOver.length).toBeLessThanOrEqual(10);
    const before = world.lambda.handedOver.length;
    world.lambda.run = succeeds;
    await minutes(world, 10);
    expect(states(world)).toEqual([]);
    const back = broughtBack(world).slice(before);
    expect(new Set(back).size).toBe(500);
    expect(back).toHaveLength(500);
  });

  test('starts with one a second and doubles up to the rate of the policy', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 200);
    const at: number[] = [];
    world.lambda.run = (payload, id) => {
      at.push(world.nowMs);
      return succeeds(payload, id);
    };
    await minutes(world, 6);
    const start = at[1] ?? 0; // the first is the canary
    const perSecond = Map.groupBy(at.slice(1), (ms) => Math.floor((ms - start) / 1000));
    const counts = [...perSecond.values()].map((calls) => calls.length);
    expect(counts.slice(0, 5)).toEqual([1, 2, 4, 8, 10]);
    expect(Math.max(...counts)).toBe(10);
  });

  test('tries another event at each probe, so that a bad one does not hold the good ones for ever', async () => {
    const world = syncWorld();
    world.send(death(REFUSED, '{"bad":true}'));
    await die(world, REFUSED, 20);
    world.lambda.run = (payload, id) =>
      payload.includes('bad') ? dies(REFUSED)(payload, id) : succeeds(payload, id);
    await minutes(world, 30);
    const good = new Set(broughtBack(world).filter((payload) => !payload.includes('bad')));
    expect(good.size).toBe(20);
    // What dies each time has its attempts, and is then for a person.
    expect(broughtBack(world).filter((payload) => payload.includes('bad')).length).toBeLessThanOrEqual(4);
    expect(world.ledger.circuits.closed).toEqual([expect.stringContaining('|manual attempts-spent|')]);
  });
});

describe('a group that a change of its target opens', () => {
  test('is left alone while nothing changes, however long', async () => {
    const world = syncWorld();
    await die(world, NO_MODULE, 20);
    await minutes(world, 60);
    expect(world.lambda.handedOver).toEqual([]);
  });

  test('comes back when the code is deployed, a canary first', async () => {
    const world = syncWorld();
    await die(world, NO_MODULE, 50);
    await minutes(world, 3);
    deploy(world, 2);
    await minutes(world, 2);
    expect(new Set(broughtBack(world)).size).toBe(50);
    expect(world.lambda.handedOver).toHaveLength(50);
    expect(world.steps.map(({ on }) => on)).toEqual(['target-changed', 'canary-succeeded', 'emptied']);
    expect(states(world)).toEqual([]);
  });

  test('comes back although its fix was deployed before it was parked', async () => {
    const world = syncWorld();
    world.send(...Array.from({ length: 20 }, () => death(NO_MODULE, undefined, world.nowMs)));
    world.nowMs += MINUTE_MS;
    deploy(world, 2); // the consumer lags behind
    await world.drain();
    expect(world.wakes).toBe(1);
    await minutes(world, 1);
    expect(new Set(broughtBack(world)).size).toBe(20);
  });

  test('closes again after three canaries when the fix is wrong, and waits for the next', async () => {
    const world = syncWorld();
    await die(world, NO_MODULE, 50);
    await minutes(world, 2);
    world.lambda.run = dies(NO_MODULE);
    deploy(world, 2);
    await minutes(world, 30);
    expect(world.lambda.handedOver).toHaveLength(3);
    expect(states(world)).toEqual(['parked']);
    world.lambda.run = succeeds;
    deploy(world, 3);
    await minutes(world, 2);
    expect(new Set(broughtBack(world)).size).toBe(50);
  });

  test('opens by one canary of three that succeeds', async () => {
    const world = syncWorld();
    world.send(death(NO_MODULE, '{"bad":true}'));
    await die(world, NO_MODULE, 10);
    await minutes(world, 1);
    world.lambda.run = (payload, id) =>
      payload.includes('bad') ? dies(NO_MODULE)(payload, id) : succeeds(payload, id);
    deploy(world, 2);
    await minutes(world, 2);
    expect(new Set(broughtBack(world).filter((payload) => !payload.includes('bad'))).size).toBe(10);
    expect(states(world)).toEqual(['parked']); // the bad one stays
  });

  test('waits until the update is through', async () => {
    const world = syncWorld();
    await die(world, NO_MODULE, 10);
    await minutes(world, 1);
    world.lambda.looks.set('orders', {
      kind: 'seen',
      traits: { code: 2 },
      changedAtMs: world.nowMs,
      held: 'updating',
    });
    await minutes(world, 3);
    expect(world.lambda.handedOver).toEqual([]);
    deploy(world, 2);
    await minutes(world, 1);
    expect(world.lambda.handedOver).toHaveLength(10);
  });

  test('is held while somebody has stopped the target, at no cost, and comes back when that is lifted', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 10);
    const stopped = { kind: 'seen', traits: { reserved: 0 }, changedAtMs: 0, held: 'stopped' } as const;
    world.lambda.looks.set('orders', stopped);
    await minutes(world, 20);
    expect(world.lambda.handedOver).toEqual([]);
    world.lambda.looks.set('orders', { ...stopped, traits: { reserved: null }, held: null });
    await minutes(world, 1);
    expect(world.lambda.handedOver).toHaveLength(10);
  });
});

describe('a release', () => {
  test('closes the group again when more of it dies than the policy allows, and says so', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 200);
    let calls = 0;
    world.lambda.run = (payload, id) => (++calls > 20 ? dies(REFUSED)(payload, id) : succeeds(payload, id));
    await minutes(world, 3);
    expect(states(world)).toEqual(['parked']);
    expect(calls).toBeLessThan(45);
    expect(world.steps.map(({ on }) => on)).toContain('share-exceeded');
    const { alerts } = await world.ledger.outbox.pending();
    expect(alerts.map(({ cause }) => cause.rule)).toContain('release-stopped');
  });

  test('keeps its rate when what it begins within a second takes a little longer', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 300);
    const at: number[] = [];
    world.lambda.run = async (payload, id) => {
      at.push(world.nowMs);
      await world.clock.sleep(1050);
      return succeeds(payload, id);
    };
    await minutes(world, 3);
    expect(at).toHaveLength(300);
    const [, first = 0] = at; // after the canary
    expect((at.at(-1) ?? 0) - first).toBeLessThan(36_000);
  });

  test.each(['succeeded', 'accepted'] as const)(
    'does not bring back again what has %s, though that could not be written down',
    async (how) => {
      const world = how === 'succeeded' ? syncWorld() : asyncWorld();
      await die(world, REFUSED, 20);
      const write = world.ledger[how].bind(world.ledger);
      let writes = 0;
      world.ledger[how] = (...given) =>
        ++writes % 3 === 0 ? Promise.reject(new Error('throttled')) : write(...given);
      await minutes(world, 30);
      expect(writes).toBe(20);
      expect(world.lambda.handedOver).toHaveLength(20);
      expect(new Set(broughtBack(world)).size).toBe(20);
      expect(states(world)).toEqual([]);
    },
  );

  test('goes on where it was when its run is over, with the rate that it had', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 300);
    await minutes(world, 1);
    world.nowMs += MINUTE_MS;
    await world.release(undefined, 20_000);
    expect(states(world)).toEqual(['releasing']);
    const before = world.lambda.handedOver.length;
    expect(before).toBeLessThan(250);
    const startedMs = world.nowMs;
    await world.release();
    expect(new Set(broughtBack(world)).size).toBe(300);
    expect(world.lambda.handedOver).toHaveLength(300);
    expect(world.nowMs - startedMs).toBeLessThan(((300 - before) / 10 + 3) * 1000);
  });

  test('leaves the group of another cause alone, and takes over what dies of it', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 30);
    world.lambda.run = (payload, id) =>
      payload === broughtBack(world)[5] ? dies(NO_MODULE)(payload, id) : succeeds(payload, id);
    await minutes(world, 5);
    expect(world.ledger.circuits.closed).toEqual([expect.stringMatching(/^orders\|defect\|/)]);
    expect(world.archive.in('parked').at(-1)).toMatchObject({
      category: 'defect',
      reason: 'reinvocation-died',
      reinvocations: 1,
    });
  });

  test('archives what turns out to be at fault itself', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 5);
    world.lambda.run = (payload, id) =>
      payload === broughtBack(world)[2]
        ? dies('[{"code":"invalid_type","path":["id"],"message":"Required"}]', 'ZodError')(payload, id)
        : succeeds(payload, id);
    await minutes(world, 5);
    expect(states(world)).toEqual([]);
    expect(world.archive.in('archived')).toMatchObject([{ category: 'poison' }]);
  });

  test('goes slower when the target takes less than it is offered, and costs nobody an attempt', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 60);
    let calls = 0;
    world.lambda.run = (payload, id) =>
      ++calls % 3 === 0 ? { kind: 'refused', error: 'TooManyRequestsException' } : succeeds(payload, id);
    await minutes(world, 40);
    expect(states(world)).toEqual([]);
    expect(world.ledger.intents.every(({ reinvocation }) => reinvocation === 1)).toBe(true);
  });

  test('never brings an event back twice that the archive has twice', async () => {
    const world = syncWorld();
    const [one] = [death(REFUSED)];
    await die(world, REFUSED, 10);
    world.send(one);
    await world.drain();
    world.send({ ...one, messageId: 'delivered-twice' });
    await world.drain();
    await minutes(world, 5);
    expect(broughtBack(world)).toHaveLength(11);
    expect(states(world)).toEqual([]);
  });

  test('of what a rule of the policy leaves to people waits for a person, and then goes like any other', async () => {
    const world = syncWorld();
    const when = compilePattern({ target: ['orders'] });
    if (when.kind === 'problems') throw new Error('the pattern is wrong');
    const rule = {
      name: 'by hand',
      when: when.pattern,
      category: null,
      action: 'park',
      isManual: true,
    } as const;
    world.policy = { ...world.policy, rules: [rule] };
    await die(world, REFUSED, 10);
    await minutes(world, 30);
    expect(world.lambda.handedOver).toEqual([]);
    for (const row of world.ledger.circuits.rows.values()) row.circuit = { ...row.circuit, asked: true };
    await minutes(world, 1);
    expect(world.lambda.handedOver).toHaveLength(10);
    expect(states(world)).toEqual([]);
  });

  test('respects the stop button', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 10);
    world.ledger.pauses.add('orders');
    await minutes(world, 10);
    expect(world.lambda.handedOver).toEqual([]);
    world.ledger.pauses.clear();
    await minutes(world, 2);
    expect(world.lambda.handedOver).toHaveLength(10);
  });

  test('ends within seconds when the stop button is pressed, and goes on when it is let go', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 500);
    let pressedAtMs = Infinity;
    let lastMs = 0;
    world.lambda.run = (payload, requestId) => {
      lastMs = world.nowMs;
      if (world.lambda.handedOver.length === 60) {
        world.ledger.pauses.add('orders');
        pressedAtMs = world.nowMs;
      }
      return succeeds(payload, requestId);
    };
    await minutes(world, 5);
    expect(lastMs - pressedAtMs).toBeLessThanOrEqual(5_000);
    expect(states(world)).toEqual(['releasing']);
    world.ledger.pauses.clear();
    await minutes(world, 2);
    expect(broughtBack(world)).toHaveLength(500);
    expect(states(world)).toEqual([]);
  });
});

describe('what waits for a synchronous target', () => {
  test('is handed over when it is due, though its group is open', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 2);
    expect(states(world)).toEqual(['flowing']);
    await minutes(world, 3);
    expect(world.lambda.handedOver).toHaveLength(2);
    expect(states(world)).toEqual([]);
  });

  test('closes its group when it dies of the same cause', async () => {
    const world = syncWorld();
    await die(world, REFUSED, 2);
    world.lambda.run = dies(REFUSED);
    await minutes(world, 1);
    world.nowMs += 1; // the due time
    await minutes(world, 1);
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(states(world)).toEqual(['parked']);
  });
});

describe('an asynchronous target', () => {
  test('is given a canary and watched for its death before the rest follows', async () => {
    const world = asyncWorld();
    await die(world, NO_MODULE, 20);
    await minutes(world, 1);
    deploy(world, 2);
    await minutes(world, 1);
    expect(world.lambda.handedOver).toHaveLength(3);
    expect(states(world)).toEqual(['probing']);
    await minutes(world, 2);
    expect(world.lambda.handedOver).toHaveLength(3);
    await minutes(world, 10);
    expect(world.lambda.handedOver).toHaveLength(20);
    expect(states(world)).toEqual([]);
  });

  test('has its group closed again when the canaries come back dead', async () => {
    const world = asyncWorld();
    await die(world, NO_MODULE, 20);
    await minutes(world, 1);
    deploy(world, 2);
    await minutes(world, 1);
    for (const { requestId, payload } of world.lambda.handedOver) {
      world.send(dlqRecord({ requestId, message: NO_MODULE, body: payload, sentAtMs: world.nowMs }));
    }
    await world.drain();
    await minutes(world, 10);
    expect(world.lambda.handedOver).toHaveLength(3);
    expect(states(world)).toEqual(['parked']);
    expect(world.archive.in('parked').slice(-3)).toMatchObject([
      { reinvocations: 1, reason: 'needs-a-fix' },
      { reinvocations: 1 },
      { reinvocations: 1 },
    ]);
  });

  test('holds each rate for as long as a death takes to come back', async () => {
    const world = asyncWorld();
    await die(world, NO_MODULE, 1000);
    await minutes(world, 1);
    deploy(world, 2);
    await minutes(world, 4);
    const at: number[] = [];
    world.lambda.answer = (requestId) => {
      at.push(world.nowMs);
      return { kind: 'accepted', requestId };
    };
    await minutes(world, 5);
    const start = at[0] ?? 0;
    // Two runs of three seconds each, two waits of Lambda's, and a minute to come back.
    const stepMs = (3 * 3 + 60 + 120 + 60) * 1000;
    const within = (from: number, to: number) =>
      at.filter((ms) => ms - start >= from * stepMs && ms - start < to * stepMs).length;
    expect(within(0, 1)).toBe(stepMs / 1000);
    expect(within(1, 2)).toBe((2 * stepMs) / 1000);
  });
});

describe('a queue as the target', () => {
  function moved(n: number, receives = 1): Record<string, unknown> {
    const record = dlqRecord({
      requestId: null,
      messageId: `m-${n}`,
      body: `{"n":${n}}`,
      queue: 'queue-dlq',
    });
    return {
      ...record,
      attributes: {
        ...Object(record['attributes']),
        ApproximateReceiveCount: String(receives),
        DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-west-1:000000000000:orders-queue',
      },
    };
  }

  test('gets its messages back by themselves, each once more, after they have come back once', async () => {
    const world = new SimulatedWorld();
    world.policy = queuePolicy;
    world.send(...Array.from({ length: 30 }, (_, n) => moved(n)));
    await world.drain();
    const first = world.giver.given.length;
    expect(first).toBe(5); // what an open group gets; the sixth closes it
    // What was given back comes back: its consumer still fails.
    const back = world.giver.given.map(({ messageId, message }) => ({
      ...moved(100),
      messageId,
      body: message.body,
    }));
    world.send(...back);
    await world.drain();
    await minutes(world, 4);
    expect(world.giver.given).toHaveLength(first);
    await minutes(world, 20);
    expect(states(world)).toEqual([]);
    const bodies = world.giver.given.map(({ message }) => message.body);
    expect(new Set(bodies).size).toBe(30);
    expect(bodies).toHaveLength(30 + first);
  });
});
