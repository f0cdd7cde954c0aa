import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BucketSource } from '../../recovery/sources.ts';

/** Lambda's records hold an event of at most 6 MB, and an error beside it. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Reads the record that Lambda has put into a bucket; null when it is larger than any such record. */
export async function fetchObject(client: S3Client, { bucket, key }: BucketSource): Promise<string | null> {
  const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (Body === undefined || ContentLength > MOST_BYTES) return null;
  return Body.transformToString('utf8');
}
