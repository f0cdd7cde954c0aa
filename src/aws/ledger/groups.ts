import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DEATH_WINDOW_SECONDS, type Group } from '../../recovery/group.ts';
import type { Registration, Standing, TrialOf } from '../../recovery/ports.ts';
import { CIRCUIT_STATES } from '../../recovery/release/circuit.ts';
import { batchGet } from './batch-get.ts';
import { CIRCUIT, WORK, conditionHeld, expiresAt, type LedgerTable } from './table.ts';

/**
 * What the intake does with groups. A group that is flowing and has nothing parked has no row. The row is written on a
 * transition only: what is parked is told by the pointers beside it, so a storm contends for nothing.
 */

/** Until when deaths of what a release has handed over may come: one row per target. */
const AWAITED = 'awaited';

/** Of a group's row, how it stands; of a pause, that it is there. */
const standingRow = z.union([
  z.object({
    pk: z.string(),
    sk: z.literal('state'),
    state: z.enum(CIRCUIT_STATES),
    draining: z._default(z.boolean(), false),
    nextAtMs: z._default(z.nullable(z.number()), null),
  }),
  z.object({ pk: z.literal('pause'), sk: z.string() }),
  z.object({ pk: z.string(), sk: z.literal(AWAITED), untilMs: z.number() }),
]);
const countRow = z.object({ dead: z.number() });

const STATE = 'state';

/** The stop button: a row that people put and delete. One stops all targets, or one of them. */
export const PAUSE = 'pause';
const ALL_TARGETS = 'all';
const OF_TARGET = 'target#';

/** The partition of a group's rows: its state, its death counts, its pointers. */
export function groupPartition(groupKey: string): string {
  return `group#${groupKey}`;
}

/** The key of a group's row. */
export function stateKey(groupKey: string): { readonly pk: string; readonly sk: string } {
  return { pk: groupPartition(groupKey), sk: STATE };
}

/** See `Ledger.standing`. One read per hundred groups and targets. */
export async function standing(
  table: LedgerTable,
  groupKeys: readonly string[],
  targets: readonly string[],
  nowMs: number,
): Promise<Standing> {
  const groups = [...new Set(groupKeys)].map((key) => stateKey(key));
  const pauses = [null, ...new Set(targets)].map((target) => pauseKey(target));
  const awaited = [...new Set(targets)].map((target) => awaitedKey(target));
  const rows = (await batchGet(table, [...groups, ...pauses, ...awaited])).map((row) =>
    standingRow.parse(row),
  );
  const found = new Set(rows.filter((row) => counts(row, nowMs)).map(({ pk, sk }) => `${pk} ${sk}`));
  const isPaused = (target: string | null): boolean => found.has(`${PAUSE} ${pauseKey(target).sk}`);
  return {
    parked: new Set(groupKeys.filter((key) => found.has(`${groupPartition(key)} ${STATE}`))),
    paused: new Set(isPaused(null) ? targets : targets.filter(isPaused)),
    awaited: new Set(targets.filter((target) => found.has(`${awaitedKey(target).pk} ${AWAITED}`))),
  };
}

/** Whether the row says something now: a group that is not flowing, a pause, deaths that are still awaited. */
function counts(row: z.infer<typeof standingRow>, nowMs: number): boolean {
  if ('state' in row) return row.state !== 'flowing';
  return !('untilMs' in row) || row.untilMs > nowMs;
}

function awaitedKey(target: string): { readonly pk: string; readonly sk: string } {
  return { pk: `target#${target}`, sk: AWAITED };
}

/** See `Circuits.expectDeaths`. */
export async function expectDeaths(table: LedgerTable, target: string, untilMs: number): Promise<void> {
  await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: awaitedKey(target),
        UpdateExpression: 'SET untilMs = :until, expiresAt = :expires',
        ConditionExpression: 'attribute_not_exists(pk) OR untilMs < :until',
        ExpressionAttributeValues: { ':until': untilMs, ':expires': expiresAt(untilMs, 1) },
      }),
    ),
  );
}

/** The key of the stop button's row for a target, with null for all. */
export function pauseKey(target: string | null): { readonly pk: typeof PAUSE; readonly sk: string } {
  return { pk: PAUSE, sk: target === null ? ALL_TARGETS : `${OF_TARGET}${target}` };
}

/** The target that such a row stops; null = all. */
export function pausedBy(sk: string): string | null {
  return sk === ALL_TARGETS ? null : sk.slice(OF_TARGET.length);
}

/** See `Ledger.closeGroup`. One write where there is no row, as there mostly is none; a second where one is flowing. */
export async function closeGroup(table: LedgerTable, group: Group, nowMs: number): Promise<boolean> {
  if (await putNew(table, group, 'parked', null, nowMs)) return true;
  return conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: stateKey(group.key),
        UpdateExpression:
          'SET #state = :parked, sinceMs = :now, nextAtMs = :none, probes = :zero REMOVE draining',
        ConditionExpression: '#state = :flowing',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':parked': 'parked',
          ':flowing': 'flowing',
          ':now': nowMs,
          ':none': null,
          ':zero': 0,
        },
      }),
    ),
  );
}

async function putNew(
  table: LedgerTable,
  group: Group,
  state: 'parked' | 'flowing',
  nextAtMs: number | null,
  nowMs: number,
): Promise<boolean> {
  const { key, ...known } = group;
  return conditionHeld(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...stateKey(key), ...known, [WORK]: CIRCUIT, state, sinceMs: nowMs, nextAtMs },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
}

/** Looks at a row that is being removed; after so many its key is in the hands of nobody who acts sanely. */
const REGISTER_TRIES = 5;

/**
 * See `Ledger.register`. One read per hundred groups, and a write only where a row is missing, is being removed, or is due
 * later than these events. Whoever removes a row marks it first and looks for pointers then: either it sees ours, or we see
 * the mark, or that the row is gone.
 */
export async function register(
  table: LedgerTable,
  registrations: readonly Registration[],
  nowMs: number,
): Promise<void> {
  let left = [...registrations];
  for (let attempt = 1; left.length > 0; attempt++) {
    if (attempt > REGISTER_TRIES) throw new Error(`${left.length} groups could not be registered`);
    const keys = [...new Set(left.map(({ group }) => group.key))].map((key) => stateKey(key));
    const rows = new Map((await batchGet(table, keys)).map((row) => [row['pk'], standingRow.parse(row)]));
    const again = await Promise.all(
      left.map(async (one) => {
        const row = rows.get(groupPartition(one.group.key));
        return (await isRegistered(table, one, row, nowMs)) ? [] : [one];
      }),
    );
    left = again.flat();
  }
}

async function isRegistered(
  table: LedgerTable,
  { group, dueAtMs }: Registration,
  row: z.infer<typeof standingRow> | undefined,
  nowMs: number,
): Promise<boolean> {
  const due = dueAtMs ?? nowMs;
  if (row === undefined || !('state' in row)) return putNew(table, group, 'flowing', due, nowMs);
  if (row.draining) {
    return conditionHeld(
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: stateKey(group.key),
          UpdateExpression: 'SET nextAtMs = :due REMOVE draining',
          ConditionExpression: 'draining = :true',
          ExpressionAttributeValues: { ':true': true, ':due': due },
        }),
      ),
    );
  }
  if (row.state === 'flowing' && (row.nextAtMs ?? due) > due) {
    // Should it not hold, somebody has it due even earlier, or it is no longer flowing.
    await conditionHeld(
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: stateKey(group.key),
          UpdateExpression: 'SET nextAtMs = :due',
          ConditionExpression: '#state = :flowing AND nextAtMs > :due',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':flowing': 'flowing', ':due': due },
        }),
      ),
    );
  }
  return true;
}

/** See `Ledger.countTrialDeath`. One ADD; of an old trial nothing is counted. */
export async function countTrialDeath(
  table: LedgerTable,
  trial: TrialOf,
  isSameCause: boolean,
): Promise<void> {
  await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: stateKey(trial.group),
        UpdateExpression: `ADD ${isSameCause ? 'diedSame' : 'diedOther'} :one`,
        ConditionExpression: 'trialId = :trial',
        ExpressionAttributeValues: { ':one': 1, ':trial': trial.id },
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
