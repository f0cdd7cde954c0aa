import { archivePrefix, dayOf, newArchiveKey } from '../../src/aws/archive-key.ts';
import { readLine } from '../../src/aws/archive-line.ts';
import { packLines, unpackObject } from '../../src/aws/archive-object.ts';
import type { ArchiveRange, StoredObject } from '../../src/aws/archive-objects.ts';
import type { FunctionLogs, LogLine, LogSearch } from '../../src/aws/function-logs.ts';
import type { Desk } from '../../src/cli/operating/desk.ts';
import {
  formatArchiveId,
  type ArchiveEntry,
  type ArchivedAt,
  type Placement,
} from '../../src/recovery/archive-entry.ts';
import type { Archive } from '../../src/recovery/ports.ts';
import { MemoryLedger } from './memory-ledger.ts';

/** The archive as it lies in its bucket, in memory: objects of gzip members, listed in the order of their keys. */
export class MemoryBucket implements Archive {
  readonly objects = new Map<string, Uint8Array>();

  async store(
    placement: Placement,
    entries: readonly ArchiveEntry[],
    nowMs: number,
  ): Promise<readonly ArchivedAt[]> {
    const intake = entries[0]?.intake ?? 'undeclared';
    const key = newArchiveKey(placement, intake, nowMs);
    if (!key.startsWith(archivePrefix(placement, intake))) throw new Error('keys begin with their prefix');
    const { body, places } = packLines(
      entries.map((entry) => ({ text: JSON.stringify(entry), section: entry.group ?? '' })),
    );
    this.objects.set(key, body);
    return places.map((place) => ({ key, ...place }));
  }

  async read(at: ArchivedAt): Promise<ArchiveEntry> {
    const lines = unpackObject(this.objects.get(at.key) ?? Buffer.from('nothing'));
    const found = lines.find(
      ({ place }) => formatArchiveId({ key: at.key, ...place }) === formatArchiveId(at),
    );
    if (found === undefined) throw new Error(`nothing is archived at ${at.key}`);
    return readLine(found.text);
  }

  async readAll(places: readonly ArchivedAt[]): Promise<readonly ArchiveEntry[]> {
    return Promise.all(places.map((at) => this.read(at)));
  }

  async *list({
    prefix,
    since,
    until,
    from = null,
  }: Omit<ArchiveRange, 'bucket'>): AsyncIterable<StoredObject> {
    for (const key of [...this.objects.keys()].toSorted()) {
      const day = dayOf(key) ?? '';
      const isWanted =
        key.startsWith(prefix) &&
        (since === null || day >= since) &&
        (until === null || day <= until) &&
        (from === null || key >= from);
      if (isWanted)
        yield { key, name: `s3://archive/${key}`, bytes: this.objects.get(key) ?? Buffer.alloc(0) };
    }
  }
}

/** A desk in memory, and what happens at it. */
export class MemoryDesk implements Desk {
  readonly deployment = {
    stage: 'test',
    region: 'eu-west-1',
    archiveBucket: 'archive',
    ledgerTable: 'ledger',
    releaser: 'releaser',
  };
  readonly ledger = new MemoryLedger();
  readonly circuits = this.ledger.circuits;
  readonly operations = this.ledger.operations;
  readonly archive = new MemoryBucket();
  woken = 0;
  /** What CloudWatch Logs has; an error where it cannot be read. */
  logged: readonly LogLine[] | Error = [];
  readonly searches: LogSearch[] = [];

  objects(range: Omit<ArchiveRange, 'bucket'>): AsyncIterable<StoredObject> {
    return this.archive.list(range);
  }

  readonly logs: FunctionLogs = {
    groupOf: async (functionName) => `/aws/lambda/${functionName}`,
    lines: async (search, most) => {
      this.searches.push(search);
      if (this.logged instanceof Error) throw this.logged;
      return this.logged.slice(0, most);
    },
  };

  readonly waker = {
    wake: async (): Promise<void> => {
      this.woken++;
    },
  };

  async whoAmI(): Promise<string> {
    return 'arn:aws:iam::000000000000:user/ann';
  }

  /** Files entries under their placement, each in an object of its own, and gives their places. */
  async file(
    placement: Placement,
    entries: readonly ArchiveEntry[],
    nowMs: number,
  ): Promise<readonly ArchivedAt[]> {
    const places: ArchivedAt[] = [];
    for (const entry of entries) places.push(...(await this.archive.store(placement, [entry], nowMs)));
    return places;
  }
}
