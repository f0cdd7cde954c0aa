import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { WORK, type LedgerTable } from './table.ts';

/** Every row that a query finds, however many pages it takes. */
export async function queryAll(
  table: LedgerTable,
  query: Omit<QueryCommandInput, 'TableName'>,
): Promise<readonly Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const { Items = [] } of paginateQuery(
    { client: table.client },
    { TableName: table.name, ...query },
  )) {
    rows.push(...Items);
  }
  return rows;
}

const rowKey = z.object({ pk: z.string(), sk: z.string() });

/** Keys of the rows of one kind in the index of what there is to do. It lags behind its table, so it only says where to look. */
export async function workKeys(table: LedgerTable, kind: string): Promise<readonly z.infer<typeof rowKey>[]> {
  const rows = await queryAll(table, {
    IndexName: WORK,
    KeyConditionExpression: '#work = :kind',
    ExpressionAttributeNames: { '#work': WORK },
    ExpressionAttributeValues: { ':kind': kind },
  });
  return rows.map((row) => rowKey.parse(row));
}
