import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DEATH_WINDOW_SECONDS, type Group } from '../../recovery/group.ts';
import { batchGet } from './batch-get.ts';
import { conditionHeld, expiresAt, type LedgerTable } from './table.ts';

const stateRow = z.object({ pk: z.string(), state: z.enum(['parked']) });
const countRow = z.object({ dead: z.number() });

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
  const rowKeys = [...new Set(keys)].map((key) => ({ pk: groupPartition(key), sk: STATE }));
  const parked = new Set((await batchGet(table, rowKeys)).map((row) => stateRow.parse(row).pk));
  return new Set(keys.filter((key) => parked.has(groupPartition(key))));
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
