import { formatArchiveId, parseArchiveId } from '../../recovery/archive-entry.ts';
import { Misuse } from '../misuse.ts';
import type { Desk } from './desk.ts';
import { PLACEMENTS, type FiledEvent } from './events.ts';
import { scan, type ScanTold } from './scan.ts';

type FindDesk = Pick<Desk, 'objects' | 'archive' | 'operations'>;

/** The filings of one event, oldest first, and all ids by which its deaths are known. */
export type Found = { readonly filings: readonly FiledEvent[]; readonly newest: FiledEvent };

/** A filing is written some moments before the ledger says so, by another clock. */
const AROUND_MS = 60_000;

/**
 * Finds an event by its archive id, which reads one member, or by the request or death id of any of its deaths or re-invocations, for
 * which the archive is read through from the day on that the ledger names, else from `sinceMs` on. Throws a Misuse when there is none.
 */
export async function findEvent(desk: FindDesk, id: string, sinceMs: number, told: ScanTold): Promise<Found> {
  const at = parseArchiveId(id);
  if (at !== null) {
    const event = { at, entry: await desk.archive.read(at).catch(notThere(id)) };
    return { filings: [event], newest: event };
  }
  const [accepted, standing] = await Promise.all([
    desk.operations.acceptedAs(id),
    desk.operations.deathStanding(id),
  ]);
  // A re-invocation that succeeded has no death of its own: the event is filed under its first one.
  const ids = [id, ...(accepted === null ? [] : [accepted.origin])];
  const fromMs = Math.min(
    sinceMs,
    standing?.atMs === null || standing === null ? sinceMs : standing.atMs - AROUND_MS,
  );
  const filings: FiledEvent[] = [];
  const range = { placements: PLACEMENTS, intake: null, sinceMs: fromMs, untilMs: null, from: null };
  const isCandidate = (line: string): boolean => ids.some((one) => line.includes(JSON.stringify(one)));
  for await (const event of scan(desk, { ...range, isCandidate }, told)) {
    const { deathId, origin } = event.entry;
    if (ids.includes(deathId) || (origin !== null && ids.includes(origin))) filings.push(event);
  }
  const sorted = filings.toSorted((a, b) => filedAt(a).localeCompare(filedAt(b)));
  const newest = sorted.at(-1);
  if (newest === undefined) throw new Misuse(notFound(id, fromMs));
  return { filings: sorted, newest };
}

function filedAt({ entry, at }: FiledEvent): string {
  return `${entry.archivedAt} ${formatArchiveId(at)}`;
}

function notFound(id: string, fromMs: number): string {
  const day = new Date(fromMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return (
    `no event ${id} has been filed since ${day}: look further back with --since, such as --since 90d, or give its ` +
    'archive id, which alerts and dlq list show'
  );
}

function notThere(id: string): (error: unknown) => never {
  return (error) => {
    const { name = '', message = String(error) } = error instanceof Error ? error : {};
    if (name !== 'NoSuchKey') throw error;
    throw new Misuse(`there is no ${id} in the archive: ${message}`);
  };
}
