import { archivePrefix } from '../../aws/archive-key.ts';
import { readLine } from '../../aws/archive-line.ts';
import { unpackObject } from '../../aws/archive-object.ts';
import type { StoredObject } from '../../aws/archive-objects.ts';
import type { Placement } from '../../recovery/archive-entry.ts';
import type { Desk } from './desk.ts';
import type { FiledEvent } from './events.ts';

/** What of the archive is read through. */
export type Scan = {
  readonly placements: readonly Placement[];
  /** Null = of all. */
  readonly intake: string | null;
  /** Times of filing, epoch milliseconds, the second excluded: whole days are looked into. Null where there is no bound. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** Key of the object to go on from; null = from the first. */
  readonly from: string | null;
  /** Whether a line may be of interest, by its text alone: most are not, and parsing costs. */
  readonly isCandidate: (line: string) => boolean;
};

export type ScanTold = {
  /** Told now and then how far it is. */
  readonly notice: (text: string) => void;
  /** Told of what cannot be read, which keeps nothing else back. */
  readonly onUnreadable: (what: string, error: unknown) => void;
};

/** How often it says how far it is: some tenths of a second of reading from S3. */
const OBJECTS_PER_NOTICE = 100;

/** Events of the archive in the order of their places: by placement, intake and day, then as they were filed. */
export async function* scan(
  desk: Pick<Desk, 'objects'>,
  { placements, intake, sinceMs, untilMs, from, isCandidate }: Scan,
  told: ScanTold,
): AsyncIterable<FiledEvent> {
  const days = { since: dayOrNull(sinceMs), until: dayOrNull(untilMs === null ? null : untilMs - 1) };
  let count = 0;
  for (const placement of placements.toSorted()) {
    const prefix = archivePrefix(placement, intake);
    for await (const object of desk.objects({ prefix, ...days, from })) {
      yield* eventsIn(object, isCandidate, told);
      if (++count % OBJECTS_PER_NOTICE === 0) told.notice(`${count} archive objects read`);
    }
  }
}

function* eventsIn(
  { key, name, bytes }: StoredObject,
  isCandidate: Scan['isCandidate'],
  { onUnreadable }: ScanTold,
): Iterable<FiledEvent> {
  for (const { place, text } of linesOf({ name, bytes }, onUnreadable)) {
    if (!isCandidate(text)) continue;
    try {
      yield { at: { key, ...place }, entry: readLine(text) };
    } catch (error) {
      onUnreadable(`${name}@${place.offsetBytes}+${place.lengthBytes}.${place.line}`, error);
    }
  }
}

function linesOf(
  { name, bytes }: Pick<StoredObject, 'name' | 'bytes'>,
  onUnreadable: ScanTold['onUnreadable'],
): ReturnType<typeof unpackObject> {
  try {
    return unpackObject(bytes);
  } catch (error) {
    onUnreadable(name, error);
    return [];
  }
}

function dayOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
