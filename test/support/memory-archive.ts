import type { ArchiveEntry, ArchivedAt, Placement } from '../../src/recovery/archive-entry.ts';
import type { Archive } from '../../src/recovery/ports.ts';

/** The archive in memory: one member per entry. */
export class MemoryArchive implements Archive {
  readonly stored: { placement: Placement; entry: ArchiveEntry; at: ArchivedAt }[] = [];
  #objects = 0;

  async store(placement: Placement, entries: readonly ArchiveEntry[]): Promise<readonly ArchivedAt[]> {
    if (entries.length === 0) return [];
    const object = ++this.#objects;
    return entries.map((entry, index) => {
      const at = { key: `${placement}/v1/${object}`, offsetBytes: index, lengthBytes: 1, line: 0 };
      this.stored.push({ placement, entry, at });
      return at;
    });
  }

  async read(at: ArchivedAt): Promise<ArchiveEntry> {
    const found = this.stored.find(
      (item) => item.at.key === at.key && item.at.offsetBytes === at.offsetBytes,
    );
    if (found === undefined) throw new Error(`nothing is archived at ${at.key}`);
    return found.entry;
  }

  async readAll(places: readonly ArchivedAt[]): Promise<readonly ArchiveEntry[]> {
    return Promise.all(places.map((at) => this.read(at)));
  }

  in(placement: Placement): readonly ArchiveEntry[] {
    return this.stored.filter((item) => item.placement === placement).map((item) => item.entry);
  }
}
