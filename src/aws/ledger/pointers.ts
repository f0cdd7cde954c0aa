import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import * as z from 'zod/mini';
import type { ArchivedAt } from '../../recovery/archive-entry.ts';
import type { ParkedPointer } from '../../recovery/ports.ts';
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
  members: z.array(memberRow),
  parkedAtMs: z.number(),
  dueAtMs: z.nullable(z.number()),
});

type MemberRow = z.infer<typeof memberRow>;

/** See `Ledger.point`. A new row each time, ordered by time: no hot item, and nothing to contend for. Never expires. */
export async function point(table: LedgerTable, pointer: ParkedPointer): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: {
        pk: groupPartition(pointer.group),
        sk: `pointer#${ulid(pointer.parkedAtMs)}`,
        members: membersOf(pointer.events),
        count: pointer.events.length,
        parkedAtMs: pointer.parkedAtMs,
        dueAtMs: pointer.dueAtMs,
      },
    }),
  );
}

/** See `Ledger.pointers`. */
export async function pointers(table: LedgerTable, groupKey: string): Promise<readonly ParkedPointer[]> {
  const found: ParkedPointer[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :pointer)',
        ExpressionAttributeValues: { ':pk': groupPartition(groupKey), ':pointer': 'pointer#' },
        ConsistentRead: true,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    for (const item of page.Items ?? []) {
      const { members, parkedAtMs, dueAtMs } = pointerRow.parse(item);
      found.push({ group: groupKey, events: members.flatMap((row) => eventsOf(row)), parkedAtMs, dueAtMs });
    }
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
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
