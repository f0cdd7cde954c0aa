import { afterOneThatStays } from '../../recovery/decide.ts';
import { isFifo } from '../../recovery/queue-message.ts';
import type { DecidedCase, ReadableCase } from './case.ts';

/**
 * The order of a FIFO queue's groups: what came after a message that stays behind may not pass it. Events of standard queues
 * are not touched.
 */
export function holdBehind(
  cases: readonly ReadableCase[],
  decided: readonly DecidedCase[],
): readonly DecidedCase[] {
  const byIndex = new Map(decided.map((item) => [item.subject.index, item]));
  const stays = new Set<string>();
  const held: DecidedCase[] = [];
  for (const subject of cases.toSorted((a, b) => a.index - b.index)) {
    const group = fifoGroupOf(subject);
    const item = byIndex.get(subject.index);
    if (item !== undefined) {
      const isBehind = group !== null && stays.has(group) && item.decision.action === 'reinvoke';
      held.push(isBehind ? { ...item, decision: afterOneThatStays() } : item);
    }
    // One without a decision goes back to its queue; an archived one is out of the way for good.
    const passes = item?.decision.action === 'reinvoke' || item?.decision.action === 'archive';
    if (group !== null && !passes) stays.add(group);
  }
  return held;
}

/** The group whose order counts; null for events of standard queues. */
export function fifoGroupOf({ letter }: ReadableCase): string | null {
  return letter.sourceArn !== null && isFifo(letter.sourceArn) ? (letter.groupId ?? '') : null;
}
