import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Act, Intent, Ledger, Operations } from '../../src/recovery/ports.ts';

const NOW = 1_790_000_000_000;
const SECOND = 1000;

/** What every ledger does for people. */
export function operationsContract(
  name: string,
  open: () => Promise<{ readonly ledger: Ledger; readonly operations: Operations }>,
): void {
  describe(`operations (${name})`, () => {
    let ledger: Ledger;
    let operations: Operations;

    beforeEach(async () => {
      ({ ledger, operations } = await open());
    });
    afterEach(async () => {
      for (const { target } of await operations.pauses()) await operations.resume(target);
    });

    const why = { who: 'arn:aws:iam::000000000000:user/ann', reason: 'the warehouse is shut', atMs: NOW };

    test('the stop button stops what it names, says who pressed it and why, and lets go', async () => {
      expect(await operations.pauses()).toEqual([]);
      await operations.pause('orders', { ...why, reason: 'the first word' });
      await operations.pause('orders', why);
      expect(await operations.pauses()).toEqual([{ target: 'orders', ...why }]);
      expect((await ledger.standing([], ['orders', 'payouts'], NOW)).paused).toEqual(new Set(['orders']));
      expect(await operations.resume(null)).toBe(false);
      expect(await operations.resume('orders')).toBe(true);
      expect(await operations.resume('orders')).toBe(false);
      expect((await ledger.standing([], ['orders'], NOW)).paused).toEqual(new Set());
    });

    test('the stop button for all stops whatever is named', async () => {
      await operations.pause(null, why);
      expect(await operations.pauses()).toEqual([{ target: null, ...why }]);
      expect((await ledger.standing([], ['orders'], NOW)).paused).toEqual(new Set(['orders']));
      expect(await operations.resume(null)).toBe(true);
    });

    test('acts are given newest first, in pages', async () => {
      const who = `arn:aws:iam::000000000000:user/${randomUUID()}`;
      const act = (n: number): Act => ({
        who,
        what: 'release',
        subject: `group ${n}`,
        reason: `reason ${n}`,
        atMs: NOW + n * SECOND,
      });
      for (const n of [2, 1, 3]) await operations.record(act(n));
      const first = await operations.acts({ after: null, limit: 2 });
      expect(first).toMatchObject([act(3), act(2)]);
      const rest = await operations.acts({ after: first[1]?.id ?? '', limit: 2 });
      expect(rest.filter((one) => one.who === who)).toMatchObject([act(1)]);
    });

    test('of a death it is known who has the event, and since when', async () => {
      const deathId = randomUUID();
      expect(await operations.deathStanding(deathId)).toBeNull();
      await ledger.claim(deathId, 'message-1', NOW, NOW + 30 * SECOND);
      expect(await operations.deathStanding(deathId)).toEqual({ ending: null, atMs: null });
      await ledger.finish(deathId, 'message-1', 'parked', NOW + SECOND);
      expect(await operations.deathStanding(deathId)).toEqual({ ending: 'parked', atMs: NOW + SECOND });
    });

    test('the re-invocations of an event are given in their order, and by the id of each that was accepted', async () => {
      const origin = randomUUID();
      const intent = (reinvocation: number, change: Partial<Intent> = {}): Intent => ({
        origin,
        deathId: origin,
        target: 'orders',
        payloadSha256: 'a'.repeat(64),
        reinvocation,
        madeAtMs: NOW + reinvocation * SECOND,
        openUntilMs: NOW + 60 * SECOND,
        trial: null,
        ...change,
      });
      const [second, first] = [intent(2, { trial: { group: 'g', id: 't' } }), intent(1)];
      for (const one of [second, first, intent(1, { origin: `${origin}-other` })]) await ledger.intend(one);
      await ledger.accepted(second, `${origin}-accepted`);
      expect(await operations.attempts(first)).toEqual([
        { ...first, requestId: null, died: false },
        { ...second, requestId: `${origin}-accepted`, died: false },
      ]);
      expect(await operations.acceptedAs(`${origin}-accepted`)).toEqual({
        origin,
        reinvocation: 2,
        trial: { group: 'g', id: 't' },
      });
      expect(await operations.acceptedAs('no such id')).toBeNull();
    });
  });
}
