import { formatArchiveId, type ArchiveEntry, type ArchivedAt } from '../../recovery/archive-entry.ts';
import type { StoredPointer } from '../../recovery/ports.ts';
import { orderKeyOfEntry } from '../../recovery/release/revive.ts';
import type { ReleaserRun } from './run.ts';

/** An event of a group, as its pointer names it and the archive holds it. */
export type ParkedEvent = {
  readonly pointer: StoredPointer;
  readonly at: ArchivedAt;
  readonly entry: ArchiveEntry;
  /** Events of the same key are brought back one after the other, and none of them after one that stays. */
  readonly orderKey: string | null;
};

/** Pointers that are read at once: what is read and not worked through at a run's end is read again. */
const POINTERS_PER_PAGE = 5;

type EventsOf = { readonly onlyDue: boolean; readonly isInTurn: boolean };

/** The events of a group in the order of their parking, each once. What is parked meanwhile comes at the end. */
export class ParkedEvents {
  readonly #run: ReleaserRun;
  readonly #groupKey: string;
  /** Pointers that are not due are left out, where the group is open. */
  readonly #onlyDue: boolean;
  /** Whether what is not due holds up what comes after it. */
  readonly #isInTurn: boolean;
  #after: string | null = null;
  #loaded: ParkedEvent[] = [];
  /** What is left of the pointers that have been touched. */
  readonly #left = new Map<string, { pointer: StoredPointer; events: Map<string, ArchivedAt> }>();

  constructor(run: ReleaserRun, groupKey: string, { onlyDue, isInTurn }: EventsOf) {
    this.#run = run;
    this.#isInTurn = isInTurn;
    this.#groupKey = groupKey;
    this.#onlyDue = onlyDue;
  }

  /** The next events, `count` at most; none when all have been given. */
  async next(count: number): Promise<readonly ParkedEvent[]> {
    while (this.#loaded.length < count && (await this.#load())) {
      // loads as many pointers as it takes
    }
    return this.#loaded.splice(0, count);
  }

  async #load(): Promise<boolean> {
    const { ports, nowMs } = this.#run;
    const page = { after: this.#after, limit: POINTERS_PER_PAGE };
    const pointers = await ports.circuits.pointers(this.#groupKey, page);
    for (const pointer of pointers) {
      if (this.#onlyDue && pointer.dueAtMs !== null && pointer.dueAtMs > nowMs()) {
        if (this.#isInTurn) return false;
        this.#after = pointer.id;
        continue;
      }
      this.#after = pointer.id;
      this.#loaded.push(...(await readPointer(this.#run, pointer)));
      const events = new Map(pointer.events.map((at) => [formatArchiveId(at), at]));
      this.#left.set(pointer.id, { pointer, events });
    }
    return pointers.length > 0;
  }

  /** Takes events out of their pointers: they have another owner now. Until this is written, the ledger alone knows of it. */
  async finish(events: readonly ParkedEvent[]): Promise<void> {
    const touched = new Set(events.map(({ pointer }) => pointer.id));
    for (const { pointer, at } of events) this.#left.get(pointer.id)?.events.delete(formatArchiveId(at));
    for (const id of touched) {
      const rest = this.#left.get(id);
      if (rest !== undefined) await this.#run.ports.circuits.keep(rest.pointer, [...rest.events.values()]);
    }
  }
}

/** Reads the events of a pointer. What cannot be read keeps no other back: it stays, and is reported. */
export async function readPointer(run: ReleaserRun, pointer: StoredPointer): Promise<readonly ParkedEvent[]> {
  try {
    const entries = await run.ports.archive.readAll(pointer.events);
    return pointer.events.flatMap((at, index) => {
      const entry = entries[index];
      return entry === undefined ? [] : [eventAt(run, pointer, at, entry)];
    });
  } catch (error) {
    run.onFailure('read archive', pointer.group, error);
    return readOneByOne(run, pointer);
  }
}

async function readOneByOne(run: ReleaserRun, pointer: StoredPointer): Promise<readonly ParkedEvent[]> {
  const events: ParkedEvent[] = [];
  for (const at of pointer.events) {
    try {
      events.push(eventAt(run, pointer, at, await run.ports.archive.read(at)));
    } catch (error) {
      run.onFailure('read archive', formatArchiveId(at), error);
    }
  }
  return events;
}

function eventAt(
  { policy }: ReleaserRun,
  pointer: StoredPointer,
  at: ArchivedAt,
  entry: ArchiveEntry,
): ParkedEvent {
  return { pointer, at, entry, orderKey: orderKeyOfEntry(entry, policy) };
}
