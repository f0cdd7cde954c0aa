import type { ArchivedAt } from '../../src/recovery/archive-entry.ts';
import type { Registration } from '../../src/recovery/ports.ts';
import type { MemoryLedger } from '../../test/support/memory-ledger.ts';
import type { ApiCall } from './tally.ts';

/** Which calls of DynamoDB's API each step of the ledger makes. A test holds this to what the adapters do. */

/** DynamoDB's limit of keys in one BatchGetItem. */
const KEYS_PER_READ = 100;

export const GET: ApiCall = { api: 'DynamoDB GetItem', readUnits: 1 };
export const QUERY: ApiCall = { api: 'DynamoDB Query', readUnits: 1 };
export const PUT: ApiCall = { api: 'DynamoDB PutItem', writeUnits: 1 };
export const UPDATE: ApiCall = { api: 'DynamoDB UpdateItem', writeUnits: 1 };
export const DELETE: ApiCall = { api: 'DynamoDB DeleteItem', writeUnits: 1 };
/** A row that is put into the index of what there is to do, or taken out of it, is written there, too. */
export const PUT_INDEXED: ApiCall = { ...PUT, writeUnits: 2 };
export const DELETE_INDEXED: ApiCall = { ...DELETE, writeUnits: 2 };

/** Each key is read, whether or not it is there. */
export function batchGets(keys: number): readonly ApiCall[] {
  return Array.from({ length: Math.ceil(keys / KEYS_PER_READ) }, (_, index) => ({
    api: 'DynamoDB BatchGetItem',
    readUnits: Math.min(KEYS_PER_READ, keys - index * KEYS_PER_READ),
  }));
}

/** The groups, the two rows of each target, and the stop button of all. */
export function standingCalls(groupKeys: readonly string[], targets: readonly string[]): readonly ApiCall[] {
  return batchGets(new Set(groupKeys).size + 2 * new Set(targets).size + 1);
}

/** A group without a row gets one; one with a row costs a second try, whether or not it is flowing. */
export function closeCalls({ circuits }: MemoryLedger, groupKey: string): readonly ApiCall[] {
  return circuits.rows.has(groupKey) ? [PUT, UPDATE] : [PUT_INDEXED];
}

/** A read of the rows; a write for each that is missing, is being removed, or is due too late. */
export function registerCalls(
  { circuits }: MemoryLedger,
  registrations: readonly Registration[],
  nowMs: number,
): readonly ApiCall[] {
  const writes = registrations.flatMap(({ group, dueAtMs }): readonly ApiCall[] => {
    const row = circuits.rows.get(group.key);
    if (row === undefined) return [PUT_INDEXED];
    const due = dueAtMs ?? nowMs;
    const isLater = row.circuit.state === 'flowing' && (row.circuit.nextAtMs ?? due) > due;
    return row.draining || isLater ? [UPDATE] : [];
  });
  return [...batchGets(new Set(registrations.map(({ group }) => group.key)).size), ...writes];
}

const KILOBYTE = 1024;
const READ_UNIT_BYTES = 4 * KILOBYTE;
/** Names, times and the group's key. */
const POINTER_ROW_BYTES = 200;
/** A member's names, key, offset and length. */
const MEMBER_BYTES = 130;
const LINE_BYTES = 3;

/** How large the row of a pointer to these events is, about. */
export function pointerBytes(events: readonly ArchivedAt[]): number {
  const members = new Set(events.map(({ key, offsetBytes }) => `${key}@${offsetBytes}`));
  return POINTER_ROW_BYTES + members.size * MEMBER_BYTES + events.length * LINE_BYTES;
}

export function pointerWrite(events: readonly ArchivedAt[]): ApiCall {
  return { ...PUT, writeUnits: Math.ceil(pointerBytes(events) / KILOBYTE) };
}

export function pointersRead(pages: readonly { readonly events: readonly ArchivedAt[] }[]): ApiCall {
  const bytes = pages.reduce((sum, { events }) => sum + pointerBytes(events), 0);
  return { ...QUERY, readUnits: Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) };
}
