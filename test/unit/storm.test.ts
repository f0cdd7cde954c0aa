import { describe, expect, test } from '@jest/globals';
import { aimsOf } from '../../bench/storm/aims.ts';
import type { OwnFigures } from '../../bench/storm/figures.ts';
import { bringBackNaively, NAIVE_WAYS } from '../../bench/storm/naive.ts';
import { runStorm } from '../../bench/storm/run-storm.ts';
import { SCENARIOS } from '../../bench/storm/scenarios.ts';

/** The storms of the bench, small: as fast, as long an outage, and as much of the policy's time to come back. */

const EVENTS = 5_000;
/** Enough that what the first batches of a storm cost, before its group is closed, is shared by many. */
const EVENTS_OF_AIMS = 10_000;

/** Whatever happens, an event is somewhere, and what runs is what died. */
function expectNothingLost(figures: OwnFigures): void {
  expect(figures.lost).toBe(0);
  expect(figures.altered).toBe(0);
  expect(figures.back).toBe(figures.mended);
}

describe.each(['main', 'manyTexts'] as const)('a storm of one outage (%s)', (name) => {
  test('meets every aim', async () => {
    const figures = await runStorm(SCENARIOS[name].stormOf(EVENTS_OF_AIMS));
    expect(aimsOf(figures).filter(({ isMet }) => !isMet)).toEqual([]);
    expectNothingLost(figures);
    expect(figures.groups).toBe(0);
  });
});

test('a storm at an asynchronous target brings each event back once, and holds each rate for as long as a death takes', async () => {
  const figures = await runStorm(SCENARIOS.asynchronous.stormOf(EVENTS));
  expectNothingLost(figures);
  expect(figures.ranTwice).toBe(0);
  expect(figures.callsToFailingTargets).toBeLessThanOrEqual(200);
  // 5,000 events at 1, 2, 4 … a second, each for the 249 s of three runs, two waits and the way back.
  expect(figures.secondsFromFixToAllBack).toBeGreaterThan(4 * 249);
});

test('a storm of many causes brings back what is mended, and leaves the rest parked', async () => {
  const figures = await runStorm(SCENARIOS.mixed.stormOf(EVENTS));
  expectNothingLost(figures);
  expect(figures.ranTwice).toBe(0);
  expect(figures.mended).toBe((EVENTS / 50) * 3);
  expect(figures.parked).toBe(EVENTS - figures.mended);
  // Ten executions a minute of each of the five targets at most, and far fewer on average.
  expect(figures.callsToFailingTargets).toBeLessThan(5 * figures.minutes * 2);
  // The policy's ten an hour and a digest.
  expect(figures.alerts).toBeLessThanOrEqual(2 * 11);
});

test('a storm in which calls fail loses nothing, and runs twice only what was not answered', async () => {
  const figures = await runStorm(SCENARIOS.faulty.stormOf(EVENTS));
  expectNothingLost(figures);
  expect(figures.faults).toBeGreaterThan(EVENTS / 100);
  expect(figures.ranTwice).toBe(figures.ranTwiceUnanswered);
  expect(figures.ranTwice).toBeLessThan(EVENTS / 100);
});

test.each(NAIVE_WAYS)('$way brings all back, too, at the price of the target', (way) => {
  const figures = bringBackNaively(way, { events: EVENTS, dyingSeconds: 60, mendedAtSecond: 1800 });
  expect(figures.back).toBe(EVENTS);
  expect(figures.callsToFailingTargets).toBeGreaterThan(3 * EVENTS);
});
