import { GetObjectCommand, NoSuchKey, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { pMapIterable } from 'p-map';
import { ARCHIVE_OBJECT, dayOf } from './archive-key.ts';

/** Which of a bucket's archive objects: those of these days of filing, both included; null where there is no bound. */
export type ArchiveRange = {
  readonly bucket: string;
  readonly prefix: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly since: string | null;
  readonly until: string | null;
  /** Of those, in the order of their listing, only this key and what comes after it: where a reader goes on. */
  readonly from?: string | null;
};

export type ArchiveObject = { readonly name: string; readonly bytes: Uint8Array };

/** One that lies in a bucket, under that key. */
export type StoredObject = ArchiveObject & { readonly key: string };

/**
 * Reads at once. An answer takes some 30 ms, so these make about 500 objects a second: a tenth of the 5,500 that S3 gives a
 * prefix, which leaves the consumer its share. Few enough to be held: an object is one batch, of at most 100 messages.
 */
const READS_AT_ONCE = 16;

/**
 * The archive objects of a range, in the order of their listing: one GET for each, one LIST for a thousand keys and, where days
 * are bounded or it goes on from a key, one for each folder that is looked into. One that goes while this reads is left out. Rejects with S3's error.
 */
export function archiveObjects(client: S3Client, range: ArchiveRange): AsyncIterable<StoredObject> {
  const objects = pMapIterable(keysUnder(client, range, range.prefix), (key) => read(client, range, key), {
    concurrency: READS_AT_ONCE,
  });
  return present(objects);
}

async function* present(objects: AsyncIterable<StoredObject | null>): AsyncIterable<StoredObject> {
  for await (const object of objects) if (object !== null) yield object;
}

/** Folder by folder where days are bounded, so that nobody lists the keys of other days. */
async function* keysUnder(client: S3Client, range: ArchiveRange, prefix: string): AsyncIterable<string> {
  const isBounded = range.since !== null || range.until !== null || (range.from ?? null) !== null;
  const pages = paginateListObjectsV2(
    { client },
    { Bucket: range.bucket, Prefix: prefix, ...(isBounded ? { Delimiter: '/' } : {}) },
  );
  for await (const { Contents = [], CommonPrefixes = [] } of pages) {
    for (const { Key = '' } of Contents) if (Key.endsWith(ARCHIVE_OBJECT) && isWithin(Key, range)) yield Key;
    for (const { Prefix = '' } of CommonPrefixes) {
      if (Prefix !== '' && isWithin(Prefix, range)) yield* keysUnder(client, range, Prefix);
    }
  }
}

function isWithin(keyOrPrefix: string, { since, until, from = null }: ArchiveRange): boolean {
  const day = dayOf(keyOrPrefix);
  // A folder that the key lies in has keys before it and after it.
  if (from !== null && keyOrPrefix < from && !from.startsWith(keyOrPrefix)) return false;
  return day === null || ((since === null || day >= since) && (until === null || day <= until));
}

async function read(client: S3Client, { bucket }: ArchiveRange, key: string): Promise<StoredObject | null> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (Body === undefined) throw new Error(`the archive object ${key} has no body`);
    return { name: `s3://${bucket}/${key}`, key, bytes: await Body.transformToByteArray() };
  } catch (error) {
    // What was handed over expires, perhaps between its listing and its reading.
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}
