import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallResult } from '../../src/recovery/ports.ts';
import { judgeAnswer } from '../../src/recovery/release/batch-answer.ts';
import {
  CIRCUIT_STATES,
  newTrial,
  nextState,
  TRANSITIONS,
  verdictOnAccepted,
  type Circuit,
} from '../../src/recovery/release/circuit.ts';
import { nextProbeAtMs, openerOf, retryAtMs } from '../../src/recovery/release/openers.ts';
import {
  begin,
  climb,
  ease,
  exceeds,
  forgive,
  NO_RESULTS,
  quotaOf,
  rampAt,
  tally,
} from '../../src/recovery/release/ramp.ts';
import { lookDigest, saltOf, type TargetLook } from '../../src/recovery/release/target-look.ts';
import { restraintOnAll } from '../../src/recovery/restraint.ts';
import { testFunction, testIntake, testPolicy } from '../support/test-policy.ts';

const NOW = 1_790_000_000_000;

function circuit(change: Partial<Circuit> = {}, category: Circuit['group']['category'] = 'defect'): Circuit {
  return {
    group: {
      key: `orders|${category}|0`,
      target: 'orders',
      category,
      rule: 'r',
      cause: 'c',
      isManual: false,
    },
    state: 'parked',
    sinceMs: NOW,
    nextAtMs: null,
    probes: 0,
    look: 'salt.digest',
    asked: false,
    trial: null,
    ...change,
  };
}

const SEEN = { kind: 'seen', traits: {}, changedAtMs: NOW, held: null } as const satisfies TargetLook;

describe('the table of transitions', () => {
  test('names each state and event once', () => {
    const pairs = TRANSITIONS.map(({ from, on }) => `${from} ${on}`);
    expect(new Set(pairs).size).toBe(pairs.length);
  });

  test('leaves no state without a way out, and reaches each', () => {
    for (const state of CIRCUIT_STATES) {
      expect(TRANSITIONS.some(({ from, to }) => from === state && to !== state)).toBe(true);
      expect(TRANSITIONS.some(({ from, to }) => to === state && from !== state)).toBe(true);
    }
  });

  test('is all there is: what it does not name is a mistake', () => {
    expect(nextState('parked', 'target-changed')).toBe('probing');
    expect(() => nextState('flowing', 'canary-succeeded')).toThrow('a group that is flowing knows no');
  });
});

describe('what opens a group', () => {
  const same = { target: SEEN, look: 'salt.digest', newestDeathMs: null };

  test('is a change of what the target looks like', () => {
    expect(openerOf(circuit(), same, testPolicy, NOW)).toBeNull();
    expect(openerOf(circuit(), { ...same, look: 'salt.other' }, testPolicy, NOW)).toBe('target-changed');
  });

  test('is, at the first look, a change after its newest event died, and none before', () => {
    const first = circuit({ look: null });
    const at = (newestDeathMs: number | null) =>
      openerOf(first, { target: SEEN, look: 'salt.digest', newestDeathMs }, testPolicy, NOW);
    expect(at(NOW - 1)).toBe('target-changed');
    expect(at(NOW)).toBeNull();
    expect(at(null)).toBeNull();
  });

  test('is time for some categories, by the delays of the policy, of which the last repeats', () => {
    const delays = [0, 1, 2, 3, 9].map(
      (probes) => ((nextProbeAtMs(circuit({ probes }, 'transient'), testPolicy) ?? 0) - NOW) / 1000,
    );
    expect(delays).toEqual([60, 120, 300, 300, 300]);
    expect(nextProbeAtMs(circuit(), testPolicy)).toBeNull();
    const due = circuit({ nextAtMs: NOW }, 'transient');
    expect(openerOf(due, same, testPolicy, NOW - 1)).toBeNull();
    expect(openerOf(due, same, testPolicy, NOW)).toBe('probe-due');
    expect(openerOf({ ...due, state: 'flowing' }, same, testPolicy, NOW)).toBe('due');
  });

  test('is a person, whatever else, and for some groups nobody else', () => {
    const manual = circuit({ nextAtMs: NOW }, 'transient');
    const group = { ...manual.group, isManual: true };
    expect(openerOf({ ...manual, group }, { ...same, look: 'salt.other' }, testPolicy, NOW)).toBeNull();
    expect(openerOf({ ...manual, group, asked: true }, same, testPolicy, NOW)).toBe('person-asked');
    expect(nextProbeAtMs({ ...manual, group }, testPolicy)).toBeNull();
  });

  test.each([
    { ...SEEN, held: 'stopped' as const },
    { ...SEEN, held: 'updating' as const },
    { kind: 'missing' as const },
  ])('is nothing at all while the target is %j', (target) => {
    const asked = circuit({ asked: true, nextAtMs: NOW }, 'transient');
    expect(openerOf(asked, { target, look: 'salt.other', newestDeathMs: null }, testPolicy, NOW)).toBeNull();
  });

  test('is time and people alone where the target cannot be seen', () => {
    const unseen = { target: { kind: 'unseen' as const }, look: null, newestDeathMs: null };
    expect(openerOf(circuit(), unseen, testPolicy, NOW)).toBeNull();
    expect(openerOf(circuit({ nextAtMs: NOW }, 'transient'), unseen, testPolicy, NOW)).toBe('probe-due');
  });

  test('comes soon where nothing could be tried, and never later than it would anyway', () => {
    expect(retryAtMs(circuit(), testPolicy)).toBe(NOW + 300_000);
    expect(retryAtMs(circuit({}, 'transient'), testPolicy)).toBe(NOW + 60_000);
  });
});

describe('the verdict on accepted canaries', () => {
  const trial = { ...newTrial('t', 'target-changed'), accepted: 3, watchedUntilMs: NOW };

  test('waits for their time while any may live', () => {
    expect(verdictOnAccepted({ ...trial, diedSame: 2 }, NOW - 1)).toBeNull();
    expect(verdictOnAccepted({ ...trial, diedSame: 2 }, NOW)).toBe('canary-succeeded');
  });

  test('does not wait when all have died, and knows of what', () => {
    expect(verdictOnAccepted({ ...trial, diedSame: 1, diedOther: 2 }, NOW - 1)).toBe('canary-died');
    expect(verdictOnAccepted({ ...trial, diedOther: 3 }, NOW - 1)).toBe('canary-inconclusive');
  });
});

describe('the ramp', () => {
  test('gives each second its share at its beginning, and never more than one share at once', () => {
    let ramp = rampAt(4, NOW);
    expect(quotaOf(ramp, NOW)).toBe(4);
    ramp = begin(ramp, 4);
    expect(quotaOf(ramp, NOW + 999)).toBe(0);
    expect(quotaOf(ramp, NOW + 1000)).toBe(4);
    expect(quotaOf(ramp, NOW + 60_000)).toBe(4);
  });

  test('does not make up for seconds that have been missed', () => {
    const late = forgive(begin(rampAt(4, NOW), 4), NOW + 5500);
    expect(quotaOf(late, NOW + 5500)).toBe(4);
    expect(quotaOf(begin(late, 4), NOW + 5999)).toBe(0);
    expect(forgive(begin(late, 4), NOW + 5999)).toEqual(begin(late, 4));
  });

  test('doubles when its rate has held, up to the limit, and halves when the target takes less', () => {
    expect(climb(rampAt(1, NOW), 1000, 10, NOW + 999).ratePerSecond).toBe(1);
    expect(climb(rampAt(1, NOW), 1000, 10, NOW + 1000)).toEqual(rampAt(2, NOW + 1000));
    expect(climb(rampAt(8, NOW), 1000, 10, NOW + 1000).ratePerSecond).toBe(10);
    expect(climb(rampAt(10, NOW), 1000, 10, NOW + 9000).ratePerSecond).toBe(10);
    expect(ease(rampAt(5, NOW), NOW).ratePerSecond).toBe(2);
    expect(ease(rampAt(1, NOW), NOW).ratePerSecond).toBe(1);
  });

  test('never hands over more than its rate in any second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(3000), { maxLength: 50 }),
        (rate, waits) => {
          let ramp = rampAt(rate, NOW);
          let nowMs = NOW;
          let total = 0;
          for (const wait of waits) {
            nowMs += wait;
            const quota = quotaOf(ramp, nowMs);
            expect(quota).toBeLessThanOrEqual(rate);
            ramp = begin(ramp, quota);
            total += quota;
          }
          expect(total).toBeLessThanOrEqual(rate * (Math.floor((nowMs - NOW) / 1000) + 1));
        },
      ),
    );
  });

  test('stops at the share of the policy, of ten results at least', () => {
    expect(exceeds(tally(NO_RESULTS, 2, 2), 0.2)).toBe(false);
    expect(exceeds(tally(NO_RESULTS, 3, 3), 0.2)).toBe(true);
    expect(exceeds(tally(NO_RESULTS, 100, 20), 0.2)).toBe(false);
    expect(exceeds(tally(NO_RESULTS, 100, 21), 0.2)).toBe(true);
  });

  test('is not excused by an hour in which nothing failed', () => {
    let recent = NO_RESULTS;
    for (let n = 0; n < 3600; n++) recent = tally(recent, 10, 0);
    for (let n = 0; n < 5; n++) recent = tally(recent, 10, 10);
    expect(exceeds(recent, 0.2)).toBe(true);
  });
});

describe('the digest of a look', () => {
  test('does not depend on the order of what AWS answers, and depends on everything in it', () => {
    const digest = (traits: Record<string, unknown>, salt = 's') => lookDigest({ ...SEEN, traits }, salt);
    expect(digest({ a: 1, b: { c: 2, d: 3 } })).toBe(digest({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digest({ a: 1 })).not.toBe(digest({ a: 2 }));
    expect(digest({ a: [1, 2] })).not.toBe(digest({ a: [2, 1] }));
    expect(digest({ a: 1 }, 's')).not.toBe(digest({ a: 1 }, 't'));
    expect(saltOf(digest({ a: 1 }, 'the-salt') ?? '')).toBe('the-salt');
  });

  test('is none in the middle of an update, nor of what is not seen', () => {
    expect(lookDigest({ ...SEEN, held: 'updating' }, 's')).toBeNull();
    expect(lookDigest({ kind: 'missing' }, 's')).toBeNull();
    expect(lookDigest({ ...SEEN, held: 'stopped' }, 's')).not.toBeNull();
  });
});

describe('the answer to a stream’s batch', () => {
  const answered = (answer: string): CallResult => judgeAnswer({ kind: 'succeeded', requestId: 'r', answer });

  test.each(['null', '', '"done"', '{}', '{"batchItemFailures":[]}', '{"batchItemFailures":null}'])(
    'is success when it is %s',
    (answer) => {
      expect(answered(answer).kind).toBe('succeeded');
    },
  );

  test.each(['{"batchItemFailures":[{"itemIdentifier":"1"}]}', '{"batchItemFailures":"all"}'])(
    'is a failure when it is %s',
    (answer) => {
      expect(answered(answer)).toMatchObject({ kind: 'died', error: { type: 'BatchItemFailures' } });
    },
  );

  test('leaves everything else as it is', () => {
    const refused = { kind: 'refused', error: 'TooManyRequestsException' } as const;
    expect(judgeAnswer(refused)).toBe(refused);
  });
});

describe('what holds a whole target back', () => {
  const own = testIntake('orders-dlq', 'orders');
  const adopted = { ...testIntake('old-dlq', 'orders'), adopted: true };

  test('is a pause, or that it is only observed', () => {
    expect(restraintOnAll(testFunction('orders'), [own], true)).toBe('paused');
    expect(restraintOnAll(testFunction('orders', { mode: 'observe' }), [], false)).toBe('observed');
    expect(restraintOnAll(testFunction('orders'), [adopted], false)).toBe('observed');
  });

  test('is nothing where one of its intakes is our own, or it has none', () => {
    expect(restraintOnAll(testFunction('orders'), [adopted, own], false)).toBeNull();
    expect(restraintOnAll(testFunction('orders'), [], false)).toBeNull();
    expect(restraintOnAll(testFunction('orders', { mode: 'act' }), [adopted], false)).toBeNull();
  });
});
