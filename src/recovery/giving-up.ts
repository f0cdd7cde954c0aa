import { createHash } from 'node:crypto';

/**
 * An adopted queue normally has no redrive policy: a record that crashes the consumer would come back until the queue's
 * retention deletes it. So the consumer gives up by itself, and finds out first which record of a batch it is.
 */
export type Triage = 'begin' | 'hold-back' | 'give-up';

/** A record, and how often it has been begun without an outcome. */
export type LookedAt = { readonly messageId: string; readonly looks: number };

/** From here on a record is suspected: its batches have not come to an end that often. */
const SUSPECT_LOOKS = 3;

/** Then it is archived as it is, unopened. Seven halvings separate it from nearly everything that was in its batches. */
export const MOST_LOOKS = 10;

/**
 * Says for each record of a batch whether to begin it. Of the suspects only those begin that agree with the first one in a
 * bit of their id, a different bit at each look: what harms the others is soon alone, and they end well without it.
 */
export function triage(records: readonly LookedAt[]): ReadonlyMap<string, Triage> {
  const first = records.find(isSuspect);
  const sides = (record: LookedAt): boolean => sideOf(record.messageId, first?.looks ?? 0);
  return new Map(
    records.map((record) => {
      if (record.looks >= MOST_LOOKS) return [record.messageId, 'give-up'];
      const heldBack = isSuspect(record) && first !== undefined && sides(record) !== sides(first);
      return [record.messageId, heldBack ? 'hold-back' : 'begin'];
    }),
  );
}

function isSuspect({ looks }: LookedAt): boolean {
  return looks >= SUSPECT_LOOKS && looks < MOST_LOOKS;
}

function sideOf(messageId: string, look: number): boolean {
  const [byte = 0] = createHash('sha256').update(`${messageId}/${look}`).digest();
  return byte % 2 === 0;
}
