import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { batchGet } from './batch-get.ts';
import { SHORT_DAYS, expiresAt, type LedgerTable } from './table.ts';

const looksRow = z.object({ messageId: z.string(), looks: z.number() });

type Key = { readonly pk: string; readonly sk: string };

function keyOf(messageId: string): Key {
  return { pk: `message#${messageId}`, sk: 'looks' };
}

/** See `Ledger.looks`. One read per hundred messages. */
export async function looksAt(
  table: LedgerTable,
  messageIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await batchGet(table, [...new Set(messageIds)].map(keyOf));
  return new Map(rows.map((row) => looksRow.parse(row)).map(({ messageId, looks }) => [messageId, looks]));
}

/** See `Ledger.countLook` and `Ledger.uncountLook`, which adds -1. */
export async function addLook(
  table: LedgerTable,
  messageId: string,
  by: 1 | -1,
  nowMs: number,
): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: keyOf(messageId),
      UpdateExpression: 'ADD looks :by SET messageId = :id, expiresAt = :expires',
      ExpressionAttributeValues: { ':by': by, ':id': messageId, ':expires': expiresAt(nowMs, SHORT_DAYS) },
    }),
  );
}
