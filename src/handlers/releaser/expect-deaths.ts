import { watchedMs, type Brought } from './bring-back.ts';
import type { ReleaserRun } from './run.ts';

/**
 * Has the intake look, for as long as these may die, whether a death of the target's answers what was handed over here. Gives until
 * when, epoch milliseconds.
 */
export async function expectDeaths(
  { ports, nowMs }: ReleaserRun,
  target: string,
  results: readonly Brought[],
): Promise<number> {
  const untilMs = nowMs() + Math.max(...watchedMs(results));
  await ports.circuits.expectDeaths(target, untilMs);
  return untilMs;
}
