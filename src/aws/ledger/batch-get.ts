import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerTable } from './table.ts';

/** DynamoDB's limit of keys in one BatchGetItem. */
const KEYS_PER_READ = 100;
/** Unprocessed keys mean throttling: tried again a few times, then the batch returns to the queue. */
const READ_TRIES = 5;
const FIRST_READ_DELAY_MS = 50;

type Key = { readonly pk: string; readonly sk: string };

/** The rows that exist among the keys, which must be distinct. Consistent. Rejects when some stay unread. */
export async function batchGet(
  table: LedgerTable,
  keys: readonly Key[],
): Promise<readonly Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_READ) {
    rows.push(...(await readChunk(table, keys.slice(start, start + KEYS_PER_READ))));
  }
  return rows;
}

async function readChunk(
  table: LedgerTable,
  keys: readonly Key[],
): Promise<readonly Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let unread: Record<string, unknown>[] = [...keys];
  for (let attempt = 1; ; attempt++) {
    const answer = await table.client.send(
      new BatchGetCommand({ RequestItems: { [table.name]: { Keys: unread, ConsistentRead: true } } }),
    );
    rows.push(...(answer.Responses?.[table.name] ?? []));
    unread = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
    if (unread.length === 0) return rows;
    if (attempt === READ_TRIES) throw new Error(`the ledger left ${unread.length} rows unread`);
    await delay(FIRST_READ_DELAY_MS * 2 ** attempt);
  }
}
