import { DeleteCommand, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { History } from '../../recovery/decide.ts';
import { historyOf, type AcceptedRequest, type RecordedIntent } from '../../recovery/history.ts';
import type { Intent } from '../../recovery/ports.ts';
import { batchGet } from './batch-get.ts';
import { LONG_DAYS, SHORT_DAYS, conditionHeld, expiresAt, type LedgerTable } from './table.ts';

const trialOf = z.nullable(z.object({ group: z.string(), id: z.string() }));
const intentRow = z.object({
  origin: z.string(),
  deathId: z.string(),
  target: z.string(),
  payloadSha256: z.string(),
  reinvocation: z.number(),
  madeAtMs: z.number(),
  openUntilMs: z.number(),
  trial: z._default(trialOf, null),
  requestId: z._default(z.nullable(z.string()), null),
  died: z._default(z.boolean(), false),
});
const requestRow = z.object({
  origin: z.string(),
  reinvocation: z.number(),
  trial: z._default(trialOf, null),
});

type Same = { readonly target: string; readonly payloadSha256: string };

function partitionOf(same: Same): string {
  return `intent#${same.target}#${same.payloadSha256}`;
}

function keyOf(intent: Intent): { pk: string; sk: string } {
  return { pk: partitionOf(intent), sk: `${intent.origin}#${intent.reinvocation}` };
}

function requestKey(requestId: string): { pk: string; sk: string } {
  return { pk: `request#${requestId}`, sk: 'accepted' };
}

/** See `Ledger.intend`. */
export async function intend(table: LedgerTable, intent: Intent): Promise<void> {
  const recorded = await conditionHeld(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: {
          ...keyOf(intent),
          ...intent,
          // A release must know for as long as anything is parked what it has brought back.
          expiresAt:
            intent.trial === null
              ? expiresAt(intent.openUntilMs, SHORT_DAYS)
              : expiresAt(intent.madeAtMs, LONG_DAYS),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
  if (!recorded) {
    throw new Error(`re-invocation ${intent.reinvocation} of ${intent.origin} is already recorded`);
  }
}

/**
 * See `Ledger.accepted`. The intent goes first: a crash between the writes is then known to the next delivery of the same
 * death, and the death of the re-invocation is still tied to its intent by target and payload.
 */
export async function accepted(table: LedgerTable, intent: Intent, requestId: string): Promise<void> {
  await setRequest(table, intent, requestId, false);
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: {
        ...requestKey(requestId),
        origin: intent.origin,
        reinvocation: intent.reinvocation,
        trial: intent.trial,
        expiresAt: expiresAt(intent.madeAtMs, LONG_DAYS),
      },
    }),
  );
}

/** See `Ledger.succeeded` and `Ledger.died`: no death comes back under that id, so the intent alone has to know it. */
export async function ended(
  table: LedgerTable,
  intent: Intent,
  requestId: string,
  how: 'succeeded' | 'died',
): Promise<void> {
  await setRequest(table, intent, requestId, how === 'died');
}

async function setRequest(
  table: LedgerTable,
  intent: Intent,
  requestId: string,
  died: boolean,
): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: keyOf(intent),
      UpdateExpression: 'SET requestId = :id, died = :died',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':id': requestId, ':died': died },
    }),
  );
}

/** See `Ledger.withdraw`. */
export async function withdraw(table: LedgerTable, intent: Intent): Promise<void> {
  await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: keyOf(intent),
      ConditionExpression: 'attribute_not_exists(requestId)',
    }),
  );
}

/** See `Ledger.answers`. */
export async function answers(table: LedgerTable, deathIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await batchGet(table, [...new Set(deathIds)].map(requestKey));
  const found = new Set(rows.map((row) => row['pk']));
  return new Set(deathIds.filter((id) => found.has(requestKey(id).pk)));
}

/**
 * See `Ledger.history`. Two reads, both consistent: a death can arrive faster than a replica. A third where very many events have
 * the same payload: then only those of the same origin are certain to be found.
 */
export async function history(
  table: LedgerTable,
  death: Same & { readonly deathId: string; readonly diedAtMs: number; readonly origin?: string | null },
): Promise<History> {
  const [byRequest, alike] = await Promise.all([
    acceptedRequest(table, death.deathId),
    intentsLike(table, death),
  ]);
  const origin = byRequest?.origin ?? death.origin ?? death.deathId;
  const ofOrigin = alike.isAll ? [] : await intentsOf(table, death, origin);
  const found = new Map(
    [...alike.intents, ...ofOrigin].map((intent) => [`${intent.origin}#${intent.reinvocation}`, intent]),
  );
  return historyOf(death, byRequest, [...found.values()]);
}

/** See `Operations.acceptedAs`. */
export async function acceptedRequest(
  table: LedgerTable,
  requestId: string,
): Promise<AcceptedRequest | null> {
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: requestKey(requestId), ConsistentRead: true }),
  );
  return Item === undefined ? null : requestRow.parse(Item);
}

/** Intents of one target and payload that are looked through: a schedule's events all have the same, and may be a million. */
const MOST_ALIKE = 100;

async function intentsLike(
  table: LedgerTable,
  same: Same,
): Promise<{ readonly intents: readonly RecordedIntent[]; readonly isAll: boolean }> {
  const page = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': partitionOf(same) },
      ConsistentRead: true,
      Limit: MOST_ALIKE,
    }),
  );
  return {
    intents: (page.Items ?? []).map((item) => intentRow.parse(item)),
    isAll: page.LastEvaluatedKey === undefined,
  };
}

/** Those of one event: few, the machine makes five at most and a person some more. */
export async function intentsOf(
  table: LedgerTable,
  same: Same,
  origin: string,
): Promise<readonly RecordedIntent[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :origin)',
      ExpressionAttributeValues: { ':pk': partitionOf(same), ':origin': `${origin}#` },
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => intentRow.parse(item));
}
