import pMap from 'p-map';
import { targetOf } from '../../recovery/intakes.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type { Circuits, Operations, Pause } from '../../recovery/ports.ts';
import type { Category } from '../../recovery/category.ts';
import type { Circuit, CircuitState, Opener } from '../../recovery/release/circuit.ts';
import { nextProbeAtMs } from '../../recovery/release/openers.ts';
import { restraintOnAll, type Restraint } from '../../recovery/restraint.ts';
import { Misuse } from '../misuse.ts';

/** A group that is not simply flowing, as people and programs are told of it. The keys are an interface. */
export type GroupView = {
  readonly group: string;
  readonly target: string | null;
  readonly category: Category;
  readonly rule: string;
  /** The masked error text. */
  readonly cause: string;
  /** Whether only a person brings its events back. */
  readonly manual: boolean;
  readonly state: CircuitState;
  /** ISO 8601, as all times. */
  readonly since: string;
  /** Events that are parked in it just now. */
  readonly parked: number;
  /** When time alone opens it, or its trial is judged; null where time does not. */
  readonly next: string | null;
  /** Whether a person has asked for its release, and it has not been tried since. */
  readonly asked: boolean;
  /** What is being tried, and what has come of it so far; null when nothing is. */
  readonly trial: TrialView | null;
  /** Why nothing is tried, whatever opens it; null when it is. */
  readonly held: Held | null;
};

export type TrialView = {
  readonly opener: Opener;
  readonly accepted: number;
  readonly diedSame: number;
  readonly diedOther: number;
  readonly ratePerSecond: number;
};

export type Held = Restraint | 'not-declared';

/** Which groups; null where any will do. */
export type GroupFilter = {
  readonly target: string | null;
  readonly category: Category | null;
  readonly state: CircuitState | null;
};

export type GroupPorts = { readonly circuits: Circuits; readonly operations: Operations };

/** Reads of pointers at once: a storm's group has thousands of rows, and none of them must wait for another's. */
const READS_AT_ONCE = 8;

/**
 * The groups that are not simply flowing, those with the most parked events first, and the rows that cannot be read as one. Reads all
 * pointers of those that are asked for.
 */
export async function groupsOf(
  { circuits, operations }: GroupPorts,
  policy: CompiledPolicy,
  filter: GroupFilter,
): Promise<{ readonly groups: readonly GroupView[]; readonly unreadable: readonly string[] }> {
  const [live, pauses] = await Promise.all([circuits.live(), operations.pauses()]);
  const groups = await pMap(
    live.circuits.filter((circuit) => isWanted(circuit, filter)),
    async (circuit) => viewOf(circuit, await parkedIn(circuits, circuit.group.key), policy, pauses),
    { concurrency: READS_AT_ONCE },
  );
  return {
    groups: groups.toSorted((a, b) => b.parked - a.parked || (a.group < b.group ? -1 : 1)),
    unreadable: live.unreadable,
  };
}

function isWanted({ group, state }: Circuit, wanted: GroupFilter): boolean {
  return (
    (wanted.target === null || wanted.target === group.target) &&
    (wanted.category === null || wanted.category === group.category) &&
    (wanted.state === null || wanted.state === state)
  );
}

const POINTERS_PER_PAGE = 500;

/** How many events are parked in a group: what its pointers name. */
export async function parkedIn(circuits: Circuits, groupKey: string): Promise<number> {
  let count = 0;
  let after: string | null = null;
  do {
    const pointers = await circuits.pointers(groupKey, { after, limit: POINTERS_PER_PAGE });
    count += pointers.reduce((sum, { events }) => sum + events.length, 0);
    after = pointers.at(-1)?.id ?? null;
  } while (after !== null);
  return count;
}

/** A circuit with what is parked in it, as it is shown. */
export function viewOf(
  circuit: Circuit,
  parked: number,
  policy: CompiledPolicy,
  pauses: readonly Pause[],
): GroupView {
  const { group, state, sinceMs, asked, trial } = circuit;
  const { key, isManual, ...known } = group;
  return {
    group: key,
    ...known,
    manual: isManual,
    state,
    since: isoOf(sinceMs),
    parked,
    next: isoOrNull(nextAtMs(circuit, policy)),
    asked,
    trial: trial === null ? null : trialView(trial),
    held: heldBy(group.target, policy, pauses),
  };
}

function trialView({
  opener,
  accepted,
  diedSame,
  diedOther,
  ratePerSecond,
}: NonNullable<Circuit['trial']>): TrialView {
  return { opener, accepted, diedSame, diedOther, ratePerSecond };
}

function nextAtMs(circuit: Circuit, policy: CompiledPolicy): number | null {
  switch (circuit.state) {
    case 'flowing':
    case 'parked':
      return circuit.group.isManual ? null : (circuit.nextAtMs ?? nextProbeAtMs(circuit, policy));
    case 'probing':
      return circuit.trial?.watchedUntilMs ?? null;
    case 'releasing':
      return null;
  }
}

/** Why nothing is handed to the target of a group, by the stop button and the policy; null where it may be. */
export function heldBy(key: string | null, policy: CompiledPolicy, pauses: readonly Pause[]): Held | null {
  const target = targetOf(policy, key);
  if (target === null) return 'not-declared';
  const isPaused = pauses.some((pause) => pause.target === null || pause.target === key);
  const intakes = policy.intakes.filter((intake) => intake.target === target.key);
  return restraintOnAll(target, intakes, isPaused);
}

/** The last part of a group's key, which tells its cause. */
export function hashOf(groupKey: string): string {
  return groupKey.slice(groupKey.lastIndexOf('|') + 1);
}

/** The circuit that a text names: by its key, or by the end of it where only one ends so. Throws a Misuse when there is none. */
export function circuitNamed(circuits: readonly Circuit[], name: string): Circuit {
  const exact = circuits.find(({ group }) => group.key === name);
  if (exact !== undefined) return exact;
  const [only, another] = circuits.filter(({ group }) => hashOf(group.key) === name);
  if (only === undefined)
    throw new Misuse(`no group ${name} has anything parked: dlq groups lists those that do`);
  if (another !== undefined) {
    throw new Misuse(`more than one group ends in ${name}: give the whole key, such as '${only.group.key}'`);
  }
  return only;
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}
