import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alertOf, digestOf, type Sender } from '../../src/recovery/alert-text.ts';
import { alertId, planAlerts, type Cause, type PendingAlert } from '../../src/recovery/alerts.ts';
import { CATEGORIES } from '../../src/recovery/category.ts';
import { RULE_NAMES } from '../../src/recovery/classify.ts';

const NOW = Date.parse('2026-11-24T11:05:00.000Z');
const HOUR_MS = 3_600_000;
const LIMITS = { everySeconds: 3600, perHour: 10 };
const NOTHING = { parked: 0, archived: 0, held: 0 };
const SENDER: Sender = { service: 'reprocessor-prod', region: 'eu-west-1', archiveBucket: 'the-archive' };

function pending(n: number, change: Partial<PendingAlert> = {}): PendingAlert {
  const cause: Cause = { target: `orders-${n}`, category: 'defect', rule: 'module-missing', intake: null };
  return {
    id: alertId(cause, NOTHING),
    cause,
    tally: { parked: 3, archived: 0, held: 0 },
    text: 'Cannot find module *',
    samples: [
      {
        deathId: '0a1b2c3d-0000-4000-8000-000000000001',
        archiveId: 'parked/v1/intake=orders-dlq/date=2026-11-24/01K.jsonl.gz@0+345.0',
      },
      { deathId: null, archiveId: 'parked/v1/intake=orders-dlq/date=2026-11-24/01K.jsonl.gz@0+345.1' },
    ],
    firstAtMs: NOW - 60_000 + n,
    lastAtMs: NOW - 1_000,
    lastAlertAtMs: null,
    reported: NOTHING,
    ...change,
  };
}

function many(count: number): PendingAlert[] {
  return Array.from({ length: count }, (_, n) => pending(n));
}

describe('which alerts go out', () => {
  test('a new cause at once, the oldest first', () => {
    const [a, b] = many(2);
    if (a === undefined || b === undefined) throw new Error('two were made');
    expect(planAlerts([b, a], { alerts: 0, digests: 0 }, LIMITS, NOW)).toEqual({
      alone: [a, b],
      digest: [],
    });
  });

  test('a known cause not before its last alert is long enough ago', () => {
    const young = pending(1, { lastAlertAtMs: NOW - HOUR_MS + 1 });
    const old = pending(2, { lastAlertAtMs: NOW - HOUR_MS });
    expect(planAlerts([young, old], { alerts: 0, digests: 0 }, LIMITS, NOW)).toEqual({
      alone: [old],
      digest: [],
    });
  });

  test('no more than ten an hour alone, the rest together, and the rest of the rest in the next hour', () => {
    const plan = planAlerts(many(25), { alerts: 4, digests: 0 }, LIMITS, NOW);
    expect(plan.alone).toHaveLength(6);
    expect(plan.digest).toHaveLength(19);
    expect(planAlerts(many(25), { alerts: 10, digests: 1 }, LIMITS, NOW)).toEqual({
      alone: [],
      digest: [],
    });
  });

  test('no more causes in a digest than it names', () => {
    const plan = planAlerts(many(150), { alerts: 10, digests: 0 }, LIMITS, NOW);
    expect(plan.digest).toHaveLength(100);
  });

  test('whatever is pending, at most eleven notices go out in an hour, and no cause twice', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(15), fc.nat(2), (count, alerts, digests) => {
        const { alone, digest } = planAlerts(many(count), { alerts, digests }, LIMITS, NOW);
        expect(alone.length).toBeLessThanOrEqual(Math.max(0, 10 - alerts));
        expect(digest.length === 0 || digests === 0).toBe(true);
        expect(new Set([...alone, ...digest]).size).toBe(alone.length + digest.length);
        if (digests === 0) expect(alone.length + digest.length).toBe(count);
      }),
    );
  });
});

describe('what an alert says', () => {
  test('cause, target, counts, times, samples, the next step, and how to look', () => {
    const { subject, body, attributes } = alertOf(pending(1), SENDER);
    expect(subject).toBe('[3 dead events] orders-1: defect, module-missing');
    expect(body.split('\n')).toEqual([
      '3 dead events of orders-1 need a change of the code.',
      '',
      'Cause         Cannot find module *',
      'Judged        defect, by the rule module-missing',
      'Target        orders-1',
      'Done          3 parked.',
      'When          2026-11-24T11:04:00.001Z to 2026-11-24T11:04:59.000Z',
      'Samples       0a1b2c3d-0000-4000-8000-000000000001 in parked/v1/intake=orders-dlq/date=2026-11-24/01K.jsonl.gz@0+345.0',
      '              parked/v1/intake=orders-dlq/date=2026-11-24/01K.jsonl.gz@0+345.1',
      'Next step     Mend the code and deploy it. Parked events come back by themselves when a first one of them succeeds.',
      "Look          aws s3 cp 's3://the-archive/parked/v1/intake=orders-dlq/date=2026-11-24/01K.jsonl.gz' - | zcat",
      '',
      `reprocessor-prod in eu-west-1. Alert ${pending(1).id}: if it comes again with this id, the later one counts everything.`,
    ]);
    expect(attributes).toEqual({
      kind: 'alert',
      target: 'orders-1',
      category: 'defect',
      rule: 'module-missing',
    });
  });

  test('what would have been done, where the target is paused or only observed', () => {
    const { body } = alertOf(pending(1, { tally: { parked: 2, archived: 1, held: 2 } }), SENDER);
    expect(body).toContain(
      'Done          2 parked, 1 archived for good. 2 of them would have been handed over: the target is paused or observed.',
    );
  });

  test('a next step of its own for every category, and for what the record itself is', () => {
    const stepOf = (category: Cause['category'], rule: string): string => {
      const { body } = alertOf(pending(1, { cause: { target: null, intake: null, category, rule } }), SENDER);
      return /^Next step {5}(.+)$/m.exec(body)?.[1] ?? '';
    };
    const steps = CATEGORIES.map((category) => stepOf(category, 'some-rule'));
    expect(new Set(steps).size).toBe(CATEGORIES.length);
    expect(stepOf('unknown', 'foreign-record')).toContain('no dead letter');
    expect(stepOf('misconfigured', 'sender-not-declared')).toContain('senders');
    expect(stepOf('unknown', 'toString')).toBe(stepOf('unknown', 'some-rule'));
  });

  test('a subject that SNS takes, however long the names are', () => {
    for (const rule of RULE_NAMES) {
      const target = `arn:aws:lambda:eu-west-1:111122223333:function:${'f'.repeat(64)}:${'a'.repeat(128)}`;
      const { subject } = alertOf(
        pending(1, { cause: { target, intake: null, category: 'misconfigured', rule } }),
        SENDER,
      );
      expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
    }
  });

  test('in a digest, one line per cause, with all that subscribers filter by', () => {
    const { subject, body, attributes } = digestOf(many(3), SENDER);
    expect(subject).toBe('[9 dead events] 3 more causes');
    expect(body.split('\n')).toContain('- orders-2: defect, module-missing: 3 parked. Cannot find module *');
    expect(attributes).toEqual({
      kind: 'digest',
      category: ['defect'],
      rule: ['module-missing'],
      target: ['orders-0', 'orders-1', 'orders-2'],
    });
    expect(Buffer.byteLength(digestOf(many(100), SENDER).body)).toBeLessThan(256 * 1024);
  });

  test('the queue, where no target is known', () => {
    const cause: Cause = { target: null, intake: 'old-dlq', category: 'unknown', rule: 'foreign-record' };
    const { subject, body } = alertOf(pending(1, { cause }), SENDER);
    expect(subject).toBe('[3 dead events] queue old-dlq: unknown, foreign-record');
    expect(body).toContain('\nTarget        none declared\nIntake        old-dlq\n');
  });

  test('the same id until it has been cleared, and another afterwards', () => {
    const { cause } = pending(1);
    expect(alertId(cause, NOTHING)).toBe(alertId(cause, NOTHING));
    expect(alertId(cause, { ...NOTHING, parked: 3 })).not.toBe(alertId(cause, NOTHING));
    expect(alertId({ ...cause, rule: 'another' }, NOTHING)).not.toBe(alertId(cause, NOTHING));
  });
});
