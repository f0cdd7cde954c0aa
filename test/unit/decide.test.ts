import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CATEGORIES, type Category } from '../../src/recovery/category.ts';
import type { DeadEvent } from '../../src/recovery/dead-event.ts';
import { decide, decideAtOnce, type Circumstances } from '../../src/recovery/decide.ts';
import { OPEN_DEATHS_PER_WINDOW } from '../../src/recovery/group.ts';
import { absent } from '../../src/recovery/payload.ts';
import { testEvent } from '../support/test-event.ts';
import { testPolicy } from '../support/test-policy.ts';

const NOW = 1_790_000_000_000;
const DAY_MS = 24 * 3600 * 1000;

const event: DeadEvent = { ...testEvent, diedAtMs: NOW - 1000 };

function at(category: Category, change: Partial<Circumstances> = {}): Circumstances {
  return {
    event,
    judgement: { category, rule: 'r' },
    history: { origin: event.deathId, reinvocations: 0, diedAgain: false, acceptedAs: null, trial: null },
    deathNumber: 1,
    groupDeaths: 1,
    waited: false,
    handover: { kind: 'async', deathWindowMs: 60_000 },
    restraint: null,
    canWait: true,
    nowMs: NOW,
    ...change,
  };
}

const history = {
  origin: 'an-older-death',
  reinvocations: 1,
  diedAgain: true,
  acceptedAs: null,
  trial: null,
};

describe('at once, without asking the ledger', () => {
  test.each([
    ['poison', 'archive'],
    ['defect', 'park'],
    ['misconfigured', 'park'],
  ] as const)('%s → %s', (category, action) => {
    expect(decideAtOnce(event, { category, rule: 'r' }, false)?.action).toBe(action);
  });

  test.each(['transient', 'exhausted', 'expired', 'unknown'] as const)(
    '%s is parked with its group, and is not decided while the group is open',
    (category) => {
      expect(decideAtOnce(event, { category, rule: 'r' }, true)).toMatchObject({
        action: 'park',
        reason: 'group-parked',
      });
      expect(decideAtOnce(event, { category, rule: 'r' }, false)).toBeNull();
    },
  );

  test('what has no payload, no declared intake or no declared target is archived in every category', () => {
    const hopeless: DeadEvent[] = [
      { ...event, payload: absent('payload-not-json') },
      { ...event, intake: null },
      { ...event, target: null },
    ];
    for (const category of CATEGORIES) {
      for (const one of hopeless) {
        for (const parked of [true, false]) {
          expect(decideAtOnce(one, { category, rule: 'r' }, parked)?.action).toBe('archive');
        }
      }
    }
  });
});

describe('the first death of an event of an open group', () => {
  test('waits when it is transient, about as long as the first backoff', () => {
    const decision = decide(testPolicy, at('transient'));
    expect(decision.action).toBe('wait');
    const waitMs = decision.action === 'wait' ? decision.dueAtMs - NOW : 0;
    expect(waitMs).toBeGreaterThanOrEqual(22_500);
    expect(waitMs).toBeLessThanOrEqual(30_000);
  });

  test('waits longer when nothing is known', () => {
    const decision = decide(testPolicy, at('unknown'));
    expect(decision.action === 'wait' ? decision.dueAtMs - NOW : 0).toBeGreaterThanOrEqual(90_000);
  });

  test('is handed over once it has waited', () => {
    for (const category of ['transient', 'unknown'] as const) {
      expect(decide(testPolicy, at(category, { waited: true, deathNumber: null })).action).toBe('reinvoke');
    }
  });

  test('is handed over at once when the function was out of time or memory, or the event waited in vain', () => {
    expect(decide(testPolicy, at('exhausted')).action).toBe('reinvoke');
    expect(decide(testPolicy, at('expired')).action).toBe('reinvoke');
  });

  test('is archived when it expired longer ago than the policy allows', () => {
    const old = { ...event, diedAtMs: NOW - 14 * DAY_MS - 1 };
    expect(decide(testPolicy, at('expired', { event: old }))).toMatchObject({
      action: 'archive',
      reason: 'older-than-max-age',
    });
  });
});

test('an event that its topic delivers only once is parked until it is due, where another would wait', () => {
  const decision = decide(testPolicy, at('transient', { canWait: false }));
  expect(decision).toMatchObject({ action: 'park', reason: 'no-queue-to-wait-in', closesGroup: false });
  expect(decision.action === 'park' ? decision.dueAtMs : null).toBeGreaterThan(NOW);
});

describe('a group is closed', () => {
  test('by the death after the last one that the window allows', () => {
    expect(decide(testPolicy, at('transient', { deathNumber: OPEN_DEATHS_PER_WINDOW })).action).toBe('wait');
    expect(decide(testPolicy, at('transient', { deathNumber: OPEN_DEATHS_PER_WINDOW + 1 }))).toMatchObject({
      action: 'park',
      closesGroup: true,
    });
  });

  test.each([
    ['transient', 'park'],
    ['exhausted', 'park'],
    ['unknown', 'archive'],
    ['expired', 'archive'],
  ] as const)('by the death of a re-invocation: %s → %s', (category, action) => {
    expect(decide(testPolicy, at(category, { history }))).toMatchObject({ action, closesGroup: true });
  });

  test.each(['unknown', 'expired'] as const)(
    'by the death of a re-invocation, kept for a release where others die of the same: %s',
    (category) => {
      const deaths = (groupDeaths: number | null) =>
        decide(testPolicy, at(category, { history, groupDeaths })).action;
      expect([deaths(2), deaths(3), deaths(null)]).toEqual(['archive', 'park', 'archive']);
    },
  );

  test.each(['no-way-back', 'target-missing', 'target-unreadable'] as const)(
    'when there is no safe hand-over: %s',
    (reason) => {
      expect(decide(testPolicy, at('exhausted', { handover: { kind: 'impossible', reason } }))).toMatchObject(
        {
          action: 'park',
          reason,
          closesGroup: true,
        },
      );
    },
  );

  test('by neither a due time nor a synchronous target', () => {
    expect(
      decide(testPolicy, at('transient', { handover: { kind: 'sync', timeoutSeconds: 3 } })),
    ).toMatchObject({
      action: 'park',
      reason: 'sync-target',
      closesGroup: false,
    });
  });
});

test('an event that the target has accepted is only filed, whatever else is known', () => {
  const accepted = { ...history, acceptedAs: 're-1', trial: null };
  for (const category of ['transient', 'exhausted', 'expired', 'unknown'] as const) {
    expect(decide(testPolicy, at(category, { history: accepted, deathNumber: 99 }))).toMatchObject({
      action: 'reinvoke',
      acceptedAs: 're-1',
    });
  }
});

const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  event: fc.constant(event),
  judgement: fc.record({ category: fc.constantFrom(...CATEGORIES), rule: fc.constant('r') }),
  history: fc.record({
    origin: fc.constant('o'),
    reinvocations: fc.nat(20),
    diedAgain: fc.boolean(),
    acceptedAs: fc.constant(null),
    trial: fc.constant(null),
  }),
  deathNumber: fc.option(fc.integer({ min: 1, max: 1000 })),
  groupDeaths: fc.option(fc.integer({ min: 1, max: 1000 })),
  waited: fc.boolean(),
  canWait: fc.boolean(),
  restraint: fc.constantFrom(null, 'paused' as const, 'observed' as const),
  handover: fc.oneof(
    fc.constant({ kind: 'async' as const, deathWindowMs: 1 }),
    fc.constant({ kind: 'sync' as const, timeoutSeconds: 3 }),
    fc.constant({ kind: 'impossible' as const, reason: 'no-way-back' as const }),
  ),
  nowMs: fc.integer({ min: NOW, max: NOW + 30 * DAY_MS }),
});

describe('in all circumstances', () => {
  test('no event is handed over more often than the policy allows, nor without a way back', () => {
    fc.assert(
      fc.property(circumstances, (given) => {
        const decision = decide(testPolicy, given);
        if (decision.action !== 'reinvoke') return;
        expect(given.history.reinvocations).toBeLessThan(testPolicy.defaults.maxAttempts);
        expect(given.history.diedAgain).toBe(false);
        expect(given.handover.kind).toBe('async');
      }),
      { numRuns: 2000 },
    );
  });

  test('the same circumstances give the same decision, and a wait ends within the policy', () => {
    fc.assert(
      fc.property(circumstances, (given) => {
        const decision = decide(testPolicy, given);
        expect(decide(testPolicy, given)).toEqual(decision);
        if (decision.action === 'wait') {
          expect(given.canWait).toBe(true);
          expect(decision.dueAtMs - given.nowMs).toBeLessThanOrEqual(900_000);
          expect(decision.dueAtMs).toBeGreaterThan(given.nowMs);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
