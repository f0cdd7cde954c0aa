import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DEATH_WINDOW_SECONDS, type Group } from '../../recovery/group.ts';
import { conditionHeld, expiresAt, type LedgerTable } from './table.ts';

const stateRow = z.object({ pk: z.string(), state: z.enum(['parked']) });
const countRow = z.object({ dead: z.number() });

/** DynamoDB's limit of keys in one BatchGetItem. */
const KEYS_PER_READ = 100;
/** Unprocessed keys mean throttling: tried again a few times, then the batch returns to the queue. */
const READ_TRIES = 5;
const FIRST_READ_DELAY_MS = 50;

const STATE = 'state';

/** The partition of a group's rows: its state, its death counts, its pointers. */
export function groupPartition(groupKey: string): string {
  return `group#${groupKey}`;
}

/** See `Ledger.parkedGroups`. One read per hundred groups. */
export async function parkedGroups(
  table: LedgerTable,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const partitions = [...new Set(keys)].map((key) => groupPartition(key));
  const parked = new Set<string>();
  for (let start = 0; start < partitions.length; start += KEYS_PER_READ) {
    const chunk = partitions.slice(start, start + KEYS_PER_READ);
    for (const partition of await parkedAmong(table, chunk)) parked.add(partition);
  }
  return new Set(keys.filter((key) => parked.has(groupPartition(key))));
}

async function parkedAmong(table: LedgerTable, partitions: readonly string[]): Promise<string[]> {
  const parked: string[] = [];
  let keys: Record<string, unknown>[] = partitions.map((pk) => ({ pk, sk: STATE }));
  for (let attempt = 1; ; attempt++) {
    const answer = await table.client.send(
      new BatchGetCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: true } } }),
    );
    const rows = answer.Responses?.[table.name] ?? [];
    parked.push(...rows.map((row) => stateRow.parse(row).pk));
    keys = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
    if (keys.length === 0) return parked;
    if (attempt === READ_TRIES) throw new Error(`the ledger left ${keys.length} group states unread`);
    await delay(FIRST_READ_DELAY_MS * 2 ** attempt);
  }
}

/** See `Ledger.closeGroup`. State is written on a transition only; the version fences the next one. */
export async function closeGroup(table: LedgerTable, group: Group, nowMs: number): Promise<void> {
  await conditionHeld(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: {
          pk: groupPartition(group.key),
          sk: STATE,
          state: 'parked',
          version: 1,
          target: group.target,
          category: group.category,
          rule: group.rule,
          cause: group.cause,
          parkedAtMs: nowMs,
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
}

/** See `Ledger.countDeaths`. One ADD: right under any number of consumers, and a counter row per window. */
export async function countDeaths(
  table: LedgerTable,
  groupKey: string,
  count: number,
  nowMs: number,
): Promise<number> {
  const window = Math.floor(nowMs / (DEATH_WINDOW_SECONDS * 1000));
  const { Attributes } = await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: { pk: groupPartition(groupKey), sk: `deaths#${window}` },
      UpdateExpression: 'ADD dead :count SET expiresAt = :expires',
      ExpressionAttributeValues: { ':count': count, ':expires': expiresAt(nowMs, 1) },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  return countRow.parse(Attributes).dead;
}
