import { describe, expect, test } from '@jest/globals';
import type { CompiledPolicy, TargetMode } from '../../src/recovery/policy.ts';
import { restraintOn } from '../../src/recovery/restraint.ts';
import { destinationBody, dlqRecord } from '../support/dlq-record.ts';
import { KNOWN_TARGET, SimulatedWorld } from '../support/simulated-world.ts';
import { testIntake, testPolicy } from '../support/test-policy.ts';

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';
const TIMED_OUT = 'RequestId: 0a1b2c3d-0000-4000-8000-000000000001 Error: Task timed out after 3.00 seconds';
const INVALID = 'Validation failed: quantity must be a positive integer';

function policyWith(mode: TargetMode | null, adopted: boolean): CompiledPolicy {
  return {
    ...testPolicy,
    targets: testPolicy.targets.map((target) => ({ ...target, mode })),
    intakes: [testIntake('orders-dlq', 'orders', { adopted })],
  };
}

function worldWith(mode: TargetMode | null, adopted: boolean): SimulatedWorld {
  const world = new SimulatedWorld();
  world.policy = policyWith(mode, adopted);
  return world;
}

async function outcomes(world: SimulatedWorld): Promise<unknown[]> {
  const processed = await world.poll();
  if (processed === 'crashed') throw new Error('nobody asked for a crash');
  return processed.map(({ outcome }) => (outcome.kind === 'done' ? outcome.how : outcome.why));
}

describe('a target', () => {
  test.each([
    [null, false, false, null],
    [null, true, false, 'observed'],
    ['act', true, false, null],
    ['observe', false, false, 'observed'],
    ['act', false, true, 'paused'],
    ['observe', true, true, 'paused'],
  ] as const)('with mode %s, adopted %s, paused %s is restrained: %s', (mode, adopted, paused, expected) => {
    const { targets, intakes } = policyWith(mode, adopted);
    const [target] = targets;
    const [intake] = intakes;
    if (target === undefined || intake === undefined) throw new Error('the policy has both');
    expect(restraintOn(target, intake, paused)).toBe(expected);
  });
});

describe('observe-only', () => {
  test('judges, parks and says what it would have done, and hands nothing over', async () => {
    const world = worldWith('observe', false);
    world.send(
      dlqRecord({ message: TIMED_OUT, requestId: 'observed-1' }),
      dlqRecord({ message: REFUSED, requestId: 'observed-2' }),
      dlqRecord({ message: INVALID, requestId: 'observed-3' }),
    );
    expect(await outcomes(world)).toEqual(['parked', 'parked', 'archived']);
    expect(world.lambda.handedOver).toEqual([]);
    expect(world.archive.in('parked')).toMatchObject([
      { reason: 'observed', instead: 'reinvoke', category: 'exhausted' },
      { reason: 'observed', instead: 'wait', category: 'transient' },
    ]);
    const { alerts: pending } = await world.ledger.outbox.pending();
    expect(pending.map(({ cause, tally }) => [cause.category, tally])).toEqual([
      ['exhausted', { parked: 1, archived: 0, held: 1 }],
      ['transient', { parked: 1, archived: 0, held: 1 }],
      ['poison', { parked: 0, archived: 1, held: 0 }],
    ]);
  });

  test('is what an adopted queue gets until its target says to act', async () => {
    const observed = worldWith(null, true);
    observed.send(dlqRecord({ message: TIMED_OUT }));
    expect(await outcomes(observed)).toEqual(['parked']);
    const acting = worldWith('act', true);
    acting.send(dlqRecord({ message: TIMED_OUT }));
    expect(await outcomes(acting)).toEqual(['reinvoked']);
  });
});

describe('the stop button', () => {
  test.each(['all', 'orders'])(
    'for %s holds from the very next batch on, and lets go when it is released',
    async (what) => {
      const world = worldWith(null, false);
      world.send(dlqRecord({ message: TIMED_OUT, requestId: 'before-the-stop' }));
      expect(await outcomes(world)).toEqual(['reinvoked']);
      world.ledger.pauses.add(what);
      world.send(dlqRecord({ message: TIMED_OUT, requestId: 'during-the-stop', body: '{"one":1}' }));
      expect(await outcomes(world)).toEqual(['parked']);
      expect(world.archive.in('parked')).toMatchObject([{ reason: 'paused', instead: 'reinvoke' }]);
      world.ledger.pauses.clear();
      world.send(dlqRecord({ message: TIMED_OUT, requestId: 'after-the-stop', body: '{"another":1}' }));
      expect(await outcomes(world)).toEqual(['reinvoked']);
      expect(world.lambda.handedOver).toHaveLength(2);
    },
  );

  test('for another target holds nothing', async () => {
    const world = worldWith(null, false);
    world.ledger.pauses.add('payouts');
    world.send(dlqRecord({ message: TIMED_OUT }));
    expect(await outcomes(world)).toEqual(['reinvoked']);
  });

  test('takes what waited in the queue too, when it comes due', async () => {
    const world = worldWith(null, false);
    world.send(dlqRecord({ message: REFUSED }));
    expect(await outcomes(world)).toEqual(['waiting']);
    world.ledger.pauses.add('all');
    await world.drain();
    expect(world.lambda.handedOver).toEqual([]);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'paused', instead: 'reinvoke' }]);
  });

  test('leaves what the target has already taken to be filed', async () => {
    const world = worldWith(null, false);
    world.send(dlqRecord({ message: TIMED_OUT }));
    const store = world.archive.store.bind(world.archive);
    world.archive.store = async () => {
      throw new Error('SlowDown');
    };
    expect(await outcomes(world)).toEqual(['failed']);
    world.archive.store = store;
    world.ledger.pauses.add('all');
    await world.drain();
    expect(world.archive.in('accepted')).toMatchObject([{ reason: 'already-accepted' }]);
    expect(world.archive.in('parked')).toEqual([]);
  });
});

describe('an adopted queue', () => {
  test('has nothing wait in it: what would wait is parked until it is due', async () => {
    const world = worldWith('act', true);
    world.send(dlqRecord({ message: REFUSED }));
    expect(await outcomes(world)).toEqual(['parked']);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'no-queue-to-wait-in', instead: null }]);
    expect(world.queue.records).toEqual([]);
  });

  test('gives up by itself what crashes the consumer every time, archived as it is and reported', async () => {
    const world = worldWith('act', true);
    const crashes = dlqRecord({ message: TIMED_OUT, requestId: 'crashes-the-consumer', body: '{"x":1}' });
    const peer = dlqRecord({ message: INVALID, requestId: 'harmless-peer', body: '{"y":2}' });
    world.send(crashes, peer);
    for (let round = 0; world.queue.nextAtMs !== null; round++) {
      if (round > 40) throw new Error('the queue does not empty');
      world.nowMs = Math.max(world.nowMs, world.queue.nextAtMs);
      const call = { call: 1, side: 'before' } as const;
      const isIn = JSON.stringify(world.queue.records).includes('crashes-the-consumer');
      // The consumer dies as it asks how the groups stand, which it does only for what it has opened.
      await world.poll(isIn ? { ...call, method: 'ledger.standing' } : undefined);
    }
    expect(world.archive.in('archived').map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['given-up']),
    );
    expect(world.lambda.handedOver).toEqual([]);
    const kept = JSON.stringify(world.archive.stored.map(({ entry }) => entry.record));
    for (const body of ['{"x":1}', '{"y":2}']) expect(kept).toContain(JSON.stringify(body).slice(1, -1));
    const causes = (await world.ledger.outbox.pending()).alerts.map(({ cause }) => cause.rule);
    expect(causes).toContain('given-up');
  });

  test('is not given up for an outage of ours, however long it lasts', async () => {
    const world = worldWith('act', true);
    const events = Array.from({ length: 20 }, (_, n) =>
      dlqRecord({ message: INVALID, requestId: `outage-${String(n).padStart(4, '0')}` }),
    );
    world.send(...events);
    const store = world.archive.store.bind(world.archive);
    world.archive.store = async () => {
      throw new Error('SlowDown');
    };
    for (let round = 0; round < 30; round++) {
      await world.poll();
      world.nowMs += 150_000;
    }
    world.archive.store = store;
    await world.drain();
    expect(new Set(world.archive.in('archived').map(({ rule }) => rule))).toEqual(
      new Set(['validation-failed']),
    );
  });

  test('is given up on a record that fails by itself, time after time, while others do not', async () => {
    const world = worldWith('act', true);
    world.send(dlqRecord({ message: TIMED_OUT, requestId: 'fails-by-itself' }));
    const claim = world.ledger.claim.bind(world.ledger);
    world.ledger.claim = async (deathId, ...rest) => {
      if (deathId === 'fails-by-itself') throw new Error('this row cannot be read');
      return claim(deathId, ...rest);
    };
    for (let round = 0; world.queue.records.length > 0; round++) {
      if (round > 40) throw new Error('the queue does not empty');
      world.send(dlqRecord({ message: INVALID, requestId: `harmless-${String(round).padStart(4, '0')}` }));
      await world.poll();
      world.nowMs += 150_000;
    }
    expect(world.archive.in('archived').filter(({ rule }) => rule === 'given-up')).toHaveLength(1);
  });

  test('has a death that is reported both ways kept once', async () => {
    const world = worldWith('act', true);
    world.lambda.functions.set('orders', { ...KNOWN_TARGET, onFailureArn: KNOWN_TARGET.deadLetterArn });
    const requestId = '0a1b2c3d-0000-4000-8000-0000000000aa';
    const message = 'order is not defined';
    world.send(
      dlqRecord({ message, requestId }),
      dlqRecord({ requestId: null, messageId: 'm-record', body: destinationBody({ requestId, message }) }),
    );
    await world.drain();
    expect(world.archive.in('parked')).toHaveLength(1);
    expect((await world.ledger.outbox.pending()).alerts).toMatchObject([{ tally: { parked: 1 } }]);
  });

  test('is told from one of the same name in the stack’s own account', async () => {
    const world = worldWith('act', false);
    const queueArn = 'arn:aws:sqs:eu-west-1:111122223333:orders-dlq';
    world.policy = {
      ...world.policy,
      intakes: [
        ...world.policy.intakes,
        testIntake('orders-dlq', 'orders', { key: queueArn, queueArn, adopted: true }),
      ],
    };
    world.send({ ...dlqRecord({ message: REFUSED }), eventSourceARN: queueArn });
    expect(await outcomes(world)).toEqual(['parked']);
    expect(world.archive.in('parked')).toMatchObject([{ intake: queueArn }]);
  });

  test('of another account means that account by a bare name, for reading and for invoking', async () => {
    const world = worldWith('act', true);
    const queueArn = 'arn:aws:sqs:eu-west-1:111122223333:orders-dlq';
    const theirs = 'arn:aws:lambda:eu-west-1:111122223333:function:orders';
    world.policy = {
      ...world.policy,
      intakes: [testIntake('orders-dlq', 'orders', { key: queueArn, queueArn, adopted: true })],
    };
    world.lambda.functions.set(theirs, { ...KNOWN_TARGET, deadLetterArn: queueArn });
    world.lambda.functions.delete('orders');
    world.send({ ...dlqRecord({ message: TIMED_OUT }), eventSourceARN: queueArn });
    expect(await outcomes(world)).toEqual(['reinvoked']);
  });

  test('does not count a look that the ledger could not record, and loses nothing', async () => {
    const world = worldWith('act', true);
    world.send(dlqRecord({ message: INVALID }));
    const store = world.archive.store.bind(world.archive);
    world.archive.store = async () => {
      throw new Error('SlowDown');
    };
    expect(await outcomes(world)).toEqual(['failed']);
    world.archive.store = store;
    const looks = world.ledger.looks.bind(world.ledger);
    world.ledger.looks = async () => {
      throw new Error('ProvisionedThroughputExceededException');
    };
    world.nowMs += 150_000;
    expect(await outcomes(world)).toEqual(['failed']);
    world.ledger.looks = looks;
    await world.drain();
    expect(world.archive.in('archived')).toHaveLength(1);
  });
});

describe('what is parked for another reason than its error', () => {
  test('is told of under that reason', async () => {
    const world = worldWith(null, false);
    world.send(dlqRecord({ message: REFUSED, body: '{"CodePipeline.job":{}}' }));
    await world.drain();
    expect((await world.ledger.outbox.pending()).alerts).toMatchObject([
      { cause: { rule: 'holds-credentials' } },
    ]);
  });
});

describe('senders', () => {
  const senders = ['AROAEXAMPLE'];

  function worldOf(list: readonly string[]): SimulatedWorld {
    const world = new SimulatedWorld();
    world.policy = { ...testPolicy, intakes: [testIntake('orders-dlq', 'orders', { senders: list })] };
    return world;
  }

  test('that the intake names are the only ones whose events are handed over', async () => {
    const world = worldOf(senders);
    world.send(dlqRecord({ message: TIMED_OUT })); // sent by AROAEXAMPLE:awslambda_1
    expect(await outcomes(world)).toEqual(['reinvoked']);
    const stranger = worldOf(['AROASOMEBODYELSE']);
    stranger.send(dlqRecord({ message: TIMED_OUT }));
    expect(await outcomes(stranger)).toEqual(['archived']);
    expect(stranger.lambda.handedOver).toEqual([]);
    expect(stranger.archive.in('archived')).toMatchObject([
      { rule: 'sender-not-declared', target: 'orders' },
    ]);
  });

  test('that are strangers cannot end a death of the target’s by naming its request id', async () => {
    const world = worldOf(['AROATHETARGET']);
    const forged = dlqRecord({ message: INVALID, requestId: 'the-real-request-id', messageId: 'forged' });
    world.send(forged);
    await world.poll();
    const real = dlqRecord({ message: TIMED_OUT, requestId: 'the-real-request-id', messageId: 'real' });
    world.send({
      ...real,
      attributes: { ...Object(real['attributes']), SenderId: 'AROATHETARGET:awslambda_7' },
    });
    expect(await outcomes(world)).toEqual(['reinvoked']);
  });
});
