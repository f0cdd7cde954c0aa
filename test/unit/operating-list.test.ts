import { beforeEach, describe, expect, test } from '@jest/globals';
import type { EventFilter } from '../../src/cli/operating/events.ts';
import { listEvents, type EventPage, type ListQuery } from '../../src/cli/operating/list.ts';
import { momentOf } from '../../src/cli/operating/times.ts';
import type { ArchiveEntry } from '../../src/recovery/archive-entry.ts';
import { compiledPattern } from '../support/compiled-pattern.ts';
import { entryWith } from '../contract/archive-contract.ts';
import { dlqRecord } from '../support/dlq-record.ts';
import { MemoryDesk } from '../support/memory-desk.ts';
import { testPolicy } from '../support/test-policy.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const DAY_MS = 86_400_000;
const ANY: EventFilter = {
  sinceMs: null,
  untilMs: null,
  intake: null,
  target: null,
  category: null,
  where: null,
};
const GROUP = {
  key: 'orders|defect|0123',
  target: 'orders',
  category: 'defect',
  rule: 'r',
  cause: 'c',
} as const;

let desk: MemoryDesk;
let unreadable: string[];

beforeEach(() => {
  desk = new MemoryDesk();
  unreadable = [];
});

function entry(deathId: string, change: Partial<ArchiveEntry> = {}): ArchiveEntry {
  return entryWith('{}', { deathId, archivedAt: new Date(NOW).toISOString(), ...change });
}

function list(query: Partial<ListQuery> = {}): Promise<EventPage> {
  const whole = {
    filter: ANY,
    placements: ['archived', 'parked'],
    group: null,
    limit: 50,
    after: null,
  } as const;
  const told = { notice: () => {}, onUnreadable: (what: string) => void unreadable.push(what) };
  return listEvents(desk, testPolicy, { ...whole, ...query }, told);
}

async function ids(query: Partial<ListQuery> = {}): Promise<readonly string[]> {
  return (await list(query)).events.map(({ deathId }) => deathId);
}

/** Death ids of all pages, one after the other; what `between` does happens before each page but the first. */
async function pages(
  query: Partial<ListQuery>,
  between: () => Promise<void> = async () => {},
): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = [];
  let after: string | null = null;
  do {
    const page: EventPage = await list({ ...query, after });
    found.push(page.events.map(({ deathId }) => deathId));
    after = page.next;
    if (after !== null) await between();
  } while (after !== null);
  return found;
}

describe('the events of the archive', () => {
  test('are listed by placement, intake and day, in pages that leave nothing out and repeat nothing', async () => {
    await desk.archive.store(
      'parked',
      ['p1', 'p2', 'p3'].map((id) => entry(id)),
      NOW,
    );
    await desk.archive.store('parked', [entry('p0')], NOW - DAY_MS);
    await desk.archive.store('archived', [entry('a1')], NOW);
    await desk.archive.store('accepted', [entry('copy')], NOW);
    expect(await ids()).toEqual(['a1', 'p0', 'p1', 'p2', 'p3']);
    expect(await ids({ placements: ['accepted'] })).toEqual(['copy']);
    for (const limit of [1, 2, 3]) {
      const found = await pages({ limit });
      expect(found.flat()).toEqual(['a1', 'p0', 'p1', 'p2', 'p3']);
      expect(found.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
    }
    expect((await list({ limit: 5 })).next).toBeNull();
  });

  test('are those of a time of filing, an intake, a target, a category', async () => {
    await desk.archive.store('parked', [entry('early', { archivedAt: '2026-11-24T09:00:00.000Z' })], NOW);
    await desk.archive.store('parked', [entry('late', { archivedAt: '2026-11-24T11:00:00.000Z' })], NOW);
    const other = { intake: 'payouts-dlq', target: 'payouts', category: 'transient' } as const;
    await desk.archive.store('parked', [entry('other', other)], NOW);
    const tenMs = Date.UTC(2026, 10, 24, 10);
    expect(await ids({ filter: { ...ANY, sinceMs: tenMs } })).toEqual(['late', 'other']);
    expect(await ids({ filter: { ...ANY, untilMs: tenMs } })).toEqual(['early']);
    expect(await ids({ filter: { ...ANY, intake: 'payouts-dlq' } })).toEqual(['other']);
    expect(await ids({ filter: { ...ANY, target: 'payouts' } })).toEqual(['other']);
    expect(await ids({ filter: { ...ANY, category: 'transient' } })).toEqual(['other']);
  });

  test('are those that a pattern matches, over the facts that a rule saw when they were filed', async () => {
    const record = (body: string): unknown => dlqRecord({ body, sentAtMs: NOW - 90_000 });
    const born = { diedAt: new Date(NOW - 90_000).toISOString() };
    await desk.archive.store(
      'parked',
      [
        entry('ann', { ...born, record: record('{"customer":"ann"}'), reinvocations: 2 }),
        entry('bob', { ...born, record: record('{"customer":"bob"}'), target: 'no-longer-declared' }),
        entry('none', { record: 'no message', form: 'unreadable', target: null }),
      ],
      NOW,
    );
    const matching = async (pattern: object): Promise<readonly string[]> =>
      ids({ filter: { ...ANY, where: compiledPattern(pattern) } });
    expect(await matching({ payload: { customer: ['ann'] } })).toEqual(['ann']);
    expect(await matching({ attempt: [3] })).toEqual(['ann']);
    expect(await matching({ attempt: [{ numeric: ['<', 3] }] })).toEqual(['bob', 'none']);
    expect(await matching({ ageSeconds: [90] })).toEqual(['ann', 'bob']);
    expect(await matching({ target: ['no-longer-declared'] })).toEqual(['bob']);
    expect(await matching({ form: ['unreadable'] })).toEqual(['none']);
    expect(await matching({ source: [{ exists: false }] })).toEqual(['none']);
    expect(await matching({ error: { message: ['boom'] } })).toEqual(['ann', 'bob', 'none']);
  });

  test('that cannot be read are named, and keep no other back', async () => {
    await desk.archive.store('parked', [entry('p1')], NOW);
    desk.archive.objects.set('parked/v1/intake=orders-dlq/date=2026-11-24/0.jsonl.gz', Buffer.from('text'));
    await desk.archive.store(
      'parked',
      [entry('p2', { category: JSON.parse('"of a later version"') })],
      NOW + 1,
    );
    expect(await ids()).toEqual(['p1']);
    expect(unreadable).toEqual([
      's3://archive/parked/v1/intake=orders-dlq/date=2026-11-24/0.jsonl.gz',
      expect.stringMatching(/^s3:\/\/archive\/parked\/.*@0\+\d+\.0$/),
    ]);
  });

  test('show no word of their errors that is not masked', async () => {
    const error = { code: '200', type: 'Error', message: 'no customer ann@example.com' };
    await desk.archive.store('parked', [entry('p1', { error })], NOW);
    expect(JSON.stringify(await list())).not.toContain('ann@example.com');
  });

  test('are not listed from a token that is none', async () => {
    await expect(list({ after: 'page-2' })).rejects.toThrow('page-2 is no token');
    await expect(list({ after: 'page-2', group: GROUP.key })).rejects.toThrow();
  });
});

describe('the events of a group', () => {
  async function park(ids: readonly string[]): Promise<void> {
    const group = { ...GROUP, isManual: false };
    await desk.ledger.closeGroup(group, NOW);
    const events = await desk.archive.store(
      'parked',
      ids.map((id) => entry(id, { group: GROUP.key })),
      NOW,
    );
    await desk.ledger.point({ group: GROUP.key, events, parkedAtMs: NOW, dueAtMs: null, newestDeathMs: NOW });
  }

  test('are what its pointers name just now, in the order of parking, whenever they were filed', async () => {
    await park(['e1', 'e2']);
    await desk.archive.store('parked', [entry('released', { group: GROUP.key })], NOW);
    await park(['e3']);
    expect(await ids({ group: GROUP.key })).toEqual(['e1', 'e2', 'e3']);
    expect(await ids({ group: '0123' })).toEqual(['e1', 'e2', 'e3']);
    await expect(ids({ group: 'nobody' })).rejects.toThrow('no group nobody has anything parked');
  });

  test('come in pages, also while events are brought back between them', async () => {
    for (const batch of [['e1', 'e2', 'e3'], ['e4'], ['e5', 'e6']]) await park(batch);
    for (const limit of [1, 2, 4]) {
      expect((await pages({ group: GROUP.key, limit })).flat()).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6']);
    }
    // The first event goes that is left: the one that the page before has ended with may be gone.
    const bringBack = async (): Promise<void> => {
      const [first] = await desk.circuits.pointers(GROUP.key, { after: null, limit: 1 });
      if (first !== undefined) await desk.circuits.keep(first, first.events.slice(1));
    };
    expect(await pages({ group: GROUP.key, limit: 1 }, bringBack)).toEqual(
      ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'].map((id) => [id]),
    );
  });

  test('that cannot be read are named, and keep no other of their batch back', async () => {
    await park(['e1']);
    const [pointer] = await desk.circuits.pointers(GROUP.key, { after: null, limit: 1 });
    if (pointer === undefined) throw new Error('nothing is parked');
    const gone = { key: 'parked/v1/gone', offsetBytes: 0, lengthBytes: 5, line: 0 };
    await desk.circuits.keep(pointer, [...pointer.events, gone]);
    expect(await ids({ group: GROUP.key })).toEqual(['e1']);
    expect(unreadable).toEqual(['parked/v1/gone@0+5.0']);
  });
});

describe('a time', () => {
  test('is a moment, a day, or how long ago', () => {
    expect(momentOf('2026-11-24T10:00:00Z', NOW, false)).toBe(Date.UTC(2026, 10, 24, 10));
    expect(momentOf('2026-11-24', NOW, false)).toBe(Date.UTC(2026, 10, 24));
    expect(momentOf('2026-11-24', NOW, true)).toBe(Date.UTC(2026, 10, 25));
    expect(momentOf('2h', NOW, true)).toBe(NOW - 7_200_000);
    expect(() => momentOf('yesterday', NOW, false)).toThrow('yesterday is no time');
  });
});
