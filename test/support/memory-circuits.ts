import { formatArchiveId, type ArchivedAt } from '../../src/recovery/archive-entry.ts';
import type { Group } from '../../src/recovery/group.ts';
import type {
  Asked,
  CircuitChange,
  Circuits,
  Lease,
  ParkedPointer,
  PointerPage,
  Registration,
  StoredPointer,
  TrialOf,
} from '../../src/recovery/ports.ts';
import { nextState, type Circuit, type Trial } from '../../src/recovery/release/circuit.ts';

type Row = { circuit: Circuit; lease: Lease | null; draining: boolean };

/** Groups and their pointers in memory: the intake's side and the releaser's. The contract suite holds it to what the table does. */
export class MemoryCircuits implements Circuits {
  readonly rows = new Map<string, Row>();
  readonly #pointers = new Map<string, StoredPointer[]>();
  readonly #targets = new Map<string, Lease>();
  #points = 0;

  closeGroup(group: Group, nowMs: number): boolean {
    const row = this.rows.get(group.key);
    if (row !== undefined && row.circuit.state !== 'flowing') return false;
    if (row === undefined) {
      this.rows.set(group.key, newRow(group, 'parked', nowMs, null));
    } else {
      row.draining = false;
      row.circuit = { ...row.circuit, state: 'parked', sinceMs: nowMs, nextAtMs: null, probes: 0 };
    }
    return true;
  }

  register(registrations: readonly Registration[], nowMs: number): void {
    for (const { group, dueAtMs } of registrations) {
      const row = this.rows.get(group.key);
      const due = dueAtMs ?? nowMs;
      if (row === undefined) {
        this.rows.set(group.key, newRow(group, 'flowing', nowMs, due));
      } else if (row.draining || (row.circuit.state === 'flowing' && (row.circuit.nextAtMs ?? due) > due)) {
        row.draining = false;
        row.circuit = { ...row.circuit, nextAtMs: due };
      }
    }
  }

  countTrialDeath({ group, id }: TrialOf, isSameCause: boolean): void {
    const row = this.rows.get(group);
    const trial = row?.circuit.trial;
    if (row === undefined || trial?.id !== id) return;
    const counted = isSameCause ? { diedSame: trial.diedSame + 1 } : { diedOther: trial.diedOther + 1 };
    row.circuit = { ...row.circuit, trial: { ...trial, ...counted } };
  }

  point(pointer: ParkedPointer): void {
    const id = `${String(pointer.parkedAtMs).padStart(15, '0')}-${String(++this.#points).padStart(9, '0')}`;
    const ofGroup = this.#pointers.get(pointer.group) ?? [];
    ofGroup.splice(firstFrom(ofGroup, id), 0, { ...pointer, id });
    this.#pointers.set(pointer.group, ofGroup);
  }

  isParked(groupKey: string): boolean {
    const state = this.rows.get(groupKey)?.circuit.state ?? 'flowing';
    return state !== 'flowing';
  }

  /** Keys of the groups that are not open. */
  get closed(): readonly string[] {
    return [...this.rows.keys()].filter((key) => this.isParked(key));
  }

  async live(): ReturnType<Circuits['live']> {
    return { circuits: [...this.rows.values()].map(({ circuit }) => circuit), unreadable: [] };
  }

  async take(groupKey: string, lease: Lease, nowMs: number): Promise<Circuit | null> {
    const row = this.rows.get(groupKey);
    if (row === undefined || !isFree(row.lease, lease, nowMs)) return null;
    row.lease = lease;
    return row.circuit;
  }

  async save(
    circuit: Circuit,
    { on, trial, accepted, watchedUntilMs, ratePerSecond, ...rest }: CircuitChange,
    lease: Lease,
    nowMs: number,
  ): Promise<Circuit | null> {
    const row = this.rows.get(circuit.group.key);
    if (row?.lease?.owner !== lease.owner || row.circuit.state !== circuit.state) return null;
    const before: Trial | null = trial === undefined ? row.circuit.trial : trial;
    row.lease = lease;
    row.circuit = {
      ...row.circuit,
      ...rest,
      ...(on === undefined ? {} : { state: nextState(circuit.state, on), sinceMs: nowMs }),
      trial:
        before === null
          ? null
          : {
              ...before,
              accepted: accepted ?? before.accepted,
              watchedUntilMs: watchedUntilMs ?? before.watchedUntilMs,
              ratePerSecond: ratePerSecond ?? before.ratePerSecond,
            },
    };
    return row.circuit;
  }

  async leave(groupKey: string, owner: string): Promise<void> {
    const row = this.rows.get(groupKey);
    if (row?.lease?.owner === owner) row.lease = null;
  }

  async ask(groupKey: string): Promise<Asked> {
    const row = this.rows.get(groupKey);
    if (row === undefined) return 'gone';
    if (row.circuit.state !== 'parked' && row.circuit.state !== 'flowing') return 'under-way';
    row.circuit = { ...row.circuit, asked: true };
    return 'asked';
  }

  async settle(groupKey: string, lease: Lease, nowMs: number): Promise<boolean> {
    const row = this.rows.get(groupKey);
    if (row?.lease?.owner !== lease.owner) return false;
    row.circuit = {
      ...row.circuit,
      state: 'flowing',
      sinceMs: nowMs,
      nextAtMs: nowMs,
      trial: null,
      asked: false,
    };
    row.draining = true;
    await this.betweenMarkAndLook();
    const isEmpty = (this.#pointers.get(groupKey) ?? []).length === 0;
    await this.betweenLookAndRemoval();
    if (isEmpty && row.draining) return this.rows.delete(groupKey);
    row.draining = false;
    return false;
  }

  /** What tests have happen in the middle of a removal. */
  betweenMarkAndLook: () => Promise<void> = async () => {};
  betweenLookAndRemoval: () => Promise<void> = async () => {};

  async takeTarget(target: string, lease: Lease, nowMs: number): Promise<boolean> {
    if (!isFree(this.#targets.get(target) ?? null, lease, nowMs)) return false;
    this.#targets.set(target, lease);
    return true;
  }

  async leaveTarget(target: string, owner: string): Promise<void> {
    if (this.#targets.get(target)?.owner === owner) this.#targets.delete(target);
  }

  /** Until when deaths of each target's are awaited. */
  readonly awaited = new Map<string, number>();

  async expectDeaths(target: string, untilMs: number): Promise<void> {
    this.awaited.set(target, Math.max(untilMs, this.awaited.get(target) ?? 0));
  }

  async pointers(
    groupKey: string,
    { after, limit, newestFirst = false }: PointerPage,
  ): Promise<readonly StoredPointer[]> {
    const all = this.#pointers.get(groupKey) ?? [];
    if (newestFirst) {
      const end = after === null ? all.length : firstFrom(all, after);
      return all.slice(Math.max(0, end - limit), end).toReversed();
    }
    const start = after === null ? 0 : firstFrom(all, after);
    const from = all[start]?.id === after ? start + 1 : start;
    return all.slice(from, from + limit);
  }

  async keep(pointer: StoredPointer, events: readonly ArchivedAt[]): Promise<void> {
    const all = this.#pointers.get(pointer.group) ?? [];
    const at = firstFrom(all, pointer.id);
    const isThere = all[at]?.id === pointer.id;
    all.splice(at, isThere ? 1 : 0, ...(events.length === 0 ? [] : [{ ...pointer, events }]));
    this.#pointers.set(pointer.group, all);
  }

  /** Archive ids of all that a group has parked. */
  parkedIn(groupKey: string): readonly string[] {
    return (this.#pointers.get(groupKey) ?? []).flatMap(({ events }) => events.map(formatArchiveId));
  }
}

/** Where the first pointer is whose id is that one or a later one; the pointers of a group are in the order of their ids. */
function firstFrom(pointers: readonly StoredPointer[], id: string): number {
  let [low, high] = [0, pointers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pointers[middle]?.id ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function newRow(group: Group, state: 'parked' | 'flowing', nowMs: number, nextAtMs: number | null): Row {
  const circuit = {
    group,
    state,
    sinceMs: nowMs,
    nextAtMs,
    probes: 0,
    look: null,
    asked: false,
    trial: null,
  };
  return { circuit, lease: null, draining: false };
}

function isFree(held: Lease | null, lease: Lease, nowMs: number): boolean {
  return held === null || held.owner === lease.owner || held.untilMs <= nowMs;
}
