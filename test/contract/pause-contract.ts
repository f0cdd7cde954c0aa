import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Ledger } from '../../src/recovery/ports.ts';

const NOW = 1_790_000_000_000;

export type PausableLedger = {
  readonly ledger: Pick<Ledger, 'standing'>;
  /** Presses the stop button for one target, or with null for all. */
  readonly pause: (target: string | null) => Promise<void>;
  readonly resume: () => Promise<void>;
};

/** What the stop button does in every ledger. */
export function pauseContract(name: string, open: () => Promise<PausableLedger>): void {
  describe(`the stop button (${name})`, () => {
    let subject: PausableLedger;

    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.resume());

    async function paused(...targets: string[]): Promise<unknown> {
      return (await subject.ledger.standing(['no|such|group'], targets, NOW)).paused;
    }

    test('stops nothing as long as nobody presses it', async () => {
      expect(await paused('orders', 'payouts')).toEqual(new Set());
    });

    test('stops one target', async () => {
      await subject.pause('orders');
      expect(await paused('orders', 'payouts')).toEqual(new Set(['orders']));
    });

    test('stops all targets', async () => {
      await subject.pause(null);
      expect(await paused('orders', 'payouts')).toEqual(new Set(['orders', 'payouts']));
    });
  });
}
