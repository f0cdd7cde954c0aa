import {
  formatArchiveId,
  type ArchiveEntry,
  type ArchivedAt,
  type Placement,
} from '../../src/recovery/archive-entry.ts';
import type { Archive } from '../../src/recovery/ports.ts';

/** The archive in memory: one member per entry. */
export class MemoryArchive implements Archive {
  readonly stored: { placement: Placement; entry: ArchiveEntry; at: ArchivedAt }[] = [];
  readonly #byPlace = new Map<string, ArchiveEntry>();
  #objects = 0;

  async store(placement: Placement, entries: readonly ArchiveEntry[]): Promise<readonly ArchivedAt[]> {
    if (entries.length === 0) return [];
    const object = ++this.#objects;
    return entries.map((entry, index) => {
      const at = { key: `${placement}/v1/${object}`, offsetBytes: index, lengthBytes: 1, line: 0 };
      this.stored.push({ placement, entry, at });
      this.#byPlace.set(formatArchiveId(at), entry);
      return at;
    });
  }

  async read(at: ArchivedAt): Promise<ArchiveEntry> {
    const found = this.#byPlace.get(formatArchiveId(at));
    if (found === undefined) throw new Error(`nothing is archived at ${at.key}`);
    return found;
  }

  async readAll(places: readonly ArchivedAt[]): Promise<readonly ArchiveEntry[]> {
    return Promise.all(places.map((at) => this.read(at)));
  }

  in(placement: Placement): readonly ArchiveEntry[] {
    return this.stored.filter((item) => item.placement === placement).map((item) => item.entry);
  }
}
