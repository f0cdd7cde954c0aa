import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '../../src/recovery/backoff.ts';

const policy = { firstSeconds: 30, factor: 2, maxSeconds: 900 };

test('a delay grows by the factor up to the maximum, less at most a quarter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.string(), (reinvocation, seed) => {
      const full = Math.min(30 * 2 ** (reinvocation - 1), 900) * 1000;
      const delay = backoffMs(policy, reinvocation, seed);
      expect(delay).toBeLessThanOrEqual(full);
      expect(delay).toBeGreaterThanOrEqual(full * 0.75 - 1);
    }),
  );
});

test('a second look at the same event gives the same delay, another event another one', () => {
  expect(backoffMs(policy, 1, 'a')).toBe(backoffMs(policy, 1, 'a'));
  const delays = Array.from({ length: 100 }, (_, n) => backoffMs(policy, 1, `event-${n}`));
  expect(new Set(delays).size).toBeGreaterThan(90);
});
