import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { alertId, type PendingAlert, type SentAlerts } from '../../recovery/alerts.ts';
import { CATEGORIES } from '../../recovery/category.ts';
import type { Outbox } from '../../recovery/ports.ts';
import { noteKey } from './notes.ts';
import { workKeys } from './query-all.ts';
import { ALERT, WORK, conditionHeld, expiresAt, type LedgerTable } from './table.ts';

/**
 * One row per cause: totals that only grow, and the marks up to which they have been reported. As long as something is
 * unreported the row is in the index of what there is to do.
 */
const noteRow = z.object({
  target: z.nullable(z.string()),
  intake: z.nullable(z.string()),
  category: z.enum(CATEGORIES),
  rule: z.string(),
  text: z.string(),
  samples: z.array(z.object({ deathId: z.nullable(z.string()), archiveId: z.string() })),
  parked: z.number(),
  archived: z.number(),
  held: z.number(),
  reportedParked: z._default(z.number(), 0),
  reportedArchived: z._default(z.number(), 0),
  reportedHeld: z._default(z.number(), 0),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
  lastAlertAtMs: z._default(z.nullable(z.number()), null),
});
const sentRow = z.object({ alerts: z._default(z.number(), 0), digests: z._default(z.number(), 0) });

const HOUR_MS = 3_600_000;

type Key = { readonly pk: string; readonly sk: string };

/** The outbox in the same table as the ledger. */
export function dynamoOutbox(table: LedgerTable): Outbox {
  return {
    pending: () => pending(table),
    take: (alert, nowMs, leaseUntilMs) => take(table, alert, nowMs, leaseUntilMs),
    published: (alert, nowMs) => published(table, alert, nowMs),
    sent: (nowMs) => sent(table, nowMs),
    countSent: (kind, nowMs) => addSent(table, kind, 1, nowMs),
    uncountSent: (kind, nowMs) => addSent(table, kind, -1, nowMs),
  };
}

async function pending(table: LedgerTable): ReturnType<Outbox['pending']> {
  const alerts: PendingAlert[] = [];
  const unreadable: string[] = [];
  for (const key of await workKeys(table, ALERT)) {
    const alert = await pendingAt(table, key);
    if (alert === 'unreadable') unreadable.push(key.pk);
    else if (alert !== null) alerts.push(alert);
  }
  return { alerts, unreadable };
}

async function pendingAt(table: LedgerTable, key: Key): Promise<PendingAlert | 'unreadable' | null> {
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  if (Item?.[WORK] === undefined) return null; // cleared or expired since the index was written
  const parsed = noteRow.safeParse(Item);
  if (!parsed.success) return 'unreadable';
  const { text, samples, firstAtMs, lastAtMs, lastAlertAtMs, ...row } = parsed.data;
  const cause = { target: row.target, intake: row.intake, category: row.category, rule: row.rule };
  const reported = { parked: row.reportedParked, archived: row.reportedArchived, held: row.reportedHeld };
  return {
    id: alertId(cause, reported),
    cause,
    tally: {
      parked: row.parked - reported.parked,
      archived: row.archived - reported.archived,
      held: row.held - reported.held,
    },
    text,
    samples,
    firstAtMs,
    lastAtMs,
    lastAlertAtMs,
    reported,
  };
}

/** Holds as long as nobody has reported more than the alert knows of. */
const NOT_REPORTED_SINCE =
  '(attribute_not_exists(reportedParked) OR (reportedParked = :wasParked AND reportedArchived = :wasArchived))';

function asItWas({ reported }: PendingAlert): Record<string, number> {
  return { ':wasParked': reported.parked, ':wasArchived': reported.archived };
}

async function take(
  table: LedgerTable,
  alert: PendingAlert,
  nowMs: number,
  leaseUntilMs: number,
): Promise<boolean> {
  return conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: noteKey(alert.cause),
        UpdateExpression: 'SET leaseUntilMs = :until',
        ConditionExpression: `attribute_exists(#work) AND ${NOT_REPORTED_SINCE} AND (attribute_not_exists(leaseUntilMs) OR leaseUntilMs <= :now)`,
        ExpressionAttributeNames: { '#work': WORK },
        ExpressionAttributeValues: { ...asItWas(alert), ':until': leaseUntilMs, ':now': nowMs },
      }),
    ),
  );
}

/** Clears the row, unless more has come since it was read: then that stays pending, under the next id. */
async function published(table: LedgerTable, alert: PendingAlert, nowMs: number): Promise<void> {
  const { reported, tally } = alert;
  const marks =
    'reportedParked = :parked, reportedArchived = :archived, reportedHeld = :held, lastAlertAtMs = :now';
  const values = {
    ...asItWas(alert),
    ':parked': reported.parked + tally.parked,
    ':archived': reported.archived + tally.archived,
    ':held': reported.held + tally.held,
    ':now': nowMs,
  };
  const nothingSince = await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: noteKey(alert.cause),
        UpdateExpression: `SET ${marks} REMOVE #work, firstAtMs, samples, leaseUntilMs`,
        ConditionExpression: `parked = :parked AND archived = :archived AND ${NOT_REPORTED_SINCE}`,
        ExpressionAttributeNames: { '#work': WORK },
        ExpressionAttributeValues: values,
      }),
    ),
  );
  if (nothingSince) return;
  await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: noteKey(alert.cause),
        UpdateExpression: `SET ${marks}, firstAtMs = :now REMOVE leaseUntilMs`,
        ConditionExpression: NOT_REPORTED_SINCE,
        ExpressionAttributeValues: values,
      }),
    ),
  );
}

function sentKey(nowMs: number): Key {
  return { pk: 'alerts', sk: `hour#${Math.floor(nowMs / HOUR_MS)}` };
}

async function sent(table: LedgerTable, nowMs: number): Promise<SentAlerts> {
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: sentKey(nowMs), ConsistentRead: true }),
  );
  return sentRow.parse(Item ?? {});
}

async function addSent(table: LedgerTable, kind: keyof SentAlerts, by: 1 | -1, nowMs: number): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: sentKey(nowMs),
      UpdateExpression: 'ADD #kind :by SET expiresAt = :expires',
      ExpressionAttributeNames: { '#kind': kind },
      ExpressionAttributeValues: { ':by': by, ':expires': expiresAt(nowMs, 1) },
    }),
  );
}
