import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import * as z from 'zod/mini';
import type { Act, Operations, Pause, RecordedAct } from '../../recovery/ports.ts';
import { deathStanding } from './claims.ts';
import { PAUSE, pausedBy, pauseKey } from './groups.ts';
import { acceptedRequest, intentsOf } from './intents.ts';
import { queryAll } from './query-all.ts';
import { conditionHeld, type LedgerTable } from './table.ts';

/** Acts of people: one partition, ordered by time, and never expiring, since there are few and they are asked for late. */
const AUDIT = 'audit';

const actRow = z.object({
  sk: z.string(),
  who: z.string(),
  what: z.string(),
  subject: z.string(),
  reason: z.string(),
  atMs: z.number(),
});

/** Somebody may have put the row by hand. */
const pauseRow = z.object({
  sk: z.string(),
  who: z._default(z.nullable(z.string()), null),
  reason: z._default(z.nullable(z.string()), null),
  atMs: z._default(z.nullable(z.number()), null),
});

/** The side of the ledger that people use, in its table. */
export function dynamoOperations(table: LedgerTable): Operations {
  return {
    pauses: () => pauses(table),
    pause: async (target, act) => {
      const { who, reason, atMs } = act;
      await put(table, { ...pauseKey(target), who, reason, atMs });
    },
    resume: (target) => resume(table, target),
    record: (act) => record(table, act),
    acts: (page) => acts(table, page),
    deathStanding: (deathId) => deathStanding(table, deathId),
    acceptedAs: (requestId) => acceptedRequest(table, requestId),
    attempts: async (event) =>
      (await intentsOf(table, event, event.origin)).toSorted((a, b) => a.reinvocation - b.reinvocation),
  };
}

async function pauses(table: LedgerTable): Promise<readonly Pause[]> {
  const rows = await queryAll(table, {
    KeyConditionExpression: 'pk = :pause',
    ExpressionAttributeValues: { ':pause': PAUSE },
    ConsistentRead: true,
  });
  return rows.map((row) => {
    const { sk, ...told } = pauseRow.parse(row);
    return { target: pausedBy(sk), ...told };
  });
}

async function resume(table: LedgerTable, target: string | null): Promise<boolean> {
  return conditionHeld(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: pauseKey(target),
        ConditionExpression: 'attribute_exists(pk)',
      }),
    ),
  );
}

async function record(table: LedgerTable, act: Act): Promise<void> {
  await put(table, { pk: AUDIT, sk: ulid(act.atMs), ...act });
}

async function put(table: LedgerTable, Item: Record<string, unknown>): Promise<void> {
  await table.client.send(new PutCommand({ TableName: table.name, Item }));
}

/** Sorts after every ulid. */
const LAST = '~';

async function acts(
  table: LedgerTable,
  { after, limit }: Parameters<Operations['acts']>[0],
): Promise<readonly RecordedAct[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :audit AND sk < :after',
      ExpressionAttributeValues: { ':audit': AUDIT, ':after': after ?? LAST },
      ConsistentRead: true,
      ScanIndexForward: false,
      // Rows of some hundred bytes: far from the megabyte at which a page ends before its limit.
      Limit: limit,
    }),
  );
  return Items.map((item) => {
    const { sk, ...act } = actRow.parse(item);
    return { id: sk, ...act };
  });
}
