import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Asked, CircuitChange, Circuits, Lease } from '../../recovery/ports.ts';
import { CIRCUIT_STATES, nextState, type Circuit } from '../../recovery/release/circuit.ts';
import { batchGet } from './batch-get.ts';
import { expectDeaths, groupPartition, stateKey } from './groups.ts';
import { groupFields } from './group-row.ts';
import { keepOfPointer, pointerPage } from './pointers.ts';
import { workKeys } from './query-all.ts';
import { CIRCUIT, conditionHeld, type LedgerTable } from './table.ts';

const circuitRow = z.object({
  pk: z.string(),
  state: z.enum(CIRCUIT_STATES),
  ...groupFields,
  sinceMs: z.number(),
  nextAtMs: z._default(z.nullable(z.number()), null),
  probes: z._default(z.number(), 0),
  look: z._default(z.nullable(z.string()), null),
  asked: z._default(z.boolean(), false),
  trialId: z._default(z.nullable(z.string()), null),
  opener: z._default(z.enum(['due', 'probe-due', 'target-changed', 'person-asked']), 'due'),
  accepted: z._default(z.number(), 0),
  diedSame: z._default(z.number(), 0),
  diedOther: z._default(z.number(), 0),
  watchedUntilMs: z._default(z.nullable(z.number()), null),
  ratePerSecond: z._default(z.number(), 1),
});

/** The releaser's side of the ledger, in its table. */
export function dynamoCircuits(table: LedgerTable): Circuits {
  return {
    live: () => live(table),
    take: (groupKey, lease, nowMs) => take(table, groupKey, lease, nowMs),
    save: (circuit, change, lease, nowMs) => save(table, circuit, change, lease, nowMs),
    leave: (groupKey, owner) => leave(table, stateKey(groupKey), owner),
    ask: (groupKey) => ask(table, groupKey),
    settle: (groupKey, lease, nowMs) => settle(table, groupKey, lease, nowMs),
    takeTarget: (target, lease, nowMs) => takeTarget(table, target, lease, nowMs),
    leaveTarget: (target, owner) => leave(table, targetKey(target), owner),
    expectDeaths: (target, untilMs) => expectDeaths(table, target, untilMs),
    pointers: (groupKey, page) => pointerPage(table, groupKey, page),
    keep: (pointer, events) => keepOfPointer(table, pointer, events),
  };
}

async function live(table: LedgerTable): ReturnType<Circuits['live']> {
  const circuits: Circuit[] = [];
  const unreadable: string[] = [];
  for (const row of await batchGet(table, await workKeys(table, CIRCUIT))) {
    const parsed = circuitRow.safeParse(row);
    if (parsed.success) circuits.push(circuitOf(parsed.data));
    else unreadable.push(String(row['pk']));
  }
  return { circuits, unreadable };
}

function circuitOf(row: z.infer<typeof circuitRow>): Circuit {
  const { target, category, rule, cause, isManual, state, sinceMs, nextAtMs, probes, look, asked } = row;
  const { trialId, opener, accepted, diedSame, diedOther, watchedUntilMs, ratePerSecond } = row;
  const trial = { opener, accepted, diedSame, diedOther, watchedUntilMs, ratePerSecond };
  return {
    group: { key: row.pk.slice(groupPartition('').length), target, category, rule, cause, isManual },
    state,
    sinceMs,
    nextAtMs,
    probes,
    look,
    asked,
    trial: trialId === null ? null : { id: trialId, ...trial },
  };
}

/** Whoever holds no lease, or one that has run out, has none. */
const IS_FREE = '(attribute_not_exists(leaseUntilMs) OR leaseUntilMs <= :now OR #owner = :me)';

async function take(
  table: LedgerTable,
  groupKey: string,
  { owner, untilMs }: Lease,
  nowMs: number,
): Promise<Circuit | null> {
  return changed(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: stateKey(groupKey),
        UpdateExpression: 'SET #owner = :me, leaseUntilMs = :until',
        ConditionExpression: `attribute_exists(pk) AND ${IS_FREE}`,
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':me': owner, ':until': untilMs, ':now': nowMs },
        ReturnValues: 'ALL_NEW',
      }),
    ),
  );
}

/** The circuit as a conditional update has left it; null where its condition did not hold. */
async function changed(
  write: Promise<{ readonly Attributes?: Record<string, unknown> | undefined }>,
): Promise<Circuit | null> {
  return (await conditionHeld(write)) ? circuitOf(circuitRow.parse((await write).Attributes)) : null;
}

async function save(
  table: LedgerTable,
  circuit: Circuit,
  change: CircuitChange,
  { owner, untilMs }: Lease,
  nowMs: number,
): Promise<Circuit | null> {
  const fields = { ...fieldsOf(circuit, change, nowMs), leaseUntilMs: untilMs };
  const names = Object.keys(fields);
  return changed(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: stateKey(circuit.group.key),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: '#owner = :me AND #is = :was',
        ExpressionAttributeNames: {
          '#owner': 'owner',
          '#is': 'state',
          ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: {
          ':me': owner,
          ':was': circuit.state,
          ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`:${name}`, value])),
        },
        ReturnValues: 'ALL_NEW',
      }),
    ),
  );
}

/** The attributes that a change sets. */
function fieldsOf(
  circuit: Circuit,
  { on, trial, ...rest }: CircuitChange,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    ...(on === undefined ? {} : { state: nextState(circuit.state, on), sinceMs: nowMs }),
    ...(trial === undefined ? {} : trialFields(trial)),
  };
}

function trialFields(trial: CircuitChange['trial']): Readonly<Record<string, unknown>> {
  if (trial === null || trial === undefined) return { trialId: null };
  const { id, ...counts } = trial;
  return { trialId: id, ...counts };
}

async function leave(
  table: LedgerTable,
  Key: { readonly pk: string; readonly sk: string },
  owner: string,
): Promise<void> {
  await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key,
        UpdateExpression: 'REMOVE leaseUntilMs, #owner',
        ConditionExpression: '#owner = :me',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':me': owner },
      }),
    ),
  );
}

/** Needs no lease: the releaser writes this attribute only when it opens the group, which is what is asked for. */
async function ask(table: LedgerTable, groupKey: string): Promise<Asked> {
  const Key = stateKey(groupKey);
  const isAsked = await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key,
        UpdateExpression: 'SET asked = :true',
        ConditionExpression: '#state IN (:parked, :flowing)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':true': true, ':parked': 'parked', ':flowing': 'flowing' },
      }),
    ),
  );
  if (isAsked) return 'asked';
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key, ConsistentRead: true }),
  );
  return Item === undefined ? 'gone' : 'under-way';
}

/** Marks first and looks then: see `register`, which is the other side of it. */
async function settle(
  table: LedgerTable,
  groupKey: string,
  { owner, untilMs }: Lease,
  nowMs: number,
): Promise<boolean> {
  const Key = stateKey(groupKey);
  const names = { '#owner': 'owner' };
  const marked = await conditionHeld(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key,
        UpdateExpression:
          'SET #state = :flowing, draining = :true, sinceMs = :now, nextAtMs = :now, trialId = :none, asked = :false, leaseUntilMs = :until',
        ConditionExpression: '#owner = :me',
        ExpressionAttributeNames: { ...names, '#state': 'state' },
        ExpressionAttributeValues: {
          ':flowing': 'flowing',
          ':true': true,
          ':false': false,
          ':none': null,
          ':now': nowMs,
          ':until': untilMs,
          ':me': owner,
        },
      }),
    ),
  );
  if (!marked) return false;
  const [left] = await pointerPage(table, groupKey, { after: null, limit: 1 });
  if (left !== undefined) {
    const unmark = new UpdateCommand({
      TableName: table.name,
      Key,
      UpdateExpression: 'REMOVE draining',
      ConditionExpression: '#owner = :me',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ':me': owner },
    });
    await conditionHeld(table.client.send(unmark));
    return false;
  }
  return conditionHeld(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key,
        ConditionExpression: '#owner = :me AND draining = :true',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':me': owner, ':true': true },
      }),
    ),
  );
}

function targetKey(target: string): { readonly pk: string; readonly sk: string } {
  return { pk: `target#${target}`, sk: 'release' };
}

async function takeTarget(
  table: LedgerTable,
  target: string,
  { owner, untilMs }: Lease,
  nowMs: number,
): Promise<boolean> {
  return conditionHeld(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...targetKey(target), owner, leaseUntilMs: untilMs },
        ConditionExpression: `attribute_not_exists(pk) OR ${IS_FREE}`,
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':me': owner, ':now': nowMs },
      }),
    ),
  );
}
