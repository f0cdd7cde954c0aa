import { packLines, unpackLines } from '../../src/aws/archive-object.ts';
import type { ArchiveEntry, ArchivedAt, Placement } from '../../src/recovery/archive-entry.ts';
import type { Archive } from '../../src/recovery/ports.ts';

type Stored = { readonly placement: Placement; readonly entry: ArchiveEntry; readonly at: ArchivedAt };

/** The archive in memory: objects as they are in a bucket, so that a million entries take what their bytes take. */
export class MemoryArchive implements Archive {
  readonly #objects = new Map<
    string,
    { readonly placement: Placement; readonly body: Buffer; readonly places: readonly ArchivedAt[] }
  >();

  async store(placement: Placement, entries: readonly ArchiveEntry[]): Promise<readonly ArchivedAt[]> {
    if (entries.length === 0) return [];
    const key = `${placement}/v1/${this.#objects.size + 1}`;
    const packed = packLines(
      entries.map((entry) => ({ text: JSON.stringify(entry), section: entry.group ?? '' })),
    );
    const places = packed.places.map((place) => ({ key, ...place }));
    this.#objects.set(key, { placement, body: packed.body, places });
    return places;
  }

  async read(at: ArchivedAt): Promise<ArchiveEntry> {
    return this.#entry(at, new Map());
  }

  async readAll(places: readonly ArchivedAt[]): Promise<readonly ArchiveEntry[]> {
    const members = new Map<string, readonly string[]>();
    return places.map((at) => this.#entry(at, members));
  }

  /** All that is stored, in its order. */
  get stored(): readonly Stored[] {
    const members = new Map<string, readonly string[]>();
    return [...this.#objects.values()].flatMap(({ placement, places }) =>
      places.map((at) => ({ placement, entry: this.#entry(at, members), at })),
    );
  }

  in(placement: Placement): readonly ArchiveEntry[] {
    const members = new Map<string, readonly string[]>();
    return [...this.#objects.values()]
      .filter((object) => object.placement === placement)
      .flatMap(({ places }) => places.map((at) => this.#entry(at, members)));
  }

  #entry(
    { key, offsetBytes, lengthBytes, line }: ArchivedAt,
    members: Map<string, readonly string[]>,
  ): ArchiveEntry {
    const name = `${key}@${offsetBytes}`;
    const lines = members.get(name) ?? this.#unpack(key, offsetBytes, lengthBytes);
    members.set(name, lines);
    const text = lines[line];
    if (text === undefined) throw new Error(`nothing is archived at line ${line} of ${name}`);
    // What this has written itself is what it reads.
    const entry: ArchiveEntry = JSON.parse(text);
    return entry;
  }

  #unpack(key: string, offsetBytes: number, lengthBytes: number): readonly string[] {
    const body = this.#objects.get(key)?.body;
    if (body === undefined) throw new Error(`nothing is archived at ${key}`);
    return unpackLines(body.subarray(offsetBytes, offsetBytes + lengthBytes));
  }
}
