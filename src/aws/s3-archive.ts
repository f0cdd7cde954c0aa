import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  formatArchiveId,
  type ArchiveEntry,
  type ArchivedAt,
  type Placement,
} from '../recovery/archive-entry.ts';
import type { Archive } from '../recovery/ports.ts';
import { newArchiveKey } from './archive-key.ts';
import { readLine } from './archive-line.ts';
import { packLines, unpackLines } from './archive-object.ts';

/** The archive in one S3 bucket: gzip members of JSON Lines, an object per batch, placement and intake. */
export function s3Archive(client: S3Client, bucket: string): Archive {
  return {
    store: (placement, entries, nowMs) => store(client, bucket, placement, entries, nowMs),
    read: async (at) => only(await readAll(client, bucket, [at])),
    readAll: (places) => readAll(client, bucket, places),
  };
}

async function store(
  client: S3Client,
  bucket: string,
  placement: Placement,
  entries: readonly ArchiveEntry[],
  nowMs: number,
): Promise<readonly ArchivedAt[]> {
  const places = new Map<ArchiveEntry, ArchivedAt>();
  for (const [intake, ofIntake] of Map.groupBy(entries, (entry) => entry.intake ?? 'undeclared')) {
    const key = newArchiveKey(placement, intake, nowMs);
    const sorted = ofIntake.toSorted((a, b) => (a.group ?? '').localeCompare(b.group ?? ''));
    const packed = packLines(
      sorted.map((entry) => ({ text: JSON.stringify(entry), section: entry.group ?? '' })),
    );
    // No Content-Encoding: clients would unpack the whole object, and byte ranges would mean nothing.
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: packed.body, ContentType: 'application/gzip' }),
    );
    sorted.forEach((entry, index) => {
      const place = packed.places[index];
      if (place !== undefined) places.set(entry, { key, ...place });
    });
  }
  return entries.map((entry) => placeOf(places, entry));
}

function placeOf(places: ReadonlyMap<ArchiveEntry, ArchivedAt>, entry: ArchiveEntry): ArchivedAt {
  const place = places.get(entry);
  if (place === undefined) throw new Error(`the archive has no place for death ${entry.deathId}`);
  return place;
}

/** Bytes of one read, at most: what the releaser holds in memory at once, beside what it unpacks to. */
const READ_BYTES = 4 * 1024 * 1024;

type Stretch = { readonly key: string; readonly fromBytes: number; untilBytes: number };

async function readAll(
  client: S3Client,
  bucket: string,
  places: readonly ArchivedAt[],
): Promise<readonly ArchiveEntry[]> {
  const lines = new Map<string, string>();
  for (const stretch of stretchesOf(places)) {
    const bytes = await readBytes(client, bucket, stretch);
    for (const at of places) {
      const from = at.offsetBytes - stretch.fromBytes;
      if (at.key !== stretch.key || from < 0 || at.offsetBytes + at.lengthBytes > stretch.untilBytes)
        continue;
      if (lines.has(formatArchiveId(at))) continue;
      const member = unpackLines(bytes.subarray(from, from + at.lengthBytes));
      member.forEach((line, index) => lines.set(formatArchiveId({ ...at, line: index }), line));
    }
  }
  return places.map((at) => {
    const line = lines.get(formatArchiveId(at));
    if (line === undefined) throw new Error(`the archive member has no line ${at.line}`);
    return readLine(line);
  });
}

/** Neighbouring members of one object are read together. */
function stretchesOf(places: readonly ArchivedAt[]): readonly Stretch[] {
  const sorted = places.toSorted((a, b) =>
    a.key === b.key ? a.offsetBytes - b.offsetBytes : a.key < b.key ? -1 : 1,
  );
  const stretches: Stretch[] = [];
  for (const { key, offsetBytes, lengthBytes } of sorted) {
    const untilBytes = offsetBytes + lengthBytes;
    const last = stretches.at(-1);
    const isNext =
      last?.key === key && offsetBytes <= last.untilBytes && untilBytes - last.fromBytes <= READ_BYTES;
    if (isNext) last.untilBytes = Math.max(last.untilBytes, untilBytes);
    else stretches.push({ key, fromBytes: offsetBytes, untilBytes });
  }
  return stretches;
}

async function readBytes(
  client: S3Client,
  bucket: string,
  { key, fromBytes, untilBytes }: Stretch,
): Promise<Uint8Array> {
  const { Body } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${fromBytes}-${untilBytes - 1}` }),
  );
  if (Body === undefined) throw new Error(`the archive object ${key} has no body`);
  return Body.transformToByteArray();
}

function only(entries: readonly ArchiveEntry[]): ArchiveEntry {
  const [entry] = entries;
  if (entry === undefined) throw new Error('the archive read nothing');
  return entry;
}
