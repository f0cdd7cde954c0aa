import type { DeadEvent } from './dead-event.ts';
import { sha256Hex } from './digest.ts';
import { isObject, ownProperty, parseJson } from './json.ts';
import type { Letter } from './letter.ts';
import type { TargetPolicy } from './policy.ts';
import { isFifo } from './queue-message.ts';

/**
 * What must not overtake each other: events with the same key. Null where order does not count. A digest, since what orders
 * events is part of them.
 */
export function orderKeyOf(
  letter: Pick<Letter, 'sourceArn' | 'groupId'>,
  event: DeadEvent | null,
  target: TargetPolicy | null,
): string | null {
  const { sourceArn, groupId } = letter;
  if (sourceArn !== null && isFifo(sourceArn)) return `fifo ${sourceArn} ${sha256Hex(groupId ?? '')}`;
  if (target?.orderBy === undefined || target.orderBy === null || event?.payload.kind !== 'present')
    return null;
  const value = valueAt(parseJson(event.payload.text), target.orderBy);
  return value === null ? null : `by ${target.key} ${sha256Hex(value)}`;
}

/** The text of a string, number or boolean at the path; null where there is none: such an event is in nobody's way. */
function valueAt(payload: unknown, path: readonly string[]): string | null {
  let value = payload;
  for (const name of path) value = isObject(value) ? ownProperty(value, name) : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(value)
    : null;
}
