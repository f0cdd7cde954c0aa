import { nextProbeAtMs, retryAtMs } from '../../recovery/release/openers.ts';
import { bringAllBack, type Ending, type Progress } from './bring-all-back.ts';
import { leaseOf, type HeldCircuit, type ReleaserRun } from './run.ts';
import type { TargetSight } from './work-circuit.ts';

/**
 * Brings a group back: in the order of its parking, slowly at first, as fast as the policy says, and no further when too much of
 * it dies again. One group of a target at a time: the policy's rate is the target's. Ends with the run, for the next to go on.
 */
export async function release(run: ReleaserRun, held: HeldCircuit, { target }: TargetSight): Promise<void> {
  const { ports, owner, nowMs } = run;
  if (!(await ports.circuits.takeTarget(target.key, leaseOf(run), nowMs()))) return;
  try {
    const { ending, progress } = await bringAllBack(run, held, target);
    if (!held.isLost) await end(run, held, ending, progress);
  } finally {
    await ports.circuits.leaveTarget(target.key, owner);
  }
}

async function end(run: ReleaserRun, held: HeldCircuit, ending: Ending, progress: Progress): Promise<void> {
  switch (ending) {
    case 'out-of-time':
      await held.save({ ratePerSecond: progress.ramp.ratePerSecond });
      return held.report('paused', progress);
    case 'share-exceeded':
      await close(run, held, 'share-exceeded', progress);
      await tellPeople(run, held, progress.died + (held.circuit.trial?.diedSame ?? 0));
      return held.report('share-exceeded', progress);
    case 'all-tried':
      return endOfEvents(run, held, progress);
  }
}

async function endOfEvents(run: ReleaserRun, held: HeldCircuit, progress: Progress): Promise<void> {
  if (progress.remained > 0) {
    await close(run, held, 'some-remain', progress);
    return held.report('some-remain', progress);
  }
  // What has come meanwhile, or is not due yet, is looked at again in its time.
  if (!(await held.settle())) await dueLater(run, held);
  held.report('emptied', progress);
}

async function close(
  run: ReleaserRun,
  held: HeldCircuit,
  on: 'share-exceeded' | 'some-remain',
  progress: Progress,
): Promise<void> {
  const { group, probes } = held.circuit;
  const next = { group, sinceMs: run.nowMs(), probes };
  const nextAtMs = progress.held > 0 ? retryAtMs(next, run.policy) : nextProbeAtMs(next, run.policy);
  await held.save({ on, nextAtMs, trial: null });
}

async function dueLater(run: ReleaserRun, held: HeldCircuit): Promise<void> {
  const page = { after: null, limit: DUE_POINTERS };
  const pointers = await run.ports.circuits.pointers(held.circuit.group.key, page);
  const dues = pointers.map(({ dueAtMs }) => dueAtMs ?? run.nowMs());
  if (dues.length > 0) await held.saveFlowing(Math.min(...dues));
}

/** Enough to find the next due time among: an open group has as many pointers as it has had batches of late. */
const DUE_POINTERS = 100;

/** A group that was closed again is told of by itself: somebody may have just said that it is mended. */
async function tellPeople(
  { ports, nowMs }: ReleaserRun,
  { circuit }: HeldCircuit,
  died: number,
): Promise<void> {
  const { target, category, cause } = circuit.group;
  await ports.ledger.note(
    {
      cause: { target, intake: null, category, rule: 'release-stopped' },
      tally: { parked: died, archived: 0, held: 0 },
      text: cause,
      samples: [],
    },
    nowMs(),
  );
}
