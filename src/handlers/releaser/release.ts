import pMap from 'p-map';
import { isInTurn } from '../../recovery/intakes.ts';
import type { TargetPolicy } from '../../recovery/policy.ts';
import { nextProbeAtMs, retryAtMs } from '../../recovery/release/openers.ts';
import {
  begin,
  climb,
  ease,
  exceeds,
  forgive,
  NO_RESULTS,
  quotaOf,
  rampAt,
  SYNC_STEP_MS,
  tally,
  type Ramp,
  type Tally,
} from '../../recovery/release/ramp.ts';
import { isFinished, type Brought } from './bring-back.ts';
import { expectDeaths } from './expect-deaths.ts';
import { ParkedEvents, type ParkedEvent } from './parked-events.ts';
import { leaseOf, type HeldCircuit, type ReleaserRun } from './run.ts';
import { inTurns, Turns } from './turns.ts';
import type { TargetSight } from './work-circuit.ts';

/** What a release has come to so far, in this run. */
type Progress = {
  readonly ramp: Ramp;
  /** Results of calls, which are known at once. */
  readonly recent: Tally;
  readonly brought: number;
  readonly died: number;
  /** What is still where it was: it is not tried twice in one release. `held`: of these, what could not even be tried. */
  readonly remained: number;
  readonly held: number;
  /** How long a rate is held before it is doubled. */
  readonly stepMs: number;
};

type Ending = 'all-tried' | 'share-exceeded' | 'out-of-time';

/** A second: what begins together begins at its beginning. */
const TICK_MS = 1000;

/**
 * Brings a group back: in the order of its parking, slowly at first, as fast as the policy says, and no further when too much of
 * it dies again. One group of a target at a time: the policy's rate is the target's. Ends with the run, for the next to go on.
 */
export async function release(run: ReleaserRun, held: HeldCircuit, { target }: TargetSight): Promise<void> {
  const { ports, owner, nowMs } = run;
  if (!(await ports.circuits.takeTarget(target.key, leaseOf(run), nowMs()))) return;
  try {
    const events = new ParkedEvents(run, held.circuit.group.key, {
      onlyDue: held.circuit.trial?.opener === 'due',
      isInTurn: isInTurn(run.policy, target),
    });
    const turns = new Turns();
    const start: Progress = {
      ramp: rampAt(held.circuit.trial?.ratePerSecond ?? 1, nowMs()),
      recent: NO_RESULTS,
      brought: 0,
      died: 0,
      remained: 0,
      held: 0,
      stepMs: SYNC_STEP_MS,
    };
    const { ending, progress } = await bringAllBack(run, held, target, { events, turns }, start);
    if (!held.isLost) await end(run, held, ending, progress);
  } finally {
    await ports.circuits.leaveTarget(target.key, owner);
  }
}

async function bringAllBack(
  run: ReleaserRun,
  held: HeldCircuit,
  target: TargetPolicy,
  { events, turns }: { readonly events: ParkedEvents; readonly turns: Turns },
  start: Progress,
): Promise<{ readonly ending: Ending; readonly progress: Progress }> {
  let progress = start;
  while (!held.isLost) {
    if (run.nowMs() >= run.stopAtMs) return { ending: 'out-of-time', progress };
    progress = faster(run, target, progress);
    const batch = await events.next(quotaOf(progress.ramp, run.nowMs()));
    const isAtEnd = batch.length === 0 && quotaOf(progress.ramp, run.nowMs()) > 0;
    if (isAtEnd) return { ending: 'all-tried', progress };
    const results = await held.during(bringBackTogether(run, held, target, batch, turns), () =>
      run.ports.circuits.takeTarget(target.key, leaseOf(run), run.nowMs()),
    );
    await events.finish(
      batch.filter((_, index) => results[index] !== undefined && isFinished(results[index])),
    );
    progress = after(run, progress, results);
    await renew(run, held, target, progress, results);
    if (tooManyDied(held, target, progress)) return { ending: 'share-exceeded', progress };
    if (results.length > 0 && results.every(({ kind }) => kind === 'busy')) {
      return { ending: 'out-of-time', progress };
    }
    await nextTick(run, progress.ramp);
  }
  return { ending: 'out-of-time', progress };
}

async function bringBackTogether(
  run: ReleaserRun,
  { circuit }: HeldCircuit,
  { release: { concurrency } }: TargetPolicy,
  batch: readonly ParkedEvent[],
  turns: Turns,
): Promise<readonly Brought[]> {
  const results = new Map<ParkedEvent, Brought>();
  await pMap(
    inTurns(batch),
    async (ofKey) => {
      for (const event of ofKey) results.set(event, await turns.bringBack(run, circuit, event));
    },
    { concurrency },
  );
  return batch.flatMap((event) => results.get(event) ?? []);
}

/** Doubles a rate that has held: for a second where results are known at once, else for as long as a death takes to come back. */
function faster({ nowMs }: ReleaserRun, { release }: TargetPolicy, before: Progress): Progress {
  const ramp = forgive(before.ramp, nowMs());
  return { ...before, ramp: climb(ramp, before.stepMs, release.ratePerSecond, nowMs()) };
}

function after({ nowMs }: ReleaserRun, before: Progress, results: readonly Brought[]): Progress {
  const count = (kind: Brought['kind']): number => results.filter((one) => one.kind === kind).length;
  const died = count('died') + count('uncertain') + count('rejected');
  const watched = results.flatMap((one) => (one.kind === 'accepted' ? [one.watchMs] : []));
  const ramp = begin(before.ramp, results.length);
  return {
    ramp: count('busy') > 0 ? ease(ramp, nowMs()) : ramp,
    recent: tally(before.recent, count('succeeded') + died, died),
    brought: before.brought + results.filter(isFinished).length,
    died: before.died + died,
    remained: before.remained + results.filter((one) => !isFinished(one)).length,
    held: before.held + count('held') + count('busy') + count('rejected'),
    stepMs: Math.max(before.stepMs, ...watched),
  };
}

/** Writes down how far it is: what was accepted and the rate, for the run that goes on, and the lease. */
async function renew(
  run: ReleaserRun,
  held: HeldCircuit,
  { key }: TargetPolicy,
  { ramp }: Progress,
  results: readonly Brought[],
): Promise<void> {
  const accepted = results.filter(({ kind }) => kind === 'accepted').length;
  if (accepted === 0 && !held.isRenewalDue) return;
  if (accepted > 0) await expectDeaths(run, key, results);
  await held.save({
    accepted: (held.circuit.trial?.accepted ?? 0) + accepted,
    ratePerSecond: ramp.ratePerSecond,
  });
  await run.ports.circuits.takeTarget(key, leaseOf(run), run.nowMs());
}

/** Of what is called the result is known at once; of what is accepted the deaths come back and are counted by the intake. */
function tooManyDied({ circuit }: HeldCircuit, { release }: TargetPolicy, { recent }: Progress): boolean {
  const { accepted, diedSame } = circuit.trial ?? { accepted: 0, diedSame: 0 };
  return (
    exceeds(recent, release.stopAtShare) ||
    exceeds({ results: accepted, died: diedSame }, release.stopAtShare)
  );
}

/** Waits for the next second, unless that has begun: what took a little too long must not cost a whole second. */
async function nextTick({ nowMs, sleep }: ReleaserRun, ramp: Ramp): Promise<void> {
  const isSlower = ramp.begun === 0; // its rate has just been halved
  if (!isSlower && quotaOf(ramp, nowMs()) > 0) return;
  const intoTickMs = (nowMs() - ramp.sinceMs) % TICK_MS;
  await sleep(TICK_MS - intoTickMs);
}

async function end(run: ReleaserRun, held: HeldCircuit, ending: Ending, progress: Progress): Promise<void> {
  const { group } = held.circuit;
  const { brought, died } = progress;
  const step = { group: group.key, cause: group.cause, brought, died };
  switch (ending) {
    case 'out-of-time':
      await held.save({ ratePerSecond: progress.ramp.ratePerSecond });
      return run.onStep({ ...step, on: 'paused' });
    case 'share-exceeded':
      await close(run, held, 'share-exceeded', progress);
      await tellPeople(run, held, died + (held.circuit.trial?.diedSame ?? 0));
      return run.onStep({ ...step, on: 'share-exceeded' });
    case 'all-tried':
      return endOfEvents(run, held, progress, step);
  }
}

async function endOfEvents(
  run: ReleaserRun,
  held: HeldCircuit,
  progress: Progress,
  step: Omit<Parameters<ReleaserRun['onStep']>[0], 'on'>,
): Promise<void> {
  if (progress.remained > 0) {
    await close(run, held, 'some-remain', progress);
    return run.onStep({ ...step, on: 'some-remain' });
  }
  // What has come meanwhile, or is not due yet, is looked at again in its time.
  if (!(await held.settle())) await dueLater(run, held);
  run.onStep({ ...step, on: 'emptied' });
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
