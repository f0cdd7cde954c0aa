import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import * as z from 'zod/mini';
import type { ArchivedAt } from '../../recovery/archive-entry.ts';
import type { ParkedPointer, PointerPage, StoredPointer } from '../../recovery/ports.ts';
import { groupPartition } from './groups.ts';
import type { LedgerTable } from './table.ts';

/** A member of an object and the lines in it: a thousand events take a few kilobytes of the row's 400. */
const memberRow = z.object({
  key: z.string(),
  offsetBytes: z.number(),
  lengthBytes: z.number(),
  lines: z.array(z.number()),
});
const pointerRow = z.object({
  sk: z.string(),
  members: z.array(memberRow),
  parkedAtMs: z.number(),
  dueAtMs: z.nullable(z.number()),
  newestDeathMs: z._default(z.nullable(z.number()), null),
});

type MemberRow = z.infer<typeof memberRow>;

const POINTER = 'pointer#';
/** Sorts after every ulid. */
const LAST = `${POINTER}~`;

/** See `Ledger.point`. A new row each time, ordered by time: no hot item, and nothing to contend for. Never expires. */
export async function point(table: LedgerTable, pointer: ParkedPointer): Promise<void> {
  await put(table, { ...pointer, id: `${POINTER}${ulid(pointer.parkedAtMs)}` });
}

async function put(table: LedgerTable, pointer: StoredPointer): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: {
        pk: groupPartition(pointer.group),
        sk: pointer.id,
        members: membersOf(pointer.events),
        count: pointer.events.length,
        parkedAtMs: pointer.parkedAtMs,
        dueAtMs: pointer.dueAtMs,
        newestDeathMs: pointer.newestDeathMs,
      },
    }),
  );
}

/** See `Circuits.keep`. Only the holder of the group's lease changes its pointers. */
export async function keepOfPointer(
  table: LedgerTable,
  pointer: StoredPointer,
  events: readonly ArchivedAt[],
): Promise<void> {
  if (events.length > 0) return put(table, { ...pointer, events });
  await table.client.send(
    new DeleteCommand({
      TableName: table.name,
      Key: { pk: groupPartition(pointer.group), sk: pointer.id },
    }),
  );
}

/** See `Circuits.pointers`. */
export async function pointerPage(
  table: LedgerTable,
  groupKey: string,
  { after, limit, newestFirst = false }: PointerPage,
): Promise<readonly StoredPointer[]> {
  const found: StoredPointer[] = [];
  let from: Record<string, unknown> | undefined =
    after === null ? undefined : { pk: groupPartition(groupKey), sk: after };
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':pk': groupPartition(groupKey), ':first': POINTER, ':last': LAST },
        ConsistentRead: true,
        ScanIndexForward: !newestFirst,
        Limit: limit - found.length,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    for (const item of page.Items ?? []) {
      const { sk, members, parkedAtMs, dueAtMs, newestDeathMs } = pointerRow.parse(item);
      found.push({
        id: sk,
        group: groupKey,
        events: members.flatMap((row) => eventsOf(row)),
        parkedAtMs,
        dueAtMs,
        newestDeathMs: newestDeathMs ?? parkedAtMs,
      });
    }
    from = page.LastEvaluatedKey;
  } while (from !== undefined && found.length < limit);
  return found;
}

function membersOf(events: readonly ArchivedAt[]): MemberRow[] {
  const members = new Map<string, MemberRow>();
  for (const { key, offsetBytes, lengthBytes, line } of events) {
    const id = `${key}@${offsetBytes}`;
    const member = members.get(id) ?? { key, offsetBytes, lengthBytes, lines: [] };
    member.lines.push(line);
    members.set(id, member);
  }
  return [...members.values()];
}

function eventsOf({ key, offsetBytes, lengthBytes, lines }: MemberRow): ArchivedAt[] {
  return lines.map((line) => ({ key, offsetBytes, lengthBytes, line }));
}
