import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

/** A record of a queue has its text as `body`, one of a topic as `Sns.Message`. */
const entrySchema = z.object({
  record: z.union([
    z.object({ body: z.string() }).transform(({ body }) => body),
    z.object({ Sns: z.object({ Message: z.string() }) }).transform(({ Sns }) => Sns.Message),
  ]),
});

/** The texts of the records under one of the archive's prefixes, read as anybody would: list, fetch, gunzip, JSON Lines. */
export async function archivedPayloads(
  s3: S3Client,
  bucket: string,
  prefix: string,
): Promise<ReadonlySet<string>> {
  const payloads = new Set<string>();
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  for (const { Key } of Contents ?? []) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    if (Body === undefined) throw new Error(`the archive object ${Key} has no body`);
    const lines = gunzipSync(await Body.transformToByteArray())
      .toString('utf8')
      .trimEnd()
      .split('\n');
    for (const line of lines) payloads.add(entrySchema.parse(JSON.parse(line)).record);
  }
  return payloads;
}
