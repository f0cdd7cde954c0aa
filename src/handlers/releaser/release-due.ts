import pMap from 'p-map';
import { outageOf } from '../../recovery/group.ts';
import { targetOf } from '../../recovery/intakes.ts';
import type { IntakePolicy, TargetPolicy } from '../../recovery/policy.ts';
import { isHeld } from '../../recovery/release/openers.ts';
import type { Circuit } from '../../recovery/release/circuit.ts';
import type { TargetLook } from '../../recovery/release/target-look.ts';
import { restraintOnAll } from '../../recovery/restraint.ts';
import type { ReleaserRun } from './run.ts';
import { CanaryBudget, workCircuit } from './work-circuit.ts';

/** What a run found and did. */
export type Released = { readonly groups: number; readonly targets: number };

/** Targets that are worked on at the same time. */
const TARGET_CONCURRENCY = 20;

/** Two or three calls of Lambda's control plane each: some two a second of the fifteen that an account has for all. */
const LOOK_GAP_MS = 1_500;

/** Groups of one target and category, at most: beyond that they are one outage that speaks with many texts. */
const MOST_GROUPS = 200;

/**
 * One run of the releaser: looks at every group that is not simply flowing, opens what may be opened, and brings back what is
 * being released until its time is over. Rejects only when it cannot read the groups at all.
 */
export async function releaseDue(run: ReleaserRun): Promise<Released> {
  const { circuits, unreadable } = await run.ports.circuits.live();
  for (const key of unreadable) run.onFailure('read group', key, new UnreadableGroup());
  const byTarget = Map.groupBy(circuits, ({ group }) => group.target);
  const targets = [...byTarget].flatMap(([key, ofTarget]) => {
    const target = targetOf(run.policy, key);
    // What the policy does not name any more is for a person: it may come back into the policy.
    return target === null ? [] : [{ target, ofTarget }];
  });
  const pace = new Pace(run);
  await pMap(targets, ({ target, ofTarget }) => workTarget(run, pace, target, ofTarget), {
    concurrency: TARGET_CONCURRENCY,
  });
  return { groups: circuits.length, targets: targets.length };
}

async function workTarget(
  run: ReleaserRun,
  pace: Pace,
  target: TargetPolicy,
  circuits: readonly Circuit[],
): Promise<void> {
  try {
    await closeOutages(run, circuits);
    const intakes = run.policy.intakes.filter((intake) => intake.target === target.key);
    if (await isRestrained(run, target, intakes)) return;
    const look = await lookAt(run, pace, target, intakes);
    if (isHeld(look) && circuits.every(({ look: known }) => known !== null)) return;
    const budget = new CanaryBudget();
    for (const circuit of circuits.toSorted(inOrder)) {
      if (run.nowMs() >= run.stopAtMs) return;
      await workSafely(run, circuit, target, look, budget);
    }
  } catch (error) {
    run.onFailure('look at target', target.key, error);
  }
}

/** One group that cannot be worked on keeps no other back. */
async function workSafely(
  run: ReleaserRun,
  circuit: Circuit,
  target: TargetPolicy,
  look: TargetLook,
  budget: CanaryBudget,
): Promise<void> {
  try {
    await workCircuit(run, circuit, { target, look, budget });
  } catch (error) {
    run.onFailure('work on group', circuit.group.key, error);
  }
}

/** What is under way goes on first; then what has waited longest. A release may take all of a run's time, so it comes last. */
function inOrder(a: Circuit, b: Circuit): number {
  return Number(a.state === 'releasing') - Number(b.state === 'releasing') || a.sinceMs - b.sinceMs;
}

async function isRestrained(
  { ports, nowMs }: ReleaserRun,
  target: TargetPolicy,
  intakes: readonly IntakePolicy[],
): Promise<boolean> {
  const { paused } = await ports.ledger.standing([], [target.key], nowMs());
  return restraintOnAll(target, intakes, paused.has(target.key)) !== null;
}

async function lookAt(
  { ports }: ReleaserRun,
  pace: Pace,
  target: TargetPolicy,
  intakes: readonly IntakePolicy[],
): Promise<TargetLook> {
  if (target.kind === 'function') await pace.turn();
  return ports.watcher.look(target, intakes[0] ?? null);
}

async function closeOutages({ ports, nowMs }: ReleaserRun, circuits: readonly Circuit[]): Promise<void> {
  for (const ofCategory of Map.groupBy(circuits, ({ group }) => group.category).values()) {
    const outage = ofCategory.map(({ group }) => outageOf(group)).find((group) => group !== null);
    if (ofCategory.length > MOST_GROUPS && outage !== undefined) {
      await ports.ledger.closeGroup(outage, nowMs());
    }
  }
}

/** Turns that come one after the other, with a gap between them. */
class Pace {
  #nextAtMs = 0;
  readonly #run: ReleaserRun;

  constructor(run: ReleaserRun) {
    this.#run = run;
  }

  async turn(): Promise<void> {
    const nowMs = this.#run.nowMs();
    const atMs = Math.max(nowMs, this.#nextAtMs);
    this.#nextAtMs = atMs + LOOK_GAP_MS;
    if (atMs > nowMs) await this.#run.sleep(atMs - nowMs);
  }
}

class UnreadableGroup extends Error {
  override readonly name = 'UnreadableGroup';
}
