import type { Judgement } from '../../recovery/category.ts';
import type { DeadEvent } from '../../recovery/dead-event.ts';
import type { Decision, History } from '../../recovery/decide.ts';
import { readLetter } from '../../recovery/forms/read-letter.ts';
import { groupOf, type Group } from '../../recovery/group.ts';
import { judge } from '../../recovery/judge.ts';
import { ownString } from '../../recovery/json.ts';
import type { Letter } from '../../recovery/letter.ts';
import { targetOf } from '../../recovery/intakes.ts';
import { orderKeyOf } from '../../recovery/order.ts';
import { mayWait } from '../../recovery/queue-message.ts';
import type { CompiledPolicy, IntakePolicy } from '../../recovery/policy.ts';
import type { Arrived } from './begin.ts';

/** One record of a batch on its way: what it is, and what was made of it. */
export type Case = ReadableCase | UnopenedCase;

export type ReadableCase = {
  readonly kind: 'readable';
  /** Position of the record in its batch: a case that is judged anew keeps it. */
  readonly index: number;
  readonly messageId: string;
  readonly letter: Letter;
  readonly event: DeadEvent;
  /** Null when the record came from a queue that the policy does not declare. */
  readonly intake: IntakePolicy | null;
  readonly judgement: Judgement;
  readonly group: Group;
  /** What must not overtake it, or be overtaken by it: events with the same key. Null where order does not count. */
  readonly orderKey: string | null;
  /** What was fetched from where the message says that its event is; null when nothing had to be. */
  readonly fetched: string | null;
  /** Whether the same death arrives as a dead letter and as a destination record. */
  readonly reportedTwice: boolean;
};

/** A record that was not opened, or could not be. Where it is its own fault it is archived as it is, and
 * reported. */
export type UnopenedCase = {
  readonly kind: 'unopened';
  readonly why:
    | 'unreadable-record' // not even an SQS or SNS record with a text
    | 'given-up' // begun many times and never ended
    | 'held-back' // begun in another batch, apart from what may have crashed this one's consumer
    | 'not-counted'; // the ledger could not say how often it has been begun
  readonly index: number;
  readonly messageId: string | null;
  /** Null when it is not known. */
  readonly intake: IntakePolicy | null;
  readonly raw: unknown;
};

/** A case with its decision. `history` is null where nobody had to ask the ledger. */
export type DecidedCase = {
  readonly subject: ReadableCase;
  readonly decision: Decision;
  readonly history: History | null;
};

/** Reads one record of the event, unless it is not to be begun. Never throws. */
export function openCase(
  { raw, letter, intake, triage }: Arrived,
  index: number,
  policy: CompiledPolicy,
  nowMs: number,
): Case {
  const unopened = { kind: 'unopened', index, raw, intake } as const;
  if (letter === null) {
    return { ...unopened, messageId: ownString(raw, 'messageId'), why: 'unreadable-record' };
  }
  const { messageId } = letter;
  switch (triage) {
    case 'begin':
      return (
        read(letter, index, intake, policy, nowMs) ?? { ...unopened, messageId, why: 'unreadable-record' }
      );
    case 'hold-back':
      return { ...unopened, messageId, why: 'held-back' };
    case 'give-up':
      return { ...unopened, messageId, why: 'given-up' };
    case 'not-counted':
      return { ...unopened, messageId, why: 'not-counted' };
  }
}

/** Null when reading failed: a mistake of ours, which must not harm the records beside it. */
function read(
  letter: Letter,
  index: number,
  intake: IntakePolicy | null,
  policy: CompiledPolicy,
  nowMs: number,
): ReadableCase | null {
  try {
    return caseOf(letter, index, readLetter(letter, policy, nowMs), {
      intake,
      reportedTwice: false,
      policy,
      nowMs,
    });
  } catch {
    return null;
  }
}

/** What a case is made with beside the event. */
export type Around = {
  readonly intake: IntakePolicy | null;
  readonly reportedTwice: boolean;
  readonly policy: CompiledPolicy;
  readonly nowMs: number;
  /** How often the event has run, where the ledger has been asked; else it is taken for the first time. */
  readonly attempt?: number;
};

/** The case of an event as it is known now: judged, and put into its group. */
export function caseOf(
  letter: Letter,
  index: number,
  event: DeadEvent,
  { intake, reportedTwice, policy, nowMs, attempt = 1 }: Around,
): ReadableCase {
  const judgement = judge(event, policy, { nowMs, attempt });
  const group = groupOf(event, judgement);
  const { messageId } = letter;
  return {
    kind: 'readable',
    index,
    messageId,
    letter,
    event,
    intake,
    judgement,
    group,
    orderKey: orderKeyOf(letter, event, targetOf(policy, event.target)),
    fetched: null,
    reportedTwice,
  };
}

/** Whether the event can wait where it came from. What waits there is overtaken by what comes after it. */
export function canWait({ letter, intake, orderKey }: ReadableCase): boolean {
  return orderKey === null && mayWait(letter, intake);
}

/** The case that an item of a batch's work is about. */
export function subjectOf({ subject }: { readonly subject: ReadableCase }): ReadableCase {
  return subject;
}
