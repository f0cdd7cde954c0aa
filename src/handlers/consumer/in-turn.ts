import { afterOneThatStays } from '../../recovery/decide.ts';
import type { Group } from '../../recovery/group.ts';
import { parseLetter } from '../../recovery/letter.ts';
import { orderKeyOf } from '../../recovery/order.ts';
import type { Case, DecidedCase } from './case.ts';
import type { BatchRun } from './run.ts';

/** What has become of the event of an order key that others may not pass. */
export type Stays = { readonly how: 'parked'; readonly group: Group } | { readonly how: 'returned' };

/**
 * The order of events within a batch: what came after one of the same key that stays behind is parked behind it, in its group, where
 * that is parked, and goes back behind one that goes back. Where order does not count nothing is touched.
 */
export function holdBehind(
  run: BatchRun,
  cases: readonly Case[],
  decided: readonly DecidedCase[],
): readonly DecidedCase[] {
  const byIndex = new Map(decided.map((item) => [item.subject.index, item]));
  const stays = new Map<string, Stays>();
  const held: DecidedCase[] = [];
  for (const subject of cases.toSorted((a, b) => a.index - b.index)) {
    const decidedItem = byIndex.get(subject.index);
    const key = turnOf(decidedItem?.subject ?? subject);
    const item = behind(run, decidedItem, key === null ? undefined : stays.get(key));
    if (item !== undefined && run.outcomeOf(subject) === null) held.push(item);
    const stay = stayOf(run, subject, item);
    if (key !== null && stay !== null && !stays.has(key)) stays.set(key, stay);
  }
  return held;
}

/** The decision as it is behind what stays; settled where it goes back with that. */
export function behind<T extends DecidedCase | undefined>(
  run: BatchRun,
  item: T,
  before: Stays | undefined,
): T | DecidedCase {
  if (item === undefined || before === undefined) return item;
  const { action } = item.decision;
  if (action !== 'reinvoke' && action !== 'park') return item;
  if (before.how === 'parked') {
    return { ...item, subject: { ...item.subject, group: before.group }, decision: afterOneThatStays() };
  }
  run.settle(item.subject, { kind: 'returned', why: 'behind-another' });
  return item;
}

/** Null where it passes on: handed over, archived, or done before. */
export function stayOf(run: BatchRun, subject: Case, item: DecidedCase | undefined): Stays | null {
  const outcome = run.outcomeOf(subject);
  if (outcome !== null) return outcome.kind === 'done' ? null : { how: 'returned' };
  switch (item?.decision.action) {
    case 'reinvoke':
    case 'archive':
      return null;
    case 'park':
      return { how: 'parked', group: item.subject.group };
    case 'wait':
    case undefined:
      return { how: 'returned' };
  }
}

/** The key whose order counts. A record that was not opened shows that of a FIFO queue alone. */
export function turnOf(subject: Case): string | null {
  if (subject.kind === 'readable') return subject.orderKey;
  const letter = parseLetter(subject.raw);
  return letter === null ? null : orderKeyOf(letter, null, null);
}
