import type { Category } from '../category.ts';
import type { CompiledPolicy } from '../policy.ts';
import type { Circuit, Opener } from './circuit.ts';
import type { TargetLook } from './target-look.ts';

/** What lets a group be tried again: time, a change of its target, or a person. */

/** What is known of a circuit's target just now. `look`: digest of what it looks like, by the circuit's own salt. */
export type Sight = {
  readonly target: TargetLook;
  readonly look: string | null;
  /** When the newest event of the group died, epoch milliseconds; only asked for at the first look, else null. */
  readonly newestDeathMs: number | null;
};

/** What opens the circuit now, null when nothing does. Pure. */
export function openerOf(
  circuit: Circuit,
  sight: Sight,
  policy: CompiledPolicy,
  nowMs: number,
): Opener | null {
  if (isHeld(sight.target)) return null;
  if (circuit.asked) return 'person-asked';
  if (circuit.group.isManual) return null;
  if (hasChanged(circuit, sight)) return 'target-changed';
  const dueMs = circuit.nextAtMs ?? nextProbeAtMs(circuit, policy);
  if (dueMs === null || dueMs > nowMs) return null;
  return circuit.state === 'flowing' ? 'due' : 'probe-due';
}

/** Whether nothing may be tried, whatever the reason to: stopped by zero concurrency, in the middle of an update, gone. */
export function isHeld(target: TargetLook): boolean {
  switch (target.kind) {
    case 'seen':
      return target.held !== null;
    case 'missing':
      return true;
    case 'unseen':
      return false;
  }
}

/**
 * Whether the target is another than when the events died. At the first look that is told from when the target was changed
 * last: a group that is parked after its fix was deployed would else wait for a change that never comes.
 */
function hasChanged({ look, state }: Circuit, sight: Sight): boolean {
  if (state !== 'parked' || sight.target.kind !== 'seen') return false;
  if (look !== null) return look !== sight.look;
  return sight.newestDeathMs !== null && sight.target.changedAtMs > sight.newestDeathMs;
}

/** When time alone opens a parked circuit next, epoch milliseconds; null where it never does. */
export function nextProbeAtMs(
  { group, sinceMs, probes }: Pick<Circuit, 'group' | 'sinceMs' | 'probes'>,
  policy: CompiledPolicy,
): number | null {
  const seconds = group.isManual ? null : delaySeconds(policy, group.category, probes);
  return seconds === null ? null : sinceMs + seconds * 1000;
}

/** How soon a parked group is tried again whose events could not be tried: nothing has been learned of its cause. */
const RETRY_MS = 5 * 60_000;

/** When a circuit is looked at again of which some events could not be tried, epoch milliseconds. */
export function retryAtMs(
  circuit: Pick<Circuit, 'group' | 'sinceMs' | 'probes'>,
  policy: CompiledPolicy,
): number {
  return Math.min(nextProbeAtMs(circuit, policy) ?? Infinity, circuit.sinceMs + RETRY_MS);
}

/** The last delay of a category repeats. */
function delaySeconds({ defaults }: CompiledPolicy, category: Category, probes: number): number | null {
  const delays = defaults.probes[category] ?? [];
  return delays[Math.min(probes, delays.length - 1)] ?? null;
}
