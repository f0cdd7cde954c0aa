import type { DeadEvent, ErrorEvidence } from './dead-event.ts';
import { isDeclaredIntake } from './intakes.ts';
import type { TargetFacts } from './handover.ts';
import type { CompiledPolicy } from './policy.ts';

/**
 * A function with a dead-letter queue and an OnFailure destination reports every death twice, under one request id. The
 * dead letter has the payload's very bytes; the destination record knows the error's type and the qualifier that was
 * called. They are one event: the letter is the payload, the record is evidence.
 */
export type Evidence = {
  readonly error: ErrorEvidence;
  /** Key of the declared target that the record names, null when it names none. */
  readonly target: string | null;
};

/** How long a dead letter waits for the record of the same death, and how often it looks. */
const LETTER_PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 4_000;
/** How long a record leaves the event to the letter; then it stands for itself, for a letter can fail to be delivered. */
const RECORD_PATIENCE_MS = 60_000;

/** Whether deaths of the target arrive both as dead letters and as destination records. */
export function reportsTwice(policy: CompiledPolicy, facts: TargetFacts, besideArn: string): boolean {
  return (
    facts.kind === 'known' &&
    isDeclaredIntake(policy, facts.deadLetterArn, besideArn) &&
    isDeclaredIntake(policy, facts.onFailureArn, besideArn)
  );
}

/** When a dead letter without evidence is looked at again; null when it has waited long enough. */
export function letterLooksAgainAtMs(event: DeadEvent, nowMs: number): number | null {
  const patienceEndsMs = event.diedAtMs + LETTER_PATIENCE_MS;
  return nowMs < patienceEndsMs ? Math.min(nowMs + LOOK_AGAIN_MS, patienceEndsMs) : null;
}

/**
 * When a destination record looks again whether it must stand for itself; null when it must now: it has waited long
 * enough, and no letter of this death has been seen. Once one has, the event is the letter's, however long that takes.
 */
export function recordLooksAgainAtMs(event: DeadEvent, letterSeen: boolean, nowMs: number): number | null {
  const patienceEndsMs = event.diedAtMs + RECORD_PATIENCE_MS;
  if (nowMs < patienceEndsMs) return patienceEndsMs;
  return letterSeen ? nowMs + RECORD_PATIENCE_MS : null;
}

/** The letter's event with what the record knows beside it. */
export function mergeEvidence(letter: DeadEvent, evidence: Evidence): DeadEvent {
  return {
    ...letter,
    target: evidence.target ?? letter.target,
    error: {
      ...evidence.error,
      code: letter.error.code ?? evidence.error.code,
      message: letter.error.message ?? evidence.error.message,
    },
  };
}
