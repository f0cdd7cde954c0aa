import {
  formatArchiveId,
  parseArchiveId,
  type ArchivedAt,
  type Placement,
} from '../../recovery/archive-entry.ts';
import { ownProperty, ownString, parseJson } from '../../recovery/json.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type { StoredPointer } from '../../recovery/ports.ts';
import { Misuse } from '../misuse.ts';
import type { Desk } from './desk.ts';
import { eventView, isWanted, type EventFilter, type EventView, type FiledEvent } from './events.ts';
import { circuitNamed } from './groups.ts';
import { scan, type ScanTold } from './scan.ts';

export type ListQuery = {
  readonly filter: EventFilter;
  readonly placements: readonly Placement[];
  /** Only what is parked in that group just now; null = whatever has been filed. */
  readonly group: string | null;
  /** Events, at most. */
  readonly limit: number;
  /** A token of the page before; null = from the first. */
  readonly after: string | null;
};

/** `next`: the token of the next page, null where there is none. The keys are an interface. */
export type EventPage = { readonly events: readonly EventView[]; readonly next: string | null };

type ListDesk = Pick<Desk, 'objects' | 'circuits' | 'archive'>;

/** One more than a page tells that there is another. An event and where a reader that stops behind it goes on. */
type Placed = { readonly event: FiledEvent; readonly token: string };

/**
 * A page of events in a stable order: of a group in that of their parking, else in that of their places. What is filed while pages are
 * read comes where it belongs; nothing that was there before is given twice or left out.
 */
export async function listEvents(
  desk: ListDesk,
  policy: CompiledPolicy,
  query: ListQuery,
  told: ScanTold,
): Promise<EventPage> {
  const found =
    query.group === null ? filedEvents(desk, query, told) : parkedEvents(desk, query.group, query, told);
  const page: Placed[] = [];
  for await (const placed of found) {
    if (!isWanted(placed.event.entry, query.filter, policy)) continue;
    if (page.length === query.limit) return pageOf(page, page.at(-1)?.token ?? null);
    page.push(placed);
  }
  return pageOf(page, null);
}

function pageOf(page: readonly Placed[], next: string | null): EventPage {
  return { events: page.map(({ event }) => eventView(event)), next };
}

async function* filedEvents(
  desk: ListDesk,
  { filter, placements, after }: ListQuery,
  told: ScanTold,
): AsyncIterable<Placed> {
  const last = after === null ? null : placeIn(tokenOf(after), after);
  const { sinceMs, untilMs, intake } = filter;
  const from = last?.key ?? null;
  const events = scan(desk, { placements, intake, sinceMs, untilMs, from, isCandidate: () => true }, told);
  for await (const event of events) {
    if (last !== null && !isBehind(event.at, last)) continue;
    yield { event, token: tokenFor({ at: formatArchiveId(event.at) }) };
  }
}

/** Pointers that are read at once: each names the events of one batch. */
const POINTERS_PER_PAGE = 20;

async function* parkedEvents(
  desk: ListDesk,
  name: string,
  { after }: ListQuery,
  told: ScanTold,
): AsyncIterable<Placed> {
  const { circuits } = await desk.circuits.live();
  const groupKey = circuitNamed(circuits, name).group.key;
  const token = after === null ? null : tokenOf(after);
  const last = token === null || after === null ? null : placeIn(token, after);
  const stoppedIn = token === null ? null : ownString(token, 'in');
  let behind = token === null ? null : ownString(token, 'behind');
  for (;;) {
    const pointers = await desk.circuits.pointers(groupKey, { after: behind, limit: POINTERS_PER_PAGE });
    if (pointers.length === 0) return;
    for (const pointer of pointers) {
      // What the page before has ended with may have been brought back since, and its pointer be gone.
      const stop = pointer.id === stoppedIn ? last : null;
      for (const event of await eventsOf(desk, pointer, told)) {
        if (stop !== null && !isBehind(event.at, stop)) continue;
        const place = { at: formatArchiveId(event.at), in: pointer.id };
        yield { event, token: tokenFor(behind === null ? place : { ...place, behind }) };
      }
      behind = pointer.id;
    }
  }
}

/** The events of a pointer by their places. What cannot be read keeps no other back. */
async function eventsOf(
  { archive }: ListDesk,
  { events }: StoredPointer,
  { onUnreadable }: ScanTold,
): Promise<readonly FiledEvent[]> {
  const places = events.toSorted((a, b) => (isBehind(a, b) ? 1 : -1));
  try {
    const entries = await archive.readAll(places);
    return places.flatMap((at, index) => {
      const entry = entries[index];
      return entry === undefined ? [] : [{ at, entry }];
    });
  } catch {
    return (await Promise.all(places.map((at) => eventAt(archive, at, onUnreadable)))).flat();
  }
}

async function eventAt(
  archive: Desk['archive'],
  at: ArchivedAt,
  onUnreadable: ScanTold['onUnreadable'],
): Promise<readonly FiledEvent[]> {
  try {
    return [{ at, entry: await archive.read(at) }];
  } catch (error) {
    onUnreadable(formatArchiveId(at), error);
    return [];
  }
}

function isBehind(one: ArchivedAt, other: ArchivedAt): boolean {
  if (one.key !== other.key) return one.key > other.key;
  return one.offsetBytes === other.offsetBytes ? one.line > other.line : one.offsetBytes > other.offsetBytes;
}

/** `at`: the archive id of the last event of a page. `in`: the pointer that names it. `behind`: the pointer before that. */
type Token = { readonly at: string; readonly in?: string; readonly behind?: string };

function tokenFor(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function tokenOf(text: string): unknown {
  return parseJson(Buffer.from(text, 'base64url').toString('utf8'));
}

function placeIn(token: unknown, text: string): ArchivedAt {
  const at = ownProperty(token, 'at');
  const place = typeof at === 'string' ? parseArchiveId(at) : null;
  if (place === null)
    throw new Misuse(`${text} is no token: give the one that the page before has ended with`);
  return place;
}
