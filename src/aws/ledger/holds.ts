import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Group } from '../../recovery/group.ts';
import { batchGet } from './batch-get.ts';
import { groupFields } from './group-row.ts';
import { conditionHeld, type LedgerTable } from './table.ts';

/** Keys whose later events are held back, since an earlier one is parked. Only of targets and queues whose order counts. */
const holdRow = z.object({
  orderKey: z.string(),
  group: z.object({ key: z.string(), ...groupFields }),
});

function holdKey(orderKey: string): { readonly pk: string; readonly sk: string } {
  return { pk: `order#${orderKey}`, sk: 'hold' };
}

/** See `Ledger.holds`. One read per hundred keys. */
export async function holds(
  table: LedgerTable,
  orderKeys: readonly string[],
): Promise<ReadonlyMap<string, Group>> {
  const rows = await batchGet(table, [...new Set(orderKeys)].map(holdKey));
  return new Map(
    rows.map((row) => {
      const { orderKey, group } = holdRow.parse(row);
      return [orderKey, group];
    }),
  );
}

/** See `Ledger.hold`. The first group stays: all of a key wait in one, in the order of their parking. */
export async function hold(table: LedgerTable, orderKey: string, group: Group, nowMs: number): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: holdKey(orderKey),
      UpdateExpression: 'SET orderKey = :key, #group = if_not_exists(#group, :group), newestMs = :now',
      ExpressionAttributeNames: { '#group': 'group' },
      ExpressionAttributeValues: { ':key': orderKey, ':group': group, ':now': nowMs },
    }),
  );
}

/** See `Ledger.unhold`. By time and not by counting: what is delivered or filed twice must not hold a key for ever. */
export async function unhold(table: LedgerTable, orderKey: string, parkedAtMs: number): Promise<void> {
  await conditionHeld(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: holdKey(orderKey),
        ConditionExpression: 'newestMs <= :parked',
        ExpressionAttributeValues: { ':parked': parkedAtMs },
      }),
    ),
  );
}
