import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Claim, DeathStanding, Ending } from '../../recovery/ports.ts';
import { SHORT_DAYS, conditionHeld, expiresAt, type LedgerTable } from './table.ts';

const claimRow = z.object({
  owner: z.string(),
  state: z.enum(['leased', 'waiting', 'done']),
  leaseUntilMs: z.number(),
  dueAtMs: z.optional(z.number()),
  looks: z.number(),
});

type Key = { pk: string; sk: string };

function keyOf(deathId: string): Key {
  return { pk: `death#${deathId}`, sk: 'claim' };
}

/** See `Ledger.claim`. One conditional update; a second, consistent read only when it is not ours. */
export async function claim(
  table: LedgerTable,
  deathId: string,
  messageId: string,
  nowMs: number,
  leaseUntilMs: number,
): Promise<Claim> {
  const taking = table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: keyOf(deathId),
      UpdateExpression:
        'SET #state = :leased, #owner = :me, leaseUntilMs = :until, expiresAt = :expires ADD looks :one',
      ConditionExpression:
        'attribute_not_exists(pk) OR (#state = :waiting AND dueAtMs <= :now) OR (#state = :leased AND leaseUntilMs <= :now)',
      ExpressionAttributeNames: { '#state': 'state', '#owner': 'owner' },
      ExpressionAttributeValues: {
        ':one': 1,
        ':leased': 'leased',
        ':waiting': 'waiting',
        ':me': messageId,
        ':now': nowMs,
        ':until': leaseUntilMs,
        ':expires': expiresAt(nowMs, SHORT_DAYS),
      },
      ReturnValues: 'ALL_NEW',
    }),
  );
  if (await conditionHeld(taking)) {
    const { dueAtMs, looks } = claimRow.parse((await taking).Attributes);
    return { kind: 'claimed', waited: dueAtMs !== undefined && dueAtMs <= nowMs, first: looks === 1 };
  }
  return whoHas(table, deathId, nowMs);
}

async function whoHas(table: LedgerTable, deathId: string, nowMs: number): Promise<Claim> {
  const row = await readRow(table, deathId);
  if (row === null) return { kind: 'not-yet', untilMs: nowMs }; // expired between the two calls
  switch (row.state) {
    case 'done':
      return { kind: 'done' };
    case 'waiting':
      return { kind: 'not-yet', untilMs: row.dueAtMs ?? nowMs };
    case 'leased':
      return { kind: 'not-yet', untilMs: row.leaseUntilMs };
  }
}

/** See `Ledger.isInOtherHands`. */
export async function isInOtherHands(
  table: LedgerTable,
  deathId: string,
  messageId: string,
): Promise<boolean> {
  const row = await readRow(table, deathId);
  return row !== null && row.state !== 'done' && row.owner !== messageId;
}

async function readRow(table: LedgerTable, deathId: string): Promise<z.infer<typeof claimRow> | null> {
  const item = await readItem(table, deathId);
  return item === undefined ? null : claimRow.parse(item);
}

async function readItem(table: LedgerTable, deathId: string): Promise<Record<string, unknown> | undefined> {
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: keyOf(deathId), ConsistentRead: true }),
  );
  return Item;
}

const standingRow = z.object({
  ending: z._default(z.nullable(z.enum(['reinvoked', 'parked', 'archived'])), null),
  doneAtMs: z._default(z.nullable(z.number()), null),
});

/** See `Operations.deathStanding`. */
export async function deathStanding(table: LedgerTable, deathId: string): Promise<DeathStanding | null> {
  const item = await readItem(table, deathId);
  if (item === undefined) return null;
  const { ending, doneAtMs } = standingRow.parse(item);
  return { ending, atMs: doneAtMs };
}

/** See `Ledger.postpone`. */
export async function postpone(
  table: LedgerTable,
  deathId: string,
  messageId: string,
  dueAtMs: number,
): Promise<void> {
  await settle(table, deathId, messageId, 'SET #state = :next, dueAtMs = :due', {
    ':next': 'waiting',
    ':due': dueAtMs,
  });
}

/** See `Ledger.finish`. */
export async function finish(
  table: LedgerTable,
  deathId: string,
  messageId: string,
  ending: Ending,
  nowMs: number,
): Promise<void> {
  await settle(table, deathId, messageId, 'SET #state = :next, ending = :ending, doneAtMs = :now', {
    ':next': 'done',
    ':ending': ending,
    ':now': nowMs,
  });
}

async function settle(
  table: LedgerTable,
  deathId: string,
  messageId: string,
  update: string,
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  const settled = await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: keyOf(deathId),
        UpdateExpression: update,
        ConditionExpression: '#state = :leased AND #owner = :me',
        ExpressionAttributeNames: { '#state': 'state', '#owner': 'owner' },
        ExpressionAttributeValues: { ...values, ':leased': 'leased', ':me': messageId },
      }),
    ),
  );
  if (!settled) throw new Error(`the lease on death ${deathId} has passed to another message`);
}
