import type { Judgement } from '../../recovery/category.ts';
import type { DeadEvent } from '../../recovery/dead-event.ts';
import type { Decision, History } from '../../recovery/decide.ts';
import { readLetter } from '../../recovery/forms/read-letter.ts';
import { groupOf, type Group } from '../../recovery/group.ts';
import { judge } from '../../recovery/judge.ts';
import { ownString } from '../../recovery/json.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import { parseLetter, type Letter } from '../../recovery/letter.ts';

/** One record of a batch on its way: what it is, and what was made of it. */
export type Case = ReadableCase | UnreadableCase;

export type ReadableCase = {
  readonly kind: 'readable';
  /** Position of the record in its batch: a case that is judged anew keeps it. */
  readonly index: number;
  readonly messageId: string;
  readonly letter: Letter;
  readonly event: DeadEvent;
  readonly judgement: Judgement;
  readonly group: Group;
  /** Whether the same death arrives as a dead letter and as a destination record. */
  readonly reportedTwice: boolean;
};

/** Not even an SQS record with a text body: archived as it is, and reported. */
export type UnreadableCase = {
  readonly kind: 'unreadable';
  readonly index: number;
  readonly messageId: string | null;
  readonly raw: unknown;
};

/** A case with its decision. `history` is null where nobody had to ask the ledger. */
export type DecidedCase = {
  readonly subject: ReadableCase;
  readonly decision: Decision;
  readonly history: History | null;
};

/** Reads one record of the event. Never throws. */
export function openCase(raw: unknown, index: number, policy: CompiledPolicy, nowMs: number): Case {
  const letter = parseLetter(raw);
  if (letter === null) return { kind: 'unreadable', index, messageId: ownString(raw, 'messageId'), raw };
  return caseOf(letter, index, readLetter(letter, policy, nowMs), false);
}

/** The case of an event as it is known now: judged, and put into its group. */
export function caseOf(
  letter: Letter,
  index: number,
  event: DeadEvent,
  reportedTwice: boolean,
): ReadableCase {
  const judgement = judge(event);
  const group = groupOf(event, judgement);
  const { messageId } = letter;
  return { kind: 'readable', index, messageId, letter, event, judgement, group, reportedTwice };
}

/** Whether the event can wait where it came from. */
export function canWait({ letter }: ReadableCase): boolean {
  return letter.from === 'queue';
}
