import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { triage, type LookedAt } from '../../src/recovery/giving-up.ts';

function batch(looks: readonly number[]): LookedAt[] {
  return looks.map((count, n) => ({ messageId: `message-${n}`, looks: count }));
}

describe('which records of an adopted queue are begun', () => {
  test('all of them, as long as none has been begun often', () => {
    expect([...triage(batch([0, 1, 2])).values()]).toEqual(['begin', 'begin', 'begin']);
  });

  test('none that has been begun ten times', () => {
    expect([...triage(batch([10, 11, 0])).values()]).toEqual(['give-up', 'give-up', 'begin']);
  });

  test('about half of those that are suspected, and every one that is not', () => {
    const triaged = triage(batch([...Array.from({ length: 100 }, () => 3), 0, 1, 2]));
    const held = [...triaged.values()].filter((one) => one === 'hold-back').length;
    expect(held).toBeGreaterThan(30);
    expect(held).toBeLessThan(70);
    expect([...triaged.values()].slice(100)).toEqual(['begin', 'begin', 'begin']);
  });

  test('always at least one, so that every batch comes further', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 30 }), (looks) => {
        expect([...triage(batch(looks)).values()].some((one) => one !== 'hold-back')).toBe(true);
      }),
    );
  });

  test('what crashes every batch that it is in is given up, and nearly all that were with it end well', () => {
    const waiting = new Map(batch(Array.from({ length: 64 }, () => 0)).map((one) => [one.messageId, 0]));
    const culprit = 'message-40';
    const givenUp: string[] = [];
    const ended: string[] = [];
    for (let round = 0; waiting.size > 0; round++) {
      if (round > 100) throw new Error('the queue does not empty');
      const triaged = triage([...waiting].map(([messageId, looks]) => ({ messageId, looks })));
      const begun = [...triaged].filter(([, one]) => one === 'begin').map(([messageId]) => messageId);
      for (const messageId of begun) waiting.set(messageId, (waiting.get(messageId) ?? 0) + 1);
      const crashed = begun.includes(culprit);
      for (const [messageId, one] of triaged) {
        const isOver = one === 'give-up' || (one === 'begin' && !crashed);
        if (!isOver || crashed) continue;
        (one === 'give-up' ? givenUp : ended).push(messageId);
        waiting.delete(messageId);
      }
    }
    expect(givenUp).toContain(culprit);
    expect(givenUp.length).toBeLessThanOrEqual(3);
    expect(ended.length).toBeGreaterThanOrEqual(61);
  });
});
