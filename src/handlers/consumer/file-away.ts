import type { ArchiveEntry, ArchivedAt, Placement } from '../../recovery/archive-entry.ts';
import type { AbsentPayload } from '../../recovery/dead-event.ts';
import type { Decision } from '../../recovery/decide.ts';
import { payloadSha256 } from '../../recovery/payload.ts';
import type { Ending, ParkedPointer, Registration } from '../../recovery/ports.ts';
import type { DecidedCase, UnopenedCase } from './case.ts';
import { noteFiled, noteUnopened } from './note.ts';
import type { BatchRun } from './run.ts';

/** An event that the archive has. */
export type FiledCase = { readonly item: DecidedCase; readonly at: ArchivedAt };

/** Where the event of a decision is kept, and how its death ends with that. A waiting event is kept by the queue alone. */
const PLACES = {
  reinvoke: { placement: 'accepted', ending: 'reinvoked' },
  park: { placement: 'parked', ending: 'parked' },
  archive: { placement: 'archived', ending: 'archived' },
} as const satisfies Record<Exclude<Decision['action'], 'wait'>, { placement: Placement; ending: Ending }>;

/**
 * Stores the batch's events: one archive object per placement, then one pointer per parked group, then one note per cause
 * for the reporter. Only what all three have taken is done.
 */
export async function fileAway(run: BatchRun, items: readonly DecidedCase[]): Promise<void> {
  for (const action of ['reinvoke', 'park', 'archive'] as const) {
    const { placement, ending } = PLACES[action];
    const ofAction = items.filter((item) => item.decision.action === action);
    const stored = await store(run, placement, action === 'park' ? await holdTurns(run, ofAction) : ofAction);
    const pointed = action === 'park' ? await pointTo(run, stored) : stored;
    await run.each(
      'finish',
      action === 'reinvoke' ? pointed : await noteFiled(run, pointed),
      ({ item }) => item.subject,
      ({ item }) => finish(run, item, ending),
    );
  }
}

/** Archives records that nobody opens, as they are. */
export async function fileUnopened(run: BatchRun, cases: readonly UnopenedCase[]): Promise<void> {
  const { ports, nowMs } = run.surroundings;
  const entries = cases.map((subject) => unopenedEntry(subject, nowMs()));
  const places = await run.together('archive', cases, () =>
    ports.archive.store('archived', entries, nowMs()),
  );
  if (places === null) return;
  for (const subject of await noteUnopened(run, cases, places)) {
    run.settle(subject, { kind: 'done', how: 'archived' });
  }
}

/** Holds back what comes after these of the same order key. Before they are filed: in between nothing may pass them. */
function holdTurns(run: BatchRun, items: readonly DecidedCase[]): Promise<DecidedCase[]> {
  const { ports, nowMs } = run.surroundings;
  return run.each(
    'hold turn',
    items,
    ({ subject }) => subject,
    async (item) => {
      const { orderKey, group } = item.subject;
      if (orderKey !== null) await ports.ledger.hold(orderKey, group, nowMs());
      return item;
    },
  );
}

async function store(
  run: BatchRun,
  placement: Placement,
  items: readonly DecidedCase[],
): Promise<FiledCase[]> {
  const { ports, nowMs } = run.surroundings;
  // One that cannot be written down harms no other.
  const written = await run.each(
    'archive',
    items,
    ({ subject }) => subject,
    async (item) => ({ item, entry: entryOf(item, nowMs()) }),
  );
  const places = await run.together(
    'archive',
    written.map(({ item }) => item.subject),
    () =>
      ports.archive.store(
        placement,
        written.map(({ entry }) => entry),
        nowMs(),
      ),
  );
  if (places === null) return [];
  return written.flatMap(({ item }, index) => {
    const at = places[index];
    return at === undefined ? [] : [{ item, at }];
  });
}

/** Writes where the parked events are, and only then makes sure that the releaser finds their groups. */
async function pointTo(run: BatchRun, filed: readonly FiledCase[]): Promise<FiledCase[]> {
  const { ports, nowMs } = run.surroundings;
  const pointed = await writePointers(run, filed);
  const registrations = pointed.map(({ item }) => ({ group: item.subject.group, dueAtMs: dueAtMs(item) }));
  const registered = await run.together(
    'register groups',
    pointed.map(({ item }) => item.subject),
    async () => {
      await ports.ledger.register(earliest(registrations), nowMs());
      return true;
    },
  );
  return registered === null ? [] : pointed;
}

/** One registration per group, with the earliest due time; what has none is due at once, as far as its group is open. */
function earliest(registrations: readonly Registration[]): readonly Registration[] {
  return [...Map.groupBy(registrations, ({ group }) => group.key).values()].flatMap(
    (ofGroup): readonly Registration[] => {
      const [first] = ofGroup;
      if (first === undefined) return [];
      const dues = ofGroup.map(({ dueAtMs }) => dueAtMs);
      const least = Math.min(...dues.map((due) => due ?? -Infinity));
      return [{ group: first.group, dueAtMs: dues.includes(null) ? null : least }];
    },
  );
}

/** Per group, those that are due by themselves apart from those that are not. */
async function writePointers(run: BatchRun, filed: readonly FiledCase[]): Promise<FiledCase[]> {
  const { ports, nowMs } = run.surroundings;
  const pointed: FiledCase[] = [];
  const heaps = Map.groupBy(filed, ({ item }) => `${item.subject.group.key} ${dueAtMs(item) === null}`);
  for (const heap of heaps.values()) {
    const pointer = pointerOf(heap, nowMs());
    const subjects = heap.map(({ item }) => item.subject);
    const written = await run.together('point', subjects, async () => {
      await ports.ledger.point(pointer);
      return true;
    });
    if (written !== null) pointed.push(...heap);
  }
  return pointed;
}

function pointerOf(heap: readonly FiledCase[], parkedAtMs: number): ParkedPointer {
  const dues = heap.map(({ item }) => dueAtMs(item)).filter((due) => due !== null);
  return {
    group: heap[0]?.item.subject.group.key ?? '',
    events: heap.map(({ at }) => at),
    parkedAtMs,
    dueAtMs: dues.length === 0 ? null : Math.max(...dues),
    newestDeathMs: Math.max(...heap.map(({ item }) => item.subject.event.diedAtMs)),
  };
}

function dueAtMs({ decision }: DecidedCase): number | null {
  return decision.action === 'park' ? decision.dueAtMs : null;
}

async function finish(run: BatchRun, item: DecidedCase, ending: Ending): Promise<void> {
  const { subject, history } = item;
  const { ports, nowMs } = run.surroundings;
  // Without a history nobody claimed the death: there is no lease to end, and the archive may hold it twice.
  if (history !== null) {
    await ports.ledger.finish(subject.event.deathId, subject.messageId, ending, nowMs());
  }
  run.settle(subject, { kind: 'done', how: ending });
}

function entryOf({ subject, decision, history }: DecidedCase, nowMs: number): ArchiveEntry {
  const { event, judgement, group, letter } = subject;
  return {
    v: 1,
    deathId: event.deathId,
    origin: history?.origin ?? null,
    form: event.form,
    intake: event.intake,
    target: event.target,
    category: judgement.category,
    rule: judgement.rule,
    group: group.key,
    reason: decision.reason,
    instead: decision.action === 'park' ? decision.instead : null,
    error: event.error,
    reinvocations: history?.reinvocations ?? null,
    payloadSha256: event.payload.kind === 'present' ? payloadSha256(event.payload) : null,
    credentials: event.payload.kind === 'present' ? event.payload.credentials : null,
    elsewhere: event.payload.kind === 'absent' ? elsewhereOf(event.payload) : null,
    diedAt: new Date(event.diedAtMs).toISOString(),
    archivedAt: new Date(nowMs).toISOString(),
    fetched: subject.fetched,
    record: withoutReceiptHandle(letter.raw),
  };
}

function unopenedEntry({ raw, messageId, intake, why }: UnopenedCase, nowMs: number): ArchiveEntry {
  return {
    v: 1,
    deathId: messageId ?? 'unknown',
    origin: null,
    form: 'unreadable',
    intake: intake?.key ?? null,
    target: intake?.target ?? null,
    category: 'unknown',
    rule: why,
    group: null,
    reason: why,
    instead: null,
    error: { code: null, type: null, message: null },
    reinvocations: null,
    payloadSha256: null,
    credentials: null,
    elsewhere: null,
    diedAt: null,
    archivedAt: new Date(nowMs).toISOString(),
    fetched: null,
    record: raw,
  };
}

function elsewhereOf({ elsewhere }: AbsentPayload): ArchiveEntry['elsewhere'] {
  if (elsewhere === null) return null;
  const { place, untilMs } = elsewhere;
  return { place, until: untilMs === null ? null : new Date(untilMs).toISOString() };
}

function withoutReceiptHandle(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { receiptHandle: _, ...kept } = raw;
  return kept;
}
