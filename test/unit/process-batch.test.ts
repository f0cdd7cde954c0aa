import { describe, expect, test } from '@jest/globals';
import { openCase } from '../../src/handlers/consumer/case.ts';
import { processBatch } from '../../src/handlers/consumer/process-batch.ts';
import { parseLetter } from '../../src/recovery/letter.ts';
import { destinationBody, dlqRecord, snsRecord } from '../support/dlq-record.ts';
import { KNOWN_TARGET, SimulatedWorld } from '../support/simulated-world.ts';
import { testFunction, testIntake, testPolicy } from '../support/test-policy.ts';

/** An unreadable record asks for nothing but the archive. */
function never(): never {
  throw new Error('an unreadable record asks for nothing but the archive');
}

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';
const TIMED_OUT = 'RequestId: 0a1b2c3d-0000-4000-8000-000000000001 Error: Task timed out after 3.00 seconds';
const NOTHING_KNOWN = 'stock book of the north warehouse does not balance';
const DEFECT = "Cannot read properties of undefined (reading 'total')";
const INVALID = 'Validation failed: quantity must be a positive integer';

/** When the simulated world begins. */
const START_MS = 1_790_000_000_000;

function requestId(n: number): string {
  return `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

function outcomes(processed: Awaited<ReturnType<SimulatedWorld['poll']>>): unknown[] {
  if (processed === 'crashed') return ['crashed'];
  return processed.map(({ outcome }) => (outcome.kind === 'done' ? outcome.how : outcome.why));
}

describe('one dead event', () => {
  test('of a transient cause waits out its backoff and is then handed over byte for byte', async () => {
    const world = new SimulatedWorld();
    const body = '{ "amount": 42.50,  "id": 12345678901234567890 }';
    world.send(dlqRecord({ message: REFUSED, body }));
    expect(outcomes(await world.poll())).toEqual(['waiting']);
    expect(world.lambda.handedOver).toEqual([]);
    world.nowMs += 30_000;
    expect(outcomes(await world.poll())).toEqual(['reinvoked']);
    expect(world.lambda.handedOver.map((item) => item.payload)).toEqual([body]);
    expect(world.queue.records).toEqual([]);
    expect(world.archive.in('accepted')).toMatchObject([{ reinvocations: 1, reason: 'waited' }]);
  });

  test('that is looked at before its due time is hidden for the rest of it', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: REFUSED }));
    await world.poll();
    world.nowMs += 1_000;
    world.send(dlqRecord({ message: REFUSED, messageId: 'm-second-delivery' }));
    expect(outcomes(await world.poll())).toEqual(['in-other-hands']);
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
  });

  test('of its own timeout is handed over at once, and parked when it dies again', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: TIMED_OUT }));
    expect(outcomes(await world.poll())).toEqual(['reinvoked']);
    world.send(dlqRecord({ message: TIMED_OUT, requestId: 're-1-00000000' }));
    expect(outcomes(await world.poll())).toEqual(['parked']);
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('parked')).toMatchObject([
      { origin: requestId(1), reinvocations: 1, reason: 'reinvocation-died', category: 'exhausted' },
    ]);
  });

  test('of an unknown cause waits longer, is handed over once, and is archived when it dies again', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: NOTHING_KNOWN }));
    await world.poll();
    world.nowMs += 30_000;
    expect(outcomes(await world.poll())).toEqual([]);
    world.nowMs += 90_000;
    expect(outcomes(await world.poll())).toEqual(['reinvoked']);
    world.send(dlqRecord({ message: NOTHING_KNOWN, requestId: 're-1-00000000' }));
    expect(outcomes(await world.poll())).toEqual(['archived']);
  });

  test.each([
    ['a defect', DEFECT, 'parked'],
    ['an invalid event', INVALID, 'archived'],
  ])('of %s is filed without a call to the target', async (_, message, outcome) => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message }));
    expect(outcomes(await world.poll())).toEqual([outcome]);
    expect(world.lambda.handedOver).toEqual([]);
  });

  test('whose body is not JSON is archived whole', async () => {
    const world = new SimulatedWorld();
    const record = dlqRecord({ body: 'not json \u0001' });
    world.send(record);
    expect(outcomes(await world.poll())).toEqual(['archived']);
    const { receiptHandle: _, ...kept } = record;
    expect(world.archive.in('archived')).toMatchObject([{ rule: 'payload-not-json', record: kept }]);
  });

  test('is archived as foreign when it has no request id', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ requestId: null }));
    expect(outcomes(await world.poll())).toEqual(['archived']);
    expect(world.archive.in('archived')).toMatchObject([{ form: 'foreign', rule: 'foreign-record' }]);
  });

  test('is archived and never invoked when its queue is no declared intake', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: REFUSED, queue: 'somebody-elses-dlq' }));
    expect(outcomes(await world.poll())).toEqual(['archived']);
    expect(world.lambda.handedOver).toEqual([]);
  });

  test.each([[null], [17], ['text'], [{}], [{ messageId: 'm-1' }], [{ body: 'x' }], [[]]])(
    'is archived as unreadable when the record is %j',
    async (raw) => {
      const world = new SimulatedWorld();
      const processed = await processBatch([raw], {
        policy: testPolicy,
        ports: {
          ledger: world.ledger,
          archive: world.archive,
          reinvoker: { reinvoke: never },
          giver: { give: never },
          fetcher: { fetch: never },
          targets: { facts: never },
          hider: { hide: never },
          waker: { wake: never },
        },
        nowMs: () => world.nowMs,
        deadlineMs: world.nowMs + 25_000,
        onFailure: never,
      });
      expect(outcomes(processed)).toEqual(['archived']);
      expect(world.archive.in('archived')).toMatchObject([{ form: 'unreadable', record: raw }]);
    },
  );
});

describe('the hand-over', () => {
  async function afterAnswer(world: SimulatedWorld): Promise<unknown[]> {
    world.send(dlqRecord({ message: TIMED_OUT }));
    return outcomes(await world.poll());
  }

  test('parks when the death of the re-invocation would not come back', async () => {
    const world = new SimulatedWorld();
    world.lambda.functions.set('orders', { ...KNOWN_TARGET, deadLetterArn: null });
    expect(await afterAnswer(world)).toEqual(['parked']);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'no-way-back' }]);
    expect(world.lambda.handedOver).toEqual([]);
  });

  test('parks with a due time, under an open group, what only a synchronous call may bring back', async () => {
    const world = new SimulatedWorld();
    world.policy = {
      ...testPolicy,
      targets: [testFunction('orders', { invocation: 'auto' })],
    };
    expect(await afterAnswer(world)).toEqual(['parked']);
    expect(world.ledger.circuits.closed).toHaveLength(0);
    const group = world.archive.in('parked')[0]?.group ?? '';
    expect(await world.ledger.circuits.pointers(group, { after: null, limit: 10 })).toMatchObject([
      { dueAtMs: world.nowMs },
    ]);
  });

  test('that is refused is no attempt and is made again later', async () => {
    const world = new SimulatedWorld();
    world.lambda.answer = () => ({ kind: 'refused', error: 'TooManyRequestsException' });
    expect(await afterAnswer(world)).toEqual(['refused']);
    expect(world.ledger.intents).toEqual([]);
    world.lambda.answer = (id) => ({ kind: 'accepted', requestId: id });
    await world.drain();
    expect(world.archive.in('accepted')).toMatchObject([{ reinvocations: 1 }]);
  });

  test('that is rejected for good parks the event and closes its group', async () => {
    const world = new SimulatedWorld();
    world.lambda.answer = () => ({ kind: 'rejected', error: 'AccessDeniedException' });
    expect(await afterAnswer(world)).toEqual(['parked']);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'target-rejected', reinvocations: 0 }]);
    expect(world.ledger.circuits.closed).toHaveLength(1);
  });

  test('whose answer never came counts as an attempt and is made again, never more often than allowed', async () => {
    const world = new SimulatedWorld();
    world.lambda.answer = () => ({ kind: 'uncertain', error: 'TimeoutError' });
    expect(await afterAnswer(world)).toEqual(['uncertain']);
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(testPolicy.defaults.maxAttempts);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'attempts-spent' }]);
  });
});

describe('the group', () => {
  test('closes after its first deaths in a window: the rest of a storm makes no call to the target', async () => {
    const world = new SimulatedWorld();
    const storm = Array.from({ length: 100 }, (_, n) =>
      dlqRecord({ message: TIMED_OUT, requestId: requestId(n), body: `{"n":${n}}` }),
    );
    world.send(...storm.slice(0, 50));
    await world.poll();
    world.send(...storm.slice(50));
    await world.poll();
    expect(world.lambda.handedOver).toHaveLength(5);
    expect(world.archive.in('parked')).toHaveLength(95);
    expect(world.queue.records).toEqual([]);
  });

  test('once parked takes a batch with one read, one archive object, one pointer, one note, one check that its group is watched, and one look at the target', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: DEFECT }));
    await world.poll();
    world.send(
      ...Array.from({ length: 100 }, (_, n) => dlqRecord({ message: DEFECT, requestId: requestId(n + 2) })),
    );
    await world.poll();
    expect(world.calls.toSorted()).toEqual([
      'archive.store',
      'ledger.note',
      'ledger.point',
      'ledger.register',
      'ledger.standing',
      'targets.facts',
    ]);
  });

  test('closes with the first death of a re-invocation, and keeps what waited for the queue to bring it', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: REFUSED, requestId: requestId(1), body: '{"n":1}' }));
    await world.poll();
    world.nowMs += 20_000;
    world.send(dlqRecord({ message: REFUSED, requestId: requestId(2), body: '{"n":2}' }));
    await world.poll();
    world.nowMs += 10_000;
    expect(outcomes(await world.poll())).toEqual(['reinvoked']);
    world.send(dlqRecord({ message: REFUSED, requestId: 're-1-00000000', body: '{"n":1}' }));
    expect(outcomes(await world.poll())).toEqual(['parked']);
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('parked').map((entry) => entry.reason)).toEqual([
      'reinvocation-died',
      'group-parked',
    ]);
  });
});

describe('a batch with many deaths of one open group', () => {
  test('parks what is beyond the few that may be tried, and asks the ledger about those few alone', async () => {
    const world = new SimulatedWorld();
    const letters = Array.from({ length: 100 }, (_, n) =>
      dlqRecord({ message: REFUSED, requestId: requestId(n), body: `{"n":${n}}` }),
    );
    world.send(...letters);
    const processed = await world.poll();
    expect(outcomes(processed).filter((outcome) => outcome === 'parked')).toHaveLength(95);
    expect(world.calls.filter((call) => call === 'ledger.claim')).toHaveLength(5);
    expect(world.calls.filter((call) => call === 'ledger.history')).toHaveLength(5);
    expect(world.ledger.circuits.closed).toHaveLength(1);
    await world.drain();
    expect(world.lambda.handedOver).toEqual([]);
    expect(world.archive.in('parked')).toHaveLength(100);
  });
});

describe('an outage that speaks with another text each time', () => {
  test('is asked about alone once it is parked, however many texts a batch brings', async () => {
    const world = new SimulatedWorld();
    const asked: number[] = [];
    const standing = world.ledger.standing.bind(world.ledger);
    world.ledger.standing = async (keys, targets, nowMs) => {
      asked.push(keys.length);
      return standing(keys, targets, nowMs);
    };
    const letters = Array.from({ length: 200 }, (_, n) => {
      const word = String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26), 120);
      return dlqRecord({ message: `connection refused by shelf ${word}`, requestId: requestId(n) });
    });
    world.send(...letters.slice(0, 100));
    expect(new Set(outcomes(await world.poll()))).toEqual(new Set(['parked']));
    world.send(...letters.slice(100));
    expect(new Set(outcomes(await world.poll()))).toEqual(new Set(['parked']));
    expect(asked).toEqual([1, 100, 1]);
    expect(world.ledger.circuits.closed).toEqual(['orders|transient|*']);
  });
});

describe('an unknown cause', () => {
  const again = (numbers: readonly number[], prefix: string) =>
    numbers.map((n) =>
      dlqRecord({
        message: 'the north warehouse is shut',
        requestId: `${prefix}-${n}-00000000`,
        body: `{"n":${n}}`,
      }),
    );

  async function diesAgain(numbers: readonly number[]): Promise<SimulatedWorld> {
    const world = new SimulatedWorld();
    world.send(...again(numbers, 'd'));
    await world.poll();
    world.nowMs += 3_600_000;
    expect(outcomes(await world.poll())).toEqual(numbers.map(() => 'reinvoked'));
    world.send(...again(numbers, 're'));
    await world.drain();
    return world;
  }

  test('is the event’s own fault when it alone dies of it again', async () => {
    const world = await diesAgain([1]);
    expect(world.archive.in('archived')).toHaveLength(1);
    expect(world.archive.in('parked')).toEqual([]);
  });

  test('is an outage when several die of it again: all are kept for a release', async () => {
    const world = await diesAgain([1, 2, 3]);
    expect(world.archive.in('parked').map(({ reason }) => reason)).toEqual([
      'reinvocation-died',
      'reinvocation-died',
      'reinvocation-died',
    ]);
    expect(world.archive.in('archived')).toEqual([]);
  });
});

describe('an event that has been looked at before', () => {
  test('is only filed when the target had taken it, although its group has closed meanwhile', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: TIMED_OUT }));
    const store = world.archive.store.bind(world.archive);
    world.archive.store = async () => {
      throw new Error('SlowDown');
    };
    expect(outcomes(await world.poll())).toEqual(['failed']);
    world.archive.store = store;
    const raw = dlqRecord({ message: TIMED_OUT });
    const arrived = {
      raw,
      letter: parseLetter(raw),
      intake: null,
      triage: 'begin',
      isCounted: false,
    } as const;
    const opened = openCase(arrived, 0, testPolicy, world.nowMs);
    if (opened.kind === 'readable') await world.ledger.closeGroup(opened.group, world.nowMs);
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('parked')).toEqual([]);
    expect(world.archive.in('accepted')).toMatchObject([{ reason: 'already-accepted' }]);
  });

  test('counts as one death of its group, however often it comes back', async () => {
    const world = new SimulatedWorld();
    world.lambda.answer = () => ({ kind: 'refused', error: 'TooManyRequestsException' });
    world.send(dlqRecord({ message: TIMED_OUT }));
    for (let look = 0; look < 10; look++) {
      await world.poll();
      world.nowMs = world.queue.nextAtMs ?? world.nowMs;
    }
    expect(world.ledger.circuits.closed).toHaveLength(0);
    expect(world.archive.in('parked')).toEqual([]);
  });
});

describe('attempts', () => {
  test('follow a re-invocation whose request id was never stored, by target and payload', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: TIMED_OUT }));
    world.lambda.answer = () => ({ kind: 'uncertain', error: 'ECONNRESET' });
    await world.poll();
    world.send(dlqRecord({ message: TIMED_OUT, requestId: 'an-id-nobody-knows' }));
    expect(outcomes(await world.poll())).toEqual(['parked']);
    expect(world.archive.in('parked')).toMatchObject([{ origin: requestId(1), reinvocations: 1 }]);
  });

  test('count once for two ids of one intent', async () => {
    const world = new SimulatedWorld();
    world.send(dlqRecord({ message: TIMED_OUT }));
    await world.poll();
    for (const id of ['re-1-00000000', 'the-second-id-of-it']) {
      world.send(dlqRecord({ message: TIMED_OUT, requestId: id }));
    }
    await world.poll();
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('parked').map((entry) => entry.reinvocations)).toEqual([1, 1]);
  });
});

describe('a death that is reported by dead letter and by destination record', () => {
  const ID = 'f00d0000-0000-4000-8000-000000000001';
  const BODY = '{ "n": 42.50 }';

  function twiceReporting(): SimulatedWorld {
    const world = new SimulatedWorld();
    const onFailureArn = KNOWN_TARGET.deadLetterArn;
    world.lambda.functions.set('orders', { ...KNOWN_TARGET, onFailureArn });
    return world;
  }

  function letter(message: string): Record<string, unknown> {
    return dlqRecord({ requestId: ID, messageId: 'm-letter', body: BODY, message, sentAtMs: START_MS });
  }

  function record(errorType: string, message: string): Record<string, unknown> {
    const body = destinationBody({
      requestId: ID,
      payload: '{"n":42.5}',
      errorType,
      message,
      diedAtMs: START_MS,
    });
    return dlqRecord({ requestId: null, messageId: 'm-record', body, sentAtMs: START_MS });
  }

  test.each([
    ['the letter comes first', true],
    ['the record comes first', false],
  ])('is one event when %s: the letter’s bytes, judged with the record’s type', async (_, letterFirst) => {
    const world = twiceReporting();
    const first = letterFirst ? letter('no') : record('Sandbox.Timedout', 'no');
    const second = letterFirst ? record('Sandbox.Timedout', 'no') : letter('no');
    world.send(first);
    expect(outcomes(await world.poll())).toEqual(['waiting']);
    world.nowMs += 1_000;
    world.send(second);
    await world.drain();
    expect(world.lambda.handedOver.map((item) => item.payload)).toEqual([BODY]);
    expect(world.archive.in('accepted')).toMatchObject([{ category: 'exhausted', form: 'lambda-dlq' }]);
  });

  test('is one event when both are in one batch, also when it only has to be parked', async () => {
    const world = twiceReporting();
    world.send(letter('no total'), record('TypeError', 'x is not a function'));
    await world.drain();
    expect(world.archive.stored).toHaveLength(1);
    expect(world.archive.in('parked')).toMatchObject([{ category: 'defect', form: 'lambda-dlq' }]);
  });

  test.each([
    ['the record alone', () => record('Sandbox.Timedout', 'no'), '{"n":42.5}'],
    ['the letter alone', () => letter(TIMED_OUT), BODY],
  ])('is not lost when %s arrives', async (_, make, payload) => {
    const world = twiceReporting();
    world.send(make());
    await world.drain();
    expect(world.lambda.handedOver.map((item) => item.payload)).toEqual([payload]);
  });
});

describe('a topic that delivers straight to the consumer', () => {
  function notification(message: string): Record<string, unknown> {
    return snsRecord({
      message,
      topic: 'orders-failures',
      requestId: 'f00d0000-0000-4000-8000-000000000002',
    });
  }

  function withTopic(): SimulatedWorld {
    const world = new SimulatedWorld();
    world.policy = {
      ...testPolicy,
      intakes: [testIntake('orders-dlq', 'orders', { topic: 'orders-failures' })],
    };
    return world;
  }

  test('has what could wait in a queue parked until it is due', async () => {
    const world = withTopic();
    world.send(notification(REFUSED));
    expect(outcomes(await world.poll())).toEqual(['parked']);
    expect(world.archive.in('parked')).toMatchObject([{ reason: 'no-queue-to-wait-in', form: 'lambda-dlq' }]);
    expect(world.ledger.circuits.closed).toHaveLength(0);
  });

  test('has what is worth a try handed over at once, byte for byte', async () => {
    const world = withTopic();
    world.send(notification(TIMED_OUT));
    expect(outcomes(await world.poll())).toEqual(['reinvoked']);
    expect(world.lambda.handedOver).toMatchObject([{ payload: '{ "orderId": "o-1", "n": 42.50 }' }]);
  });

  test('has what the target refuses just now parked until it is due', async () => {
    const world = withTopic();
    world.lambda.answer = () => ({ kind: 'refused', error: 'TooManyRequestsException' });
    world.send(notification(TIMED_OUT));
    expect(outcomes(await world.poll())).toEqual(['parked']);
  });

  test('has nothing acknowledged that the archive did not take', async () => {
    const world = withTopic();
    world.archive.store = async () => {
      throw new Error('SlowDown');
    };
    world.send(notification(DEFECT));
    expect(outcomes(await world.poll())).toEqual(['failed']);
  });
});

describe('one bad thing harms no other', () => {
  test('a batch of everything gives each record its own outcome', async () => {
    const world = new SimulatedWorld();
    world.send(
      dlqRecord({ message: REFUSED, requestId: requestId(1), body: '{"n":1}' }),
      dlqRecord({ message: DEFECT, requestId: requestId(2), body: '{"n":2}' }),
      dlqRecord({ message: INVALID, requestId: requestId(3), body: '{"n":3}' }),
      dlqRecord({ body: 'garbage', requestId: requestId(4) }),
      dlqRecord({ requestId: null }),
      dlqRecord({ message: TIMED_OUT, requestId: requestId(5), body: '{"n":5}' }),
    );
    expect(outcomes(await world.poll())).toEqual([
      'waiting',
      'parked',
      'archived',
      'archived',
      'archived',
      'reinvoked',
    ]);
  });

  test('when the archive fails every message stays in the queue, and the next poll does not invoke twice', async () => {
    const world = new SimulatedWorld();
    world.send(
      dlqRecord({ message: TIMED_OUT, requestId: requestId(1), body: '{"n":1}' }),
      dlqRecord({ message: INVALID, requestId: requestId(2), body: '{"n":2}' }),
    );
    const store = world.archive.store.bind(world.archive);
    world.archive.store = async () => {
      throw new Error('SlowDown');
    };
    expect(outcomes(await world.poll())).toEqual(['failed', 'failed']);
    world.archive.store = store;
    await world.drain();
    expect(world.lambda.handedOver).toHaveLength(1);
    expect(world.archive.in('accepted')).toHaveLength(1);
    expect(world.archive.in('archived')).toHaveLength(1);
  });
});
