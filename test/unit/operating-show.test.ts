import { beforeEach, describe, expect, test } from '@jest/globals';
import { harmless } from '../../src/cli/visible.ts';
import { formatStory } from '../../src/cli/operating/format-events.ts';
import { logLink } from '../../src/cli/operating/log-link.ts';
import { storyOf, type EventStory, type ShowQuery } from '../../src/cli/operating/show.ts';
import { formatArchiveId, type ArchiveEntry } from '../../src/recovery/archive-entry.ts';
import { attemptResult } from '../../src/recovery/attempts.ts';
import { sha256Hex } from '../../src/recovery/digest.ts';
import type { Intent } from '../../src/recovery/ports.ts';
import { entryWith } from '../contract/archive-contract.ts';
import { dlqRecord } from '../support/dlq-record.ts';
import { MemoryDesk } from '../support/memory-desk.ts';
import { testPolicy } from '../support/test-policy.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const BODY = '{ "customer":"ann", "total":42.50 }';
const GROUP = 'orders|defect|0123';

let desk: MemoryDesk;
let unreadable: string[];

beforeEach(() => {
  desk = new MemoryDesk();
  unreadable = [];
});

function entry(deathId: string, change: Partial<ArchiveEntry> = {}): ArchiveEntry {
  return entryWith('', {
    deathId,
    origin: deathId,
    group: GROUP,
    payloadSha256: sha256Hex(BODY),
    diedAt: new Date(NOW - MINUTE_MS).toISOString(),
    archivedAt: new Date(NOW).toISOString(),
    record: dlqRecord({ body: BODY }),
    ...change,
  });
}

function show(id: string, query: Partial<ShowQuery> = {}): Promise<EventStory> {
  const whole = { id, sinceMs: NOW - 7 * DAY_MS, payload: false, logs: false, nowMs: NOW };
  const told = { notice: () => {}, onUnreadable: (what: string) => void unreadable.push(what) };
  return storyOf(desk, testPolicy, { ...whole, ...query }, told);
}

function intent(reinvocation: number, change: Partial<Intent> = {}): Intent {
  return {
    origin: 'first',
    deathId: 'first',
    target: 'orders',
    payloadSha256: sha256Hex(BODY),
    reinvocation,
    madeAtMs: NOW - 30 * MINUTE_MS + reinvocation * MINUTE_MS,
    openUntilMs: NOW - MINUTE_MS,
    trial: null,
    ...change,
  };
}

describe('an event', () => {
  test('is found by its place, its first death, a later death, and a re-invocation that never died', async () => {
    const [at] = await desk.archive.store('accepted', [entry('first')], NOW - DAY_MS);
    await desk.archive.store('parked', [entry('another'), entry('second', { origin: 'first' })], NOW);
    await desk.ledger.intend(intent(1));
    await desk.ledger.accepted(intent(1), 'second');
    await desk.ledger.intend(intent(2));
    await desk.ledger.accepted(intent(2), 'third');
    for (const id of ['first', 'second', 'third']) {
      expect(await show(id)).toMatchObject({ deathId: 'second', origin: 'first', placement: 'parked' });
    }
    if (at === undefined) throw new Error('not filed');
    expect(await show(formatArchiveId(at))).toMatchObject({
      deathId: 'first',
      placement: 'accepted',
      filed: [{ id: formatArchiveId(at) }],
    });
  });

  test('is looked for from the day on that the ledger names, however long ago that is', async () => {
    const longAgoMs = NOW - 30 * DAY_MS;
    const archivedAt = new Date(longAgoMs).toISOString();
    await desk.archive.store('parked', [entry('first', { archivedAt })], longAgoMs);
    await expect(show('first')).rejects.toThrow(
      'no event first has been filed since 2026-11-17: look further back with --since',
    );
    expect((await show('first', { sinceMs: longAgoMs })).deathId).toBe('first');
    await desk.ledger.claim('first', 'm', longAgoMs, longAgoMs + MINUTE_MS);
    await desk.ledger.finish('first', 'm', 'parked', longAgoMs);
    expect(await show('first')).toMatchObject({ standing: { ending: 'parked', at: archivedAt } });
  });

  test('shows every attempt with its time and what came of it', async () => {
    await desk.archive.store('parked', [entry('first')], NOW);
    await desk.archive.store('parked', [entry('died-by-filing', { origin: 'first' })], NOW);
    const trial = { group: GROUP, id: 't' };
    const made = [
      intent(1),
      intent(2),
      intent(3),
      intent(4, { openUntilMs: NOW + MINUTE_MS, trial }),
      intent(5, { openUntilMs: 0, trial }),
      intent(6),
    ];
    for (const one of made) await desk.ledger.intend(one);
    const [a = intent(1), b = a, c = a, d = a, e = a] = made;
    await desk.ledger.accepted(a, 'died-by-filing');
    await desk.ledger.accepted(b, 'died-by-claim');
    await desk.ledger.claim('died-by-claim', 'm', NOW, NOW + MINUTE_MS);
    await desk.ledger.accepted(c, 'silent');
    await desk.ledger.accepted(d, 'open');
    await desk.ledger.succeeded(e, 'called');
    const story = await show('first');
    expect(story.attempts).toMatchObject([
      { reinvocation: 1, requestId: 'died-by-filing', result: 'died', release: null },
      { reinvocation: 2, requestId: 'died-by-claim', result: 'died' },
      { reinvocation: 3, requestId: 'silent', result: 'no-death-known' },
      {
        reinvocation: 4,
        requestId: 'open',
        result: 'accepted',
        openUntil: '2026-11-24T12:01:00.000Z',
        release: GROUP,
      },
      { reinvocation: 5, requestId: 'called', result: 'succeeded', openUntil: null },
      { reinvocation: 6, requestId: null, result: 'uncertain', log: null },
    ]);
    const text = formatStory(story);
    expect(text).toContain('1. 2026-11-24 11:31:00Z  by the intake: died again  died-by-filing');
    expect(text).toContain(
      'in a release: accepted; its death could come back until 2026-11-24 12:01:00Z  open',
    );
    expect(text).toContain('by the intake: no answer came: it may have run or not');
  });

  test('shows its group as it stands now', async () => {
    const group = {
      key: GROUP,
      target: 'orders',
      category: 'defect',
      rule: 'r',
      cause: 'c',
      isManual: false,
    } as const;
    const events = await desk.archive.store('parked', [entry('first')], NOW);
    expect((await show('first')).circuit).toBeNull();
    await desk.ledger.closeGroup(group, NOW);
    await desk.ledger.point({ group: GROUP, events, parkedAtMs: NOW, dueAtMs: null, newestDeathMs: NOW });
    const story = await show('first');
    expect(story.circuit).toMatchObject({ group: GROUP, state: 'parked', parked: 1 });
    expect(formatStory(story)).toContain(
      'parked since 2026-11-24 12:00:00Z, 1 event parked, next look when its target changes',
    );
  });

  test('keeps its payload to itself until it is asked for, and gives it byte for byte then', async () => {
    await desk.archive.store('parked', [entry('first')], NOW);
    const story = await show('first');
    expect(JSON.stringify(story)).not.toContain('ann');
    expect(formatStory(story)).not.toContain('ann');
    expect(story.payload).toEqual({
      kind: 'present',
      sizeBytes: Buffer.byteLength(BODY),
      source: 'custom',
      credentials: null,
      sha256: sha256Hex(BODY),
    });
    expect((await show('first', { payload: true })).payload).toMatchObject({ text: BODY });
  });

  test('of which nothing can be read is shown as far as it is known', async () => {
    const unknown = {
      form: 'unreadable',
      target: null,
      group: null,
      payloadSha256: null,
      record: 'no message',
    } as const;
    await desk.archive.store('archived', [entry('first', unknown)], NOW);
    const story = await show('first', { payload: true });
    expect(story).toMatchObject({
      payload: { kind: 'absent', reason: 'unreadable-record' },
      attempts: [],
      circuit: null,
      logs: null,
    });
    expect(formatStory(story)).toContain('none: no declared function has run it under a request id');
  });

  test('shows no control character of a sender’s on the terminal', async () => {
    const error = { code: '200', type: null, message: 'a\u001B[2Jb\u0007' };
    await desk.archive.store('parked', [entry('first', { error })], NOW);
    // eslint-disable-next-line no-control-regex
    expect(formatStory(await show('first'))).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
  });
});

describe('the log of an event', () => {
  test('is a link, and its lines where they are asked for', async () => {
    await desk.archive.store('parked', [entry('first')], NOW);
    desk.logged = [{ atMs: NOW, text: 'START RequestId: first' }];
    expect((await show('first')).logs).toEqual({
      group: '/aws/lambda/orders',
      link: expect.stringContaining('first'),
    });
    expect(desk.searches).toEqual([]);
    const story = await show('first', { logs: true });
    expect(story.logs).toMatchObject({ lines: desk.logged });
    expect(formatStory(story)).toContain('2026-11-24 12:00:00Z  START RequestId: first');
    // From Lambda's longest keeping of an event before its death to the longest run after it.
    expect(desk.searches).toEqual([
      {
        group: '/aws/lambda/orders',
        requestId: 'first',
        fromMs: NOW - MINUTE_MS - 6 * 60 * MINUTE_MS,
        untilMs: NOW - MINUTE_MS + 15 * MINUTE_MS,
      },
    ]);
  });

  test('that cannot be read is named, and keeps nothing else back', async () => {
    await desk.archive.store('parked', [entry('first')], NOW);
    desk.logged = new Error('denied');
    const { logs, deathId } = await show('first', { logs: true });
    expect({ deathId, lines: logs?.lines }).toEqual({ deathId: 'first', lines: undefined });
    expect(unreadable).toEqual(['the log group /aws/lambda/orders']);
  });

  test('is linked to as the console of the region’s partition has it', () => {
    const place = { group: '/aws/lambda/orders', requestId: 'a-1', fromMs: 1, untilMs: 2 };
    expect(logLink({ ...place, region: 'eu-west-1' })).toBe(
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/' +
        '$252Faws$252Flambda$252Forders/log-events$3FfilterPattern$3D$2522a-1$2522$26start$3D1$26end$3D2',
    );
    expect(logLink({ ...place, region: 'cn-north-1' })).toMatch(
      /^https:\/\/cn-north-1\.console\.amazonaws\.cn\//,
    );
    expect(logLink({ ...place, region: 'us-gov-west-1' })).toMatch(
      /^https:\/\/console\.amazonaws-us-gov\.com\//,
    );
  });
});

test('a payload on a terminal keeps its lines and tabs, and nothing that the terminal would obey', () => {
  expect(harmless('{\n\t"a": "é😀\u001B[2J\u009B0m"\r}')).toBe('{\n\t"a": "é😀 [2J 0m" }');
});

test('what became of an attempt is told from its intent, and whether its death is known', () => {
  const open = { requestId: 'r', died: false, openUntilMs: NOW };
  expect(attemptResult(open, false, NOW - 1)).toBe('accepted');
  expect(attemptResult(open, false, NOW)).toBe('no-death-known');
  expect(attemptResult(open, true, NOW - 1)).toBe('died');
  expect(attemptResult({ ...open, openUntilMs: 0 }, false, NOW)).toBe('succeeded');
  expect(attemptResult({ ...open, openUntilMs: 0, died: true }, false, NOW)).toBe('died');
  expect(attemptResult({ ...open, requestId: null }, false, NOW)).toBe('uncertain');
});
