import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import type { ArchiveEntry, ArchivedAt, Placement } from '../recovery/archive-entry.ts';
import { FORMS } from '../recovery/dead-event.ts';
import { CATEGORIES } from '../recovery/category.ts';
import type { Archive } from '../recovery/ports.ts';
import { newArchiveKey } from './archive-key.ts';
import { packLines, unpackLine } from './archive-object.ts';

const text = z.nullable(z.string());
const entrySchema = z.object({
  v: z.literal(1),
  deathId: z.string(),
  origin: text,
  form: z.enum([...FORMS, 'unreadable']),
  intake: text,
  target: text,
  category: z.enum(CATEGORIES),
  rule: z.string(),
  group: text,
  reason: z.string(),
  instead: z._default(z.nullable(z.enum(['reinvoke', 'wait'])), null),
  error: z.object({ code: text, type: text, message: text }),
  reinvocations: z.nullable(z.number()),
  payloadSha256: text,
  credentials: z._default(
    z.nullable(z.enum(['codepipeline-job', 'cloudformation-custom-resource', 'api-request'])),
    null,
  ),
  elsewhere: z._default(z.nullable(z.object({ place: z.record(z.string(), z.string()), until: text })), null),
  diedAt: text,
  archivedAt: z.string(),
  fetched: z._default(text, null),
  record: z.unknown(),
});

/** The archive in one S3 bucket: gzip members of JSON Lines, an object per batch, placement and intake. */
export function s3Archive(client: S3Client, bucket: string): Archive {
  return {
    store: (placement, entries, nowMs) => store(client, bucket, placement, entries, nowMs),
    read: (at) => read(client, bucket, at),
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

async function read(client: S3Client, bucket: string, at: ArchivedAt): Promise<ArchiveEntry> {
  const last = at.offsetBytes + at.lengthBytes - 1;
  const { Body } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: at.key, Range: `bytes=${at.offsetBytes}-${last}` }),
  );
  if (Body === undefined) throw new Error(`the archive object ${at.key} has no body`);
  const parsed: unknown = JSON.parse(unpackLine(await Body.transformToByteArray(), at.line));
  return entrySchema.parse(parsed);
}
