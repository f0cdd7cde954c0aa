import type { TargetPolicy } from '../../recovery/policy.ts';
import { newTrial, type Circuit, type Opener } from '../../recovery/release/circuit.ts';
import { isHeld, nextProbeAtMs, openerOf } from '../../recovery/release/openers.ts';
import { lookDigest, saltOf, type TargetLook } from '../../recovery/release/target-look.ts';
import { probe } from './probe.ts';
import { release } from './release.ts';
import { HeldCircuit, leaseOf, type ReleaserRun } from './run.ts';

/** What is known of a circuit's target. */
export type TargetSight = {
  readonly target: TargetPolicy;
  readonly look: TargetLook;
  readonly budget: CanaryBudget;
};

/** Executions of a target by canaries in one run, that is in about a minute, over all of its groups. */
const CANARY_EXECUTIONS = 10;

/** What canaries may still cost their target in this run. */
export class CanaryBudget {
  #left = CANARY_EXECUTIONS;

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  spend(executions: number): void {
    this.#left -= executions;
  }
}

/** Looks at one group and does with it what its state asks for, under its lease. */
export async function workCircuit(run: ReleaserRun, seen: Circuit, sight: TargetSight): Promise<void> {
  const before = await openingOf(run, seen, sight);
  const isUnderWay = seen.state === 'probing' || seen.state === 'releasing';
  if (isUnderWay && isHeld(sight.look)) return;
  if (before.opener === null && !before.isNews && !isUnderWay) return;
  if (before.opener !== null && sight.budget.isSpent) return;
  const taken = await run.ports.circuits.take(seen.group.key, leaseOf(run), run.nowMs());
  if (taken === null) return;
  const held = new HeldCircuit(run, taken);
  try {
    await open(run, held, sight);
    if (held.circuit.state === 'probing' && !held.isLost) await probe(run, held, sight);
    if (held.circuit.state === 'releasing' && !held.isLost) await release(run, held, sight);
  } finally {
    await held.leave();
  }
}

/** Opens what may be opened, as it is now that it is ours; at a first look, remembers what the target looks like. */
async function open(run: ReleaserRun, held: HeldCircuit, sight: TargetSight): Promise<void> {
  const { circuit } = held;
  if (circuit.state === 'probing' || circuit.state === 'releasing') return;
  const { opener, look, isNews } = await openingOf(run, circuit, sight);
  if (opener === null) {
    if (isNews) await held.save({ look, nextAtMs: circuit.nextAtMs ?? nextProbeAtMs(circuit, run.policy) });
    return;
  }
  await held.save({
    on: opener,
    asked: false,
    probes: circuit.probes + (opener === 'probe-due' ? 1 : 0),
    trial: newTrial(run.randomId(), opener),
    ...(look === null ? {} : { look }),
  });
  held.report(opener);
}

type Opening = { readonly opener: Opener | null; readonly look: string | null; readonly isNews: boolean };

async function openingOf(run: ReleaserRun, circuit: Circuit, { look }: TargetSight): Promise<Opening> {
  const salt = circuit.look === null ? run.randomId() : saltOf(circuit.look);
  const digest = lookDigest(look, salt);
  const isFirst = circuit.look === null && digest !== null;
  const sight = {
    target: look,
    look: digest,
    newestDeathMs: isFirst && circuit.state === 'parked' ? await newestDeathMs(run, circuit) : null,
  };
  const opener = openerOf(circuit, sight, run.policy, run.nowMs());
  return { opener, look: digest, isNews: isFirst };
}

async function newestDeathMs({ ports }: ReleaserRun, { group, sinceMs }: Circuit): Promise<number> {
  const [newest] = await ports.circuits.pointers(group.key, { after: null, limit: 1, newestFirst: true });
  return newest?.newestDeathMs ?? sinceMs;
}
