import { formatArchiveId } from '../../recovery/archive-entry.ts';
import { fractionOf } from '../../recovery/digest.ts';
import { isInTurn } from '../../recovery/intakes.ts';
import type { StoredPointer } from '../../recovery/ports.ts';
import {
  canariesOf,
  canaryChoice,
  verdictOnAccepted,
  type CanaryChoice,
  type Circuit,
} from '../../recovery/release/circuit.ts';
import { nextProbeAtMs, retryAtMs } from '../../recovery/release/openers.ts';
import { isFinished, type Brought } from './bring-back.ts';
import { expectDeaths } from './expect-deaths.ts';
import { readPointer, type ParkedEvent } from './parked-events.ts';
import type { HeldCircuit, ReleaserRun } from './run.ts';
import { Turns } from './turns.ts';
import type { TargetSight } from './work-circuit.ts';

/**
 * Tries the canaries of a trial, or looks whether those that a target has accepted have died meanwhile. Leaves the circuit parked,
 * releasing, or still probing where time has to tell.
 */
export async function probe(run: ReleaserRun, held: HeldCircuit, sight: TargetSight): Promise<void> {
  const { trial } = held.circuit;
  if (trial === null) throw new Error('a group is probed without a trial');
  if (trial.accepted > 0) return watch(run, held);
  const tried = await held.during(tryCanaries(run, held, sight));
  // A budget that is spent says nothing: the canary is tried at the next minute.
  if (tried.length === 0) return sight.budget.isSpent ? undefined : settleEmpty(held);
  const kinds = new Set(tried.map(({ kind }) => kind));
  if (kinds.has('succeeded')) return conclude(run, held, 'canary-succeeded', tried);
  const accepted = tried.filter((brought) => brought.kind === 'accepted');
  if (accepted.length > 0) {
    const watchedUntilMs = await expectDeaths(run, sight.target.key, accepted);
    return held.save({ accepted: accepted.length, watchedUntilMs, nextAtMs: watchedUntilMs });
  }
  // The target could not take it just now: the trial goes on at the next minute.
  if (kinds.has('busy')) return held.save({ nextAtMs: run.nowMs() });
  const died = kinds.has('died') || kinds.has('uncertain');
  return conclude(run, held, died ? 'canary-died' : 'canary-inconclusive', tried);
}

async function watch(run: ReleaserRun, held: HeldCircuit): Promise<void> {
  const { trial } = held.circuit;
  const verdict = trial === null ? 'canary-inconclusive' : verdictOnAccepted(trial, run.nowMs());
  if (verdict !== null) await conclude(run, held, verdict, []);
}

async function conclude(
  run: ReleaserRun,
  held: HeldCircuit,
  on: 'canary-succeeded' | 'canary-died' | 'canary-inconclusive',
  tried: readonly Brought[],
): Promise<void> {
  const { group, probes } = held.circuit;
  const sinceMs = run.nowMs();
  const next = { group, sinceMs, probes };
  const nextAtMs = on === 'canary-died' ? nextProbeAtMs(next, run.policy) : retryAtMs(next, run.policy);
  await held.save(on === 'canary-succeeded' ? { on, nextAtMs: null } : { on, nextAtMs, trial: null });
  held.report(on, {
    brought: tried.filter(isFinished).length,
    died: tried.filter(({ kind }) => kind === 'died').length,
  });
}

/** Nothing is parked here any more: the group flows. */
async function settleEmpty(held: HeldCircuit): Promise<void> {
  await held.settle();
  held.report('emptied');
}

/** Events that say nothing, since they turn out to be elsewhere already, are passed over; so many and the probe ends. */
const MOST_DRAWN = 10;

/** One after the other, until one succeeds: a canary is the least that tells. */
async function tryCanaries(
  run: ReleaserRun,
  held: HeldCircuit,
  { target, budget }: TargetSight,
): Promise<readonly Brought[]> {
  const { circuit } = held;
  // Where order counts only the first may be tried.
  const inTurn = isInTurn(run.policy, target);
  const turns = new Turns();
  const { opener } = circuit.trial ?? { opener: 'probe-due' };
  const tried: Brought[] = [];
  let telling = 0;
  const most = inTurn ? 1 : canariesOf(opener);
  while (telling < most && tried.length < MOST_DRAWN && !budget.isSpent) {
    const choice = inTurn || opener === 'due' ? 'oldest' : canaryChoice(circuit.probes, tried.length);
    const canary = await draw(run, circuit, choice, { index: inTurn ? 0 : tried.length, inTurn });
    if (canary === null) break;
    const brought = await turns.bringBack(run, circuit, canary);
    if (isFinished(brought)) await takeOut(run, canary);
    tried.push(brought);
    if (brought.kind === 'succeeded' || brought.kind === 'busy') break;
    if (brought.kind === 'already' || brought.kind === 'moved') continue;
    budget.spend(brought.kind === 'accepted' ? brought.executions : 1);
    telling++;
  }
  return tried;
}

/**
 * Draws the trial's next canary. `index`: how many it has drawn; the oldest one is then the oldest that was not drawn yet. `inTurn`:
 * whether nothing may be drawn from behind what is not due.
 */
async function draw(
  run: ReleaserRun,
  circuit: Circuit,
  choice: CanaryChoice,
  { index, inTurn }: { readonly index: number; readonly inTurn: boolean },
): Promise<ParkedEvent | null> {
  const pointers = await pointersFor(run, circuit, choice);
  const isOpen = circuit.trial?.opener === 'due';
  const isReady = ({ dueAtMs }: StoredPointer): boolean =>
    !isOpen || dueAtMs === null || dueAtMs <= run.nowMs();
  const firstLate = pointers.findIndex((pointer) => !isReady(pointer));
  const ready = inTurn && firstLate >= 0 ? pointers.slice(0, firstLate) : pointers.filter(isReady);
  const places = ready.flatMap((pointer) => pointer.events.map((at) => ({ pointer, at })));
  const chosen = places[placeOf(choice, index, places.length, circuit.trial?.id ?? '')];
  if (chosen === undefined) return null;
  const [event] = await readPointer(run, { ...chosen.pointer, events: [chosen.at] });
  return event === undefined ? null : { ...event, pointer: chosen.pointer };
}

/** Enough to draw from: reading all pointers of a large group to pick one event of it would cost more than the canary. */
const POINTERS_TO_DRAW_FROM = 20;

function pointersFor(
  { ports }: ReleaserRun,
  { group }: Circuit,
  choice: CanaryChoice,
): Promise<readonly StoredPointer[]> {
  const newestFirst = choice === 'newest';
  return ports.circuits.pointers(group.key, { after: null, limit: POINTERS_TO_DRAW_FROM, newestFirst });
}

/** Which of so many places. The next time a trial draws, it is not the same one again. */
function placeOf(choice: CanaryChoice, index: number, count: number, seed: string): number {
  switch (choice) {
    case 'oldest':
      return Math.min(index, count - 1);
    case 'newest':
      return 0;
    case 'random':
      return Math.floor(fractionOf(`${seed}/${index}`) * count);
  }
}

async function takeOut({ ports }: ReleaserRun, { pointer, at }: ParkedEvent): Promise<void> {
  const id = formatArchiveId(at);
  const rest = pointer.events.filter((other) => formatArchiveId(other) !== id);
  await ports.circuits.keep(pointer, rest);
}
