import { setTimeout as delay } from 'node:timers/promises';
import type { StreamSource } from '../../recovery/sources.ts';
import { isBeyond, isWithin } from '../../recovery/stream-event.ts';

/** One answer of GetRecords. */
export type Page<R> = { readonly records: readonly R[]; readonly next: string | null };

/** A shard gives five reads a second to all of its readers: the live ones go before us. */
const BETWEEN_READS_MS = 1_000;

/** A batch of 10,000 records of 1 MB is more than Lambda takes; a shard that holds less per page has gaps, and ends. */
const MOST_PAGES = 12;

/**
 * The records of a batch, read page by page from its first one. Null when they are not all there any more: a batch with
 * a hole is not the batch that died.
 */
export async function batchOf<R extends { readonly sequenceNumber: string }>(
  source: StreamSource,
  first: string,
  read: (iterator: string) => Promise<Page<R>>,
): Promise<readonly R[] | null> {
  const found: R[] = [];
  let iterator: string | null = first;
  for (let page = 0; iterator !== null && page < MOST_PAGES; page++) {
    if (page > 0) await delay(BETWEEN_READS_MS);
    const { records, next }: Page<R> = await read(iterator);
    found.push(...records.filter(({ sequenceNumber }) => isWithin(source, sequenceNumber)));
    const last = records.at(-1);
    const isRead =
      last !== undefined && (last.sequenceNumber === source.end || isBeyond(source, last.sequenceNumber));
    if (isRead) break;
    iterator = next;
  }
  const isWhole = found[0]?.sequenceNumber === source.start && found.at(-1)?.sequenceNumber === source.end;
  return isWhole ? found : null;
}
