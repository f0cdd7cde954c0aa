import { beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Cause, Filed, PendingAlert, Tally } from '../../src/recovery/alerts.ts';
import type { Ledger, Outbox } from '../../src/recovery/ports.ts';

const NOW = 1_790_000_000_000;
const SECOND = 1000;
const HOUR_MS = 3_600_000;

export type OutboxUnderTest = {
  readonly ledger: Pick<Ledger, 'note'>;
  readonly outbox: Outbox;
};

/** What every outbox does. Each test works on a cause and an hour of its own, so that one table serves all. */
export function outboxContract(name: string, open: () => Promise<OutboxUnderTest>): void {
  describe(`the outbox (${name})`, () => {
    let ledger: Pick<Ledger, 'note'>;
    let outbox: Outbox;
    let cause: Cause;

    beforeEach(async () => {
      ({ ledger, outbox } = await open());
      cause = { target: `orders-${randomUUID()}`, category: 'defect', rule: 'module-missing', intake: null };
    });

    function filed(tally: Partial<Tally>, archiveId = 'parked/v1/a@0+1.0'): Filed {
      return {
        cause,
        tally: { parked: 0, archived: 0, held: 0, ...tally },
        text: 'Cannot find module *',
        samples: [{ deathId: null, archiveId }],
      };
    }

    async function pending(): Promise<PendingAlert | null> {
      const { alerts } = await outbox.pending();
      return alerts.find((alert) => alert.cause.target === cause.target) ?? null;
    }

    async function take(): Promise<PendingAlert> {
      const alert = await pending();
      if (alert === null) throw new Error('nothing is pending');
      return alert;
    }

    test('sums up what has been noted of a cause, with the first samples and both times', async () => {
      expect(await pending()).toBeNull();
      await ledger.note(filed({ parked: 2, held: 1 }, 'parked/v1/first@0+1.0'), NOW);
      await ledger.note(filed({ parked: 1, archived: 4 }, 'parked/v1/second@0+1.0'), NOW + SECOND);
      expect(await pending()).toMatchObject({
        cause,
        tally: { parked: 3, archived: 4, held: 1 },
        text: 'Cannot find module *',
        samples: [{ deathId: null, archiveId: 'parked/v1/first@0+1.0' }],
        firstAtMs: NOW,
        lastAtMs: NOW + SECOND,
        lastAlertAtMs: null,
      });
    });

    test('loses no count among many consumers at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => ledger.note(filed({ parked: 1 }), NOW)));
      expect(await pending()).toMatchObject({ tally: { parked: 20 } });
    });

    test('is empty once what was pending is published, and begins anew with another id', async () => {
      await ledger.note(filed({ parked: 2 }), NOW);
      const first = await take();
      await outbox.published(first, NOW + SECOND);
      expect(await pending()).toBeNull();
      await ledger.note(filed({ parked: 5 }, 'parked/v1/later@0+1.0'), NOW + 2 * SECOND);
      const second = await take();
      expect(second).toMatchObject({
        tally: { parked: 5, archived: 0 },
        samples: [{ archiveId: 'parked/v1/later@0+1.0' }],
        firstAtMs: NOW + 2 * SECOND,
        lastAlertAtMs: NOW + SECOND,
      });
      expect(second.id).not.toBe(first.id);
    });

    test('keeps what came while an alert was being published', async () => {
      await ledger.note(filed({ parked: 2 }), NOW);
      const alert = await take();
      await ledger.note(filed({ parked: 3, held: 3 }), NOW + SECOND);
      await outbox.published(alert, NOW + 2 * SECOND);
      expect(await pending()).toMatchObject({
        tally: { parked: 3, archived: 0, held: 3 },
        lastAlertAtMs: NOW + 2 * SECOND,
      });
    });

    test('gives an alert the same id until it is cleared, however much is added to it', async () => {
      await ledger.note(filed({ parked: 2 }), NOW);
      const { id } = await take();
      await ledger.note(filed({ parked: 3 }), NOW + SECOND);
      expect((await take()).id).toBe(id);
    });

    test('lets one reporter publish an alert at a time, and the next when the lease has run out', async () => {
      await ledger.note(filed({ parked: 2 }), NOW);
      const alert = await take();
      expect(await outbox.take(alert, NOW, NOW + 30 * SECOND)).toBe(true);
      expect(await outbox.take(alert, NOW + 29 * SECOND, NOW + 60 * SECOND)).toBe(false);
      expect(await outbox.take(alert, NOW + 30 * SECOND, NOW + 60 * SECOND)).toBe(true);
    });

    test('gives nobody an alert that has been published since it was read', async () => {
      await ledger.note(filed({ parked: 2 }), NOW);
      const stale = await take();
      await outbox.published(stale, NOW + SECOND);
      expect(await outbox.take(stale, NOW + 2 * SECOND, NOW + 30 * SECOND)).toBe(false);
      await ledger.note(filed({ parked: 1 }), NOW + 3 * SECOND);
      expect(await outbox.take(stale, NOW + 4 * SECOND, NOW + 30 * SECOND)).toBe(false);
      await outbox.published(stale, NOW + 5 * SECOND);
      expect(await pending()).toMatchObject({ tally: { parked: 1 } });
    });

    test('lets the next alert be taken at once after one is published', async () => {
      await ledger.note(filed({ parked: 2 }), NOW);
      const alert = await take();
      await outbox.take(alert, NOW, NOW + 30 * SECOND);
      await outbox.published(alert, NOW + SECOND);
      await ledger.note(filed({ parked: 1 }), NOW + 2 * SECOND);
      expect(await outbox.take(await take(), NOW + 2 * SECOND, NOW + 32 * SECOND)).toBe(true);
    });

    test('counts what has been sent by the hour', async () => {
      const hour = Math.floor(Math.random() * 100_000) * HOUR_MS; // an hour that no other test counts in
      expect(await outbox.sent(hour)).toEqual({ alerts: 0, digests: 0 });
      await outbox.countSent('alerts', hour + SECOND);
      await outbox.countSent('alerts', hour + HOUR_MS - 1);
      await outbox.countSent('digests', hour);
      await outbox.countSent('digests', hour);
      await outbox.uncountSent('digests', hour);
      expect(await outbox.sent(hour)).toEqual({ alerts: 2, digests: 1 });
      expect(await outbox.sent(hour + HOUR_MS)).toEqual({ alerts: 0, digests: 0 });
    });
  });
}
