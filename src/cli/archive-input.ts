import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHIVE_OBJECT } from '../aws/archive-key.ts';
import type { ArchiveObject, ArchiveRange } from '../aws/archive-objects.ts';
import { cannotRead } from './misuse.ts';

/** Archive objects, and where they come from, for whoever has to be told. */
export type ArchiveInput = { readonly where: string; readonly objects: AsyncIterable<ArchiveObject> };

/** Archive objects as they lie in the bucket, or folders of them. Throws a Misuse that names what cannot be read. */
export function archiveIn(paths: readonly string[]): ArchiveInput {
  return { where: paths.join(', '), objects: readAll(paths) };
}

/** Those of a bucket, read by the SDK's own credentials and region. Throws a Misuse with what S3 says against it. */
export function archiveOf(range: ArchiveRange): ArchiveInput {
  const where = `s3://${range.bucket}/${range.prefix}`;
  return { where, objects: readBucket(range, where) };
}

async function* readAll(paths: readonly string[]): AsyncIterable<ArchiveObject> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  for (const name of files) {
    const bytes = await readFile(name).catch((error: unknown) => {
      throw cannotRead(name, error);
    });
    yield { name, bytes };
  }
}

async function filesAt(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  if (!found.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => name.endsWith(ARCHIVE_OBJECT))
    .toSorted()
    .map((name) => join(path, name));
}

async function* readBucket(range: ArchiveRange, where: string): AsyncIterable<ArchiveObject> {
  // The SDK takes longer to load than the other commands take to run.
  const [{ s3Client }, { archiveObjects }] = await Promise.all([
    import('../aws/clients/s3.ts'),
    import('../aws/archive-objects.ts'),
  ]);
  const client = s3Client();
  try {
    yield* archiveObjects(client, range);
  } catch (error) {
    throw cannotRead(where, error);
  } finally {
    client.destroy();
  }
}
