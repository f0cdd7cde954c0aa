import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DEATH_WINDOW_SECONDS, type Group } from '../../recovery/group.ts';
import type { Standing } from '../../recovery/ports.ts';
import { batchGet } from './batch-get.ts';
import { conditionHeld, expiresAt, type LedgerTable } from './table.ts';

/** Of a group's row, whether it is parked; of a pause, that it is there. */
const standingRow = z.union([
  z.object({ pk: z.string(), sk: z.literal('state'), state: z.enum(['parked']) }),
  z.object({ pk: z.literal('pause'), sk: z.string() }),
]);
const countRow = z.object({ dead: z.number() });

const STATE = 'state';

/** The stop button: a row that people put and delete, as the README shows. One stops all targets, or one of them. */
const PAUSE = 'pause';
const ALL_TARGETS = 'all';

/** The partition of a group's rows: its state, its death counts, its pointers. */
export function groupPartition(groupKey: string): string {
  return `group#${groupKey}`;
}

/** See `Ledger.standing`. One read per hundred groups and targets. */
export async function standing(
  table: LedgerTable,
  groupKeys: readonly string[],
  targets: readonly string[],
): Promise<Standing> {
  const groups = [...new Set(groupKeys)].map((key) => ({ pk: groupPartition(key), sk: STATE }));
  const pauses = [ALL_TARGETS, ...new Set(targets.map(pauseOf))].map((sk) => ({ pk: PAUSE, sk }));
  const rows = (await batchGet(table, [...groups, ...pauses])).map((row) => standingRow.parse(row));
  const found = new Set(rows.map(({ pk, sk }) => `${pk} ${sk}`));
  const isPaused = (target: string): boolean => found.has(`${PAUSE} ${pauseOf(target)}`);
  return {
    parked: new Set(groupKeys.filter((key) => found.has(`${groupPartition(key)} ${STATE}`))),
    paused: new Set(found.has(`${PAUSE} ${ALL_TARGETS}`) ? targets : targets.filter(isPaused)),
  };
}

function pauseOf(target: string): string {
  return `target#${target}`;
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
