import type { ArchiveEntry } from '../archive-entry.ts';
import type { DeadEvent, ErrorEvidence } from '../dead-event.ts';
import { readFetched, readLetter } from '../forms/read-letter.ts';
import { targetOf } from '../intakes.ts';
import { isoMs, parseLetter, type Letter } from '../letter.ts';
import { orderKeyOf } from '../order.ts';
import type { CompiledPolicy } from '../policy.ts';

/** A parked event, read again from its archive entry by the policy of today. */
export type Revived = { readonly letter: Letter; readonly event: DeadEvent; readonly parkedAtMs: number };

/** Reads the event of an entry. Null where its record cannot be read, or names no time. Never throws. */
export function revive(entry: ArchiveEntry, policy: CompiledPolicy): Revived | null {
  const letter = parseLetter(entry.record);
  const parkedAtMs = isoMs(entry.archivedAt);
  if (letter === null || parkedAtMs === null) return null;
  const read = readLetter(letter, policy, parkedAtMs);
  const whole = entry.fetched === null ? read : readFetched(letter, read, entry.fetched, policy, parkedAtMs);
  const event = {
    ...whole,
    deathId: entry.deathId,
    // What a destination record has said of the death is not in the dead letter.
    error: entry.error,
    target: targetOf(policy, entry.target) === null ? null : entry.target,
    diedAtMs: isoMs(entry.diedAt) ?? whole.diedAtMs,
  };
  return { letter, event, parkedAtMs };
}

/** The order key of an entry's event, by the policy of today; null where its order does not count. */
export function orderKeyOfEntry(entry: ArchiveEntry, policy: CompiledPolicy): string | null {
  const target = targetOf(policy, entry.target);
  const letter = parseLetter(entry.record);
  if (letter === null) return null;
  // What orders events is in the payload: it is only looked for where the policy says that it counts.
  const event = target?.orderBy === undefined || target.orderBy === null ? null : revive(entry, policy);
  return orderKeyOf(letter, event?.event ?? null, target);
}

/** Lambda cuts a dead letter's message to a kilobyte. */
const DEAD_LETTER_MESSAGE_BYTES = 1024;

/**
 * The event as it has died once more in a synchronous call, with the error told as its first death was told: a dead letter carries
 * no type, no stack and a cut message, and only alike do two deaths of one cause look alike.
 */
export function toldAlike(event: DeadEvent, error: ErrorEvidence): DeadEvent {
  const { code, condition } = event.error;
  if (event.error.type !== null || event.form !== 'lambda-dlq') {
    return { ...event, error: { ...error, code, ...(condition === undefined ? {} : { condition }) } };
  }
  const bytes = Buffer.from(error.message ?? '', 'utf8').subarray(0, DEAD_LETTER_MESSAGE_BYTES);
  const message = error.message === null ? null : new TextDecoder().decode(bytes, { stream: true });
  return { ...event, error: { code, type: null, message } };
}
