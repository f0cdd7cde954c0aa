import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { gunzipSync } from 'node:zlib';
import { archiveObjects, type ArchiveRange } from '../../src/aws/archive-objects.ts';
import { s3Client } from '../../src/aws/clients/s3.ts';
import { s3Archive } from '../../src/aws/s3-archive.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { NAMES, pointSdkAt, startLocalStack } from '../support/local-stack.ts';
import { entryWith } from './archive-contract.ts';

const BUCKET = NAMES.archiveBucket;
let aws: LocalAws;
let restore: () => void;

beforeAll(async () => {
  aws = await startLocalStack({ triggers: false });
  restore = pointSdkAt(aws);
  const archive = s3Archive(s3Client(), BUCKET);
  for (const day of [23, 24, 25]) {
    for (const intake of ['orders-dlq', 'payouts-dlq']) {
      await archive.store(
        'parked',
        [entryWith(`${intake} ${day}`, { intake })],
        Date.UTC(2026, 10, day, 23, 59),
      );
    }
  }
  await archive.store('archived', [entryWith('archived 24')], Date.UTC(2026, 10, 24));
});

afterAll(async () => {
  restore();
  await aws.stop();
});

/** The bodies of the archived records of a range, in order, and what was asked to list them. */
async function read(
  range: Partial<ArchiveRange>,
): Promise<{ bodies: string[]; listed: ListObjectsV2CommandInput[] }> {
  const client = s3Client();
  const listed: ListObjectsV2CommandInput[] = [];
  client.middlewareStack.add((next, { commandName }) => (args) => {
    if (commandName === 'ListObjectsV2Command') listed.push({ Bucket: BUCKET, ...args.input });
    return next(args);
  });
  const bodies: string[] = [];
  const whole = { bucket: BUCKET, prefix: '', since: null, until: null, ...range };
  for await (const { bytes } of archiveObjects(client, whole)) bodies.push(...bodiesIn(bytes));
  return { bodies, listed };
}

function bodiesIn(bytes: Uint8Array): string[] {
  const lines = gunzipSync(bytes).toString('utf8').trim().split('\n');
  return lines.map((line) => /"record":\{"body":"([^"]*)"/.exec(line)?.[1] ?? '');
}

describe('the objects of the archive bucket', () => {
  test('are all read, by one listing, and nothing that is no archive object', async () => {
    await s3Client().send(new PutObjectCommand({ Bucket: BUCKET, Key: 'parked/note.txt', Body: 'a note' }));
    const { bodies, listed } = await read({});
    expect(bodies).toEqual([
      'archived 24',
      'orders-dlq 23',
      'orders-dlq 24',
      'orders-dlq 25',
      'payouts-dlq 23',
      'payouts-dlq 24',
      'payouts-dlq 25',
    ]);
    expect(listed).toHaveLength(1);
  });

  test('are those of a prefix', async () => {
    expect((await read({ prefix: 'parked/v1/intake=payouts' })).bodies).toEqual([
      'payouts-dlq 23',
      'payouts-dlq 24',
      'payouts-dlq 25',
    ]);
    expect((await read({ prefix: 'nowhere/' })).bodies).toEqual([]);
  });

  test('are those of the days, both included, and the keys of other days are not even listed', async () => {
    expect((await read({ until: '2026-11-23' })).bodies).toEqual(['orders-dlq 23', 'payouts-dlq 23']);
    const { bodies, listed } = await read({ prefix: 'parked/', since: '2026-11-24', until: '2026-11-24' });
    expect(bodies).toEqual(['orders-dlq 24', 'payouts-dlq 24']);
    const folders = listed.map(({ Prefix }) => Prefix ?? '').filter((prefix) => prefix.includes('date='));
    expect(folders).toEqual([
      'parked/v1/intake=orders-dlq/date=2026-11-24/',
      'parked/v1/intake=payouts-dlq/date=2026-11-24/',
    ]);
  });

  test('are those of the days too where the prefix names the folder of a day', async () => {
    const prefix = 'parked/v1/intake=orders-dlq/date=2026-11-24/';
    expect((await read({ prefix, since: '2026-11-24' })).bodies).toEqual(['orders-dlq 24']);
    expect((await read({ prefix, since: '2026-11-25' })).bodies).toEqual([]);
  });

  test('are those from a key on, and the folders before it are not even listed', async () => {
    const keys: string[] = [];
    const whole = { bucket: BUCKET, prefix: 'parked/v1/', since: null, until: null };
    for await (const { key } of archiveObjects(s3Client(), whole)) keys.push(key);
    for (const [index, from] of keys.entries()) {
      const { bodies, listed } = await read({ ...whole, from });
      expect(bodies).toHaveLength(keys.length - index);
      const folders = listed.map(({ Prefix }) => Prefix ?? '').filter((prefix) => prefix.includes('date='));
      expect(folders).toHaveLength(keys.length - index);
    }
    expect(keys).toHaveLength(6);
    expect((await read({ ...whole, since: '2026-11-25', from: keys[2] ?? '' })).bodies).toEqual([
      'orders-dlq 25',
      'payouts-dlq 25',
    ]);
  });

  test('are read beyond the first page of a listing, and without one that goes meanwhile', async () => {
    const client = s3Client();
    const names = Array.from({ length: 1001 }, (_, n) => `pages/${String(n).padStart(4, '0')}.jsonl.gz`);
    await pMap(names, (Key) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key })), {
      concurrency: 16,
    });
    const page = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'pages/' }));
    expect(page.IsTruncated).toBe(true);
    const gone = 'pages/0900.jsonl.gz';
    const seen: string[] = [];
    const range = { bucket: BUCKET, prefix: 'pages/', since: null, until: null };
    for await (const { name, bytes } of archiveObjects(client, range)) {
      if (seen.length === 0) await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: gone }));
      expect(name).toBe(`s3://${BUCKET}/${Buffer.from(bytes).toString('utf8')}`);
      seen.push(name);
    }
    expect(seen).toEqual(names.filter((name) => name !== gone).map((name) => `s3://${BUCKET}/${name}`));
  });

  test('of a bucket that is not there end in the error of S3', async () => {
    await expect(read({ bucket: 'no-such-bucket' })).rejects.toThrow('bucket');
  });
});
