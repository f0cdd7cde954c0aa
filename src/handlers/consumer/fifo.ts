import { afterOneThatStays } from '../../recovery/decide.ts';
import { parseLetter, type Letter } from '../../recovery/letter.ts';
import { isFifo } from '../../recovery/queue-message.ts';
import type { Case, DecidedCase } from './case.ts';
import type { BatchRun } from './run.ts';

/** What has become of the message of a group that others may not pass. */
export type Stays = 'parked' | 'returned';

/**
 * The order of a FIFO queue's groups within a batch: what came after a message that stays behind is parked behind one that is
 * parked, and goes back behind one that goes back. Events of standard queues are not touched. Nothing is known of messages
 * of earlier batches: the group of one that was parked then goes on without it.
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
    const group = fifoGroupOf(subject);
    const item = behind(run, byIndex.get(subject.index), group === null ? undefined : stays.get(group));
    if (item !== undefined && run.outcomeOf(subject) === null) held.push(item);
    const stay = stayOf(run, subject, item);
    if (group !== null && stay !== null && !stays.has(group)) stays.set(group, stay);
  }
  return held;
}

/** The decision as it is behind what stays; settled where it goes back with that. */
export function behind<T extends DecidedCase | undefined>(
  run: BatchRun,
  item: T,
  before: Stays | undefined,
): T | DecidedCase {
  if (item?.decision.action !== 'reinvoke' || before === undefined) return item;
  if (before === 'parked') return { ...item, decision: afterOneThatStays() };
  run.settle(item.subject, { kind: 'returned', why: 'behind-another' });
  return item;
}

/** Null where it passes on: handed over, archived, or done before. */
export function stayOf(run: BatchRun, subject: Case, item: DecidedCase | undefined): Stays | null {
  const outcome = run.outcomeOf(subject);
  if (outcome !== null) return outcome.kind === 'done' ? null : 'returned';
  switch (item?.decision.action) {
    case 'reinvoke':
    case 'archive':
      return null;
    case 'park':
      return 'parked';
    case 'wait':
    case undefined:
      return 'returned';
  }
}

/** The group whose order counts; null for events of standard queues. */
export function fifoGroupOf(subject: Case): string | null {
  const letter: Letter | null = subject.kind === 'readable' ? subject.letter : parseLetter(subject.raw);
  if (letter?.sourceArn === null || letter === null || !isFifo(letter.sourceArn)) return null;
  return letter.groupId ?? '';
}
