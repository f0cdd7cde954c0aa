/** How fast a group is brought back: slowly at first, doubling while it works, stopping when it does not. Pure. */

export type Ramp = {
  readonly ratePerSecond: number;
  /** Since when it goes at that rate, epoch milliseconds. */
  readonly sinceMs: number;
  /** Hand-overs begun at that rate. */
  readonly begun: number;
};

/** A rate that holds this long without too many deaths is doubled, where results are known at once. */
export const SYNC_STEP_MS = 1000;

/** What was brought back of late: results are looked at together, old ones fade. */
export type Tally = { readonly results: number; readonly died: number };
export const NO_RESULTS: Tally = { results: 0, died: 0 };

/** Fewer results than this say little of a share: one death of two must not close a group that has just opened. */
const LEAST_RESULTS = 10;
/** Results beyond this count half: a target that fails now is not excused by an hour in which it did not. */
const MEMORY_RESULTS = 100;

/** A ramp that starts, or goes on after a pause, at that rate. */
export function rampAt(ratePerSecond: number, nowMs: number): Ramp {
  return { ratePerSecond, sinceMs: nowMs, begun: 0 };
}

/** How many hand-overs may begin now: each second's share at its beginning, and no more than one second's at once. */
export function quotaOf(ramp: Ramp, nowMs: number): number {
  const { ratePerSecond, begun } = ramp;
  return Math.min(Math.max(0, secondsOf(ramp, nowMs) * ratePerSecond - begun), ratePerSecond);
}

/** The seconds of a ramp, the present one included. */
function secondsOf({ sinceMs }: Ramp, nowMs: number): number {
  return Math.floor((nowMs - sinceMs) / 1000) + 1;
}

/** The ramp without what has been missed in earlier seconds: a second that took too long is not made up for by a burst. */
export function forgive(ramp: Ramp, nowMs: number): Ramp {
  const { ratePerSecond, begun } = ramp;
  return { ...ramp, begun: Math.max(begun, (secondsOf(ramp, nowMs) - 1) * ratePerSecond) };
}

/** The ramp after `count` more hand-overs. */
export function begin(ramp: Ramp, count: number): Ramp {
  return { ...ramp, begun: ramp.begun + count };
}

/** Doubles a rate that has held for the step's time, up to the limit. */
export function climb(ramp: Ramp, stepMs: number, limitPerSecond: number, nowMs: number): Ramp {
  if (ramp.ratePerSecond >= limitPerSecond || nowMs - ramp.sinceMs < stepMs) return ramp;
  return rampAt(Math.min(ramp.ratePerSecond * 2, limitPerSecond), nowMs);
}

/** Halves the rate: the target takes less than it is offered. */
export function ease(ramp: Ramp, nowMs: number): Ramp {
  return rampAt(Math.max(1, Math.floor(ramp.ratePerSecond / 2)), nowMs);
}

/** The tally with more results in it. */
export function tally(before: Tally, results: number, died: number): Tally {
  const sum = { results: before.results + results, died: before.died + died };
  return sum.results <= MEMORY_RESULTS ? sum : { results: sum.results / 2, died: sum.died / 2 };
}

/** Whether so many have died again that the group closes. */
export function exceeds({ results, died }: Tally, stopAtShare: number): boolean {
  return died > stopAtShare * Math.max(results, LEAST_RESULTS);
}
