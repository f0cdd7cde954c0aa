import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatArchiveId,
  parseArchiveId,
  type ArchiveEntry,
  type ArchivedAt,
} from '../../src/recovery/archive-entry.ts';
import type { Archive } from '../../src/recovery/ports.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

/** An archive entry whose record carries this body. */
export function entryWith(body: string, change: Partial<ArchiveEntry> = {}): ArchiveEntry {
  return {
    v: 1,
    deathId: 'death-1',
    origin: 'death-1',
    form: 'lambda-dlq',
    intake: 'orders-dlq',
    target: 'orders',
    category: 'poison',
    rule: 'some-rule',
    group: 'orders|poison|0123456789abcdef',
    reason: 'event-is-at-fault',
    instead: null,
    error: { code: '200', type: null, message: 'boom' },
    reinvocations: 0,
    payloadSha256: null,
    credentials: null,
    elsewhere: null,
    diedAt: '2026-11-24T11:59:00.000Z',
    archivedAt: '2026-11-24T12:00:00.000Z',
    fetched: null,
    record: { body },
    ...change,
  };
}

/** What every archive does. */
export function archiveContract(name: string, open: () => Promise<Archive>): void {
  describe(`the archive (${name})`, () => {
    let archive: Archive;

    beforeEach(async () => {
      archive = await open();
    });

    test('reads many entries of several objects at once, in the order that they are asked for', async () => {
      const entries = Array.from({ length: 70 }, (_, n) =>
        entryWith(`{"n":${n}}`, {
          deathId: `d-${n}`,
          group: `orders|defect|${n % 3}`,
          error: {
            code: null,
            type: 'Outer',
            message: 'm',
            condition: 'RetriesExhausted',
            causes: [{ from: 'cause', type: 'Inner', message: null }],
            frame: 'app.js handler',
          },
        }),
      );
      const first = await archive.store('parked', entries.slice(0, 50), NOW);
      const second = await archive.store('parked', entries.slice(50), NOW);
      const places = [...first, ...second];
      const order = places.map((_, n) => (n * 31) % places.length);
      const read = await archive.readAll(order.flatMap((n) => places[n] ?? []));
      expect(read).toEqual(order.map((n) => entries[n]));
      expect(await archive.readAll([])).toEqual([]);
    });

    async function readBack(entries: readonly ArchiveEntry[]): Promise<ArchiveEntry[]> {
      const places = await archive.store('archived', entries, NOW);
      expect(places).toHaveLength(entries.length);
      return Promise.all(places.map((at) => archive.read(throughId(at))));
    }

    function throughId(at: ArchivedAt): ArchivedAt {
      const parsed = parseArchiveId(formatArchiveId(at));
      if (parsed === null) throw new Error('an archive id cannot be read back');
      return parsed;
    }

    test('gives back each event by its id, whatever the batch', async () => {
      const entries = Array.from({ length: 95 }, (_, n) =>
        entryWith(`{"n":${n}}`, { group: `orders|poison|${n % 3}`, intake: n % 2 === 0 ? 'a-dlq' : null }),
      );
      expect(await readBack(entries)).toEqual(entries);
    });

    test('gives back events that are larger than a member', async () => {
      const entries = [entryWith('x'.repeat(300_000)), entryWith('small'), entryWith('y'.repeat(70_000))];
      expect(await readBack(entries)).toEqual(entries);
    });

    test('gives back any body exactly', async () => {
      const bodies = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), {
        minLength: 1,
        maxLength: 30,
      });
      await fc.assert(
        fc.asyncProperty(bodies, async (texts) => {
          const entries = texts.map((text) => entryWith(text));
          expect(await readBack(entries)).toEqual(entries);
        }),
        { numRuns: 30 },
      );
    });

    test('keeps nothing and makes no object for no entries', async () => {
      expect(await archive.store('parked', [], NOW)).toEqual([]);
    });

    test('rejects the id of an event that it does not hold', async () => {
      const nowhere = { key: 'archived/v1/nowhere.jsonl.gz', offsetBytes: 0, lengthBytes: 10, line: 0 };
      await expect(archive.read(nowhere)).rejects.toThrow();
    });
  });
}
