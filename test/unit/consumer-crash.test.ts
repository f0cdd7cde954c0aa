import { describe, expect, test } from '@jest/globals';
import { destinationBody, dlqRecord } from '../support/dlq-record.ts';
import { KNOWN_TARGET, SimulatedWorld, type CrashPoint } from '../support/simulated-world.ts';

/** One event of each way through the consumer; the body says which. */
const BATCH = [
  dlqRecord({ body: '{"is":"transient"}', requestId: 'crash-00000001', message: 'read ECONNRESET' }),
  dlqRecord({
    body: '{"is":"exhausted"}',
    requestId: 'crash-00000002',
    message: 'RequestId: crash-00000002 Error: Task timed out after 3.00 seconds',
  }),
  dlqRecord({ body: '{"is":"defect"}', requestId: 'crash-00000003', message: 'order is not defined' }),
  dlqRecord({ body: '{"is":"poison"}', requestId: 'crash-00000004', message: 'Validation failed: no total' }),
  dlqRecord({ body: 'unreadable', requestId: 'crash-00000005' }),
];
const BODIES = BATCH.map((record) => String(record['body']));

/** The first poll leaves one event waiting; the second brings it back. A crash can happen in either. */
async function crashIn(poll: 1 | 2, point: CrashPoint): Promise<SimulatedWorld> {
  const world = new SimulatedWorld();
  world.send(...BATCH);
  if (poll === 2) {
    await world.poll();
    world.nowMs += 60_000;
  }
  const result = await world.poll(point);
  expect(result).toBe('crashed');
  await world.drain();
  return world;
}

async function callsOf(poll: 1 | 2): Promise<readonly string[]> {
  const world = new SimulatedWorld();
  world.send(...BATCH);
  await world.poll();
  if (poll === 2) {
    world.nowMs += 60_000;
    await world.poll();
  }
  return world.calls;
}

function ownersOf(world: SimulatedWorld): string[] {
  return [
    ...world.lambda.handedOver.map((item) => item.payload),
    ...world.archive.in('parked').map(bodyOf),
    ...world.archive.in('archived').map(bodyOf),
  ];
}

function bodyOf(entry: { record: unknown }): string {
  const { record } = entry;
  return typeof record === 'object' && record !== null && 'body' in record ? String(record.body) : '';
}

describe.each([1, 2] as const)('a consumer that crashes in poll %i', (poll) => {
  test.each(['before', 'after'] as const)(
    'loses nothing, wherever it crashes, %s the effect of the call',
    async (side) => {
      const calls = await callsOf(poll);
      expect(calls.length).toBeGreaterThan(5);
      for (let call = 1; call <= calls.length; call++) {
        const world = await crashIn(poll, { call, side });
        expect({
          call: calls[call - 1],
          lost: BODIES.filter((body) => !ownersOf(world).includes(body)),
        }).toEqual({ call: calls[call - 1], lost: [] });
        expect(world.archive.in('accepted').length).toBeGreaterThanOrEqual(2);
      }
    },
  );

  test('invokes a target twice for one death only when it crashes between the call and the storing of its id', async () => {
    const calls = await callsOf(poll);
    const repeating = new Set<string>();
    for (const side of ['before', 'after'] as const) {
      for (let call = 1; call <= calls.length; call++) {
        const world = await crashIn(poll, { call, side });
        const payloads = world.lambda.handedOver.map((item) => item.payload);
        expect(payloads.length).toBeLessThanOrEqual(new Set(payloads).size + 1);
        if (payloads.length > new Set(payloads).size) repeating.add(`${side} ${calls[call - 1]}`);
      }
    }
    expect([...repeating].toSorted()).toEqual(['after reinvoker.reinvoke', 'before ledger.accepted']);
  });
});

describe('a consumer that crashes while a death is reported by letter and by record', () => {
  const BODY = '{ "n": 42.50 }';
  const START_MS = 1_790_000_000_000;

  function reports(letterFirst: boolean): Record<string, unknown>[] {
    const requestId = 'crash-00000009';
    const letter = dlqRecord({
      requestId,
      messageId: 'm-letter',
      body: BODY,
      message: 'no',
      sentAtMs: START_MS,
    });
    const body = destinationBody({
      requestId,
      payload: '{"n":42.5}',
      errorType: 'Sandbox.Timedout',
      message: 'no',
      diedAtMs: START_MS,
    });
    const record = dlqRecord({ requestId: null, messageId: 'm-record', body, sentAtMs: START_MS });
    return letterFirst ? [letter, record] : [record, letter];
  }

  /** The second report arrives a second after the first; a crash can happen in either poll. */
  async function play(letterFirst: boolean, poll: 1 | 2, crash?: CrashPoint): Promise<SimulatedWorld> {
    const world = new SimulatedWorld();
    world.lambda.functions.set('orders', { ...KNOWN_TARGET, onFailureArn: KNOWN_TARGET.deadLetterArn });
    const [first = {}, second = {}] = reports(letterFirst);
    world.send(first);
    await world.poll(poll === 1 ? crash : undefined);
    if (poll === 1 && crash === undefined) return world;
    world.nowMs += 1_000;
    world.send(second);
    await world.poll(poll === 2 ? crash : undefined);
    if (crash !== undefined) await world.drain();
    return world;
  }

  test.each([
    [true, 1],
    [true, 2],
    [false, 1],
    [false, 2],
  ] as const)(
    'loses nothing, and repeats only at the documented point (letter first: %s, poll %i)',
    async (letterFirst, poll) => {
      const { calls } = await play(letterFirst, poll);
      expect(calls.length).toBeGreaterThan(1);
      for (const side of ['before', 'after'] as const) {
        for (let call = 1; call <= calls.length; call++) {
          const world = await play(letterFirst, poll, { call, side });
          const runs = world.lambda.handedOver.length;
          const where = `${side} ${calls[call - 1]}`;
          const mayRepeat = ['after reinvoker.reinvoke', 'before ledger.accepted'].includes(where);
          expect({ where, lost: runs === 0 }).toEqual({ where, lost: false });
          expect({ where, twice: runs > 1 && !mayRepeat }).toEqual({ where, twice: false });
          expect(world.archive.in('accepted').length).toBeGreaterThan(0);
        }
      }
    },
  );
});
