import type { Brought } from './bring-back.ts';
import type { ReleaserRun } from './run.ts';

/** Has the intake look, for as long as these may die, whether a death of the target's answers what was handed over here. */
export async function expectDeaths(
  { ports, nowMs }: ReleaserRun,
  target: string,
  results: readonly Brought[],
): Promise<void> {
  const watched = results.flatMap((one) => (one.kind === 'accepted' ? [one.watchMs] : []));
  await ports.circuits.expectDeaths(target, nowMs() + Math.max(...watched));
}
