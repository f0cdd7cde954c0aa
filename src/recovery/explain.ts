import { isReported } from './alerts.ts';
import type { Category } from './category.ts';
import { classify } from './classify.ts';
import type { DeadEvent, ErrorEvidence, Form } from './dead-event.ts';
import { decide, decideAtOnce, type Decision } from './decide.ts';
import { readLetter } from './forms/read-letter.ts';
import { newcomer } from './history.ts';
import { targetOf } from './intakes.ts';
import { judge } from './judge.ts';
import type { Letter } from './letter.ts';
import { absent, payloadSha256, textPayload } from './payload.ts';
import type { CompiledPolicy } from './policy.ts';

/** What would become of one record or case, and why. The keys are an interface: programs read them. */
export type Explanation = {
  /** The message id, a bare record's request or event id, or the case's own; null where there is none. */
  readonly id: string | null;
  readonly form: Form | 'unreadable';
  /** The policy's key of the target, null when none is declared. */
  readonly target: string | null;
  readonly error: ErrorEvidence;
  readonly category: Category;
  readonly rule: string;
  readonly action: Decision['action'];
  /** Whether people would be told. */
  readonly alert: boolean;
  readonly reason: string;
  /** Of the bytes that a re-invocation would send, now or later; null where the message holds none, or nobody takes them. */
  readonly payloadSha256: string | null;
  /** Which service made the event; null where the message does not hold it. */
  readonly source: string | null;
  /** What secrets the payload carries; null where it shows none. */
  readonly credentials: string | null;
  /** Where the event still is, when it is not in the message. */
  readonly elsewhere: Readonly<Record<string, string>> | null;
};

/** A line of a file of cases: an error, and in which form it was seen. */
export type Case = { readonly id: string | null; readonly form: Form; readonly error: ErrorEvidence };

/**
 * Explains a record as at its first receipt, with an empty ledger: attempt one, an open group, and a target that can be handed
 * an event. `nowMs`: null means the moment of its death. Reads nothing and calls nobody.
 */
export function explainLetter(
  letter: Letter,
  id: string | null,
  policy: CompiledPolicy,
  nowMs: number | null,
): Explanation {
  const event = readLetter(letter, policy, nowMs ?? 0);
  const { payload, target } = event;
  const isPresent = payload.kind === 'present';
  return {
    ...explainEvent(event, judge(event), policy, { canWait: letter.from !== 'topic', nowMs }),
    id,
    target,
    payloadSha256: isPresent && target !== null ? payloadSha256(payload) : null,
    source: isPresent ? payload.source : null,
    credentials: isPresent ? payload.credentials : null,
    elsewhere: isPresent ? null : (payload.elsewhere?.place ?? null),
  };
}

/** What holds no event by its very form. */
const NEVER_HELD: ReadonlySet<Form> = new Set<Form>(['stream-batch', 'pipe', 'eventbridge-bus']);

/** Explains a case: what would become of an event that died so at a target that can be handed it. */
export function explainCase({ id, form, error }: Case, policy: CompiledPolicy): Explanation {
  const event: DeadEvent = {
    deathId: id ?? 'case',
    form,
    intake: 'case',
    sourceArn: null,
    senderIsDeclared: true,
    target: 'case',
    error,
    payload: NEVER_HELD.has(form) ? absent('not-in-this-message') : textPayload('{}'),
    diedAtMs: 0,
  };
  const told = explainEvent(event, classify(error), policy, { canWait: true, nowMs: null });
  return { ...told, id, target: null, payloadSha256: null, source: null, credentials: null, elsewhere: null };
}

/** Explains what is no record at all. */
export function explainUnreadable(id: string | null): Explanation {
  return {
    id,
    form: 'unreadable',
    target: null,
    error: { code: null, type: null, message: null },
    category: 'unknown',
    rule: 'unreadable-record',
    action: 'archive',
    alert: true,
    reason: 'unreadable-record',
    payloadSha256: null,
    source: null,
    credentials: null,
    elsewhere: null,
  };
}

type Told = Pick<Explanation, 'form' | 'error' | 'category' | 'rule' | 'action' | 'alert' | 'reason'>;

function explainEvent(
  event: DeadEvent,
  judgement: ReturnType<typeof judge>,
  policy: CompiledPolicy,
  at: { readonly canWait: boolean; readonly nowMs: number | null },
): Told {
  const isObserved = targetOf(policy, event.target)?.mode === 'observe';
  const decision =
    decideAtOnce(event, judgement, false) ??
    decide(policy, {
      event,
      judgement,
      history: newcomer(event.deathId),
      deathNumber: 1,
      waited: false,
      handover: event.form === 'stream-batch' ? { kind: 'sync' } : { kind: 'async', deathWindowMs: 0 },
      restraint: isObserved ? 'observed' : null,
      canWait: at.canWait,
      nowMs: at.nowMs ?? event.diedAtMs,
    });
  const isFiled = decision.action === 'park' || decision.action === 'archive';
  const { form, error } = event;
  return {
    form,
    error,
    ...judgement,
    action: decision.action,
    alert: isFiled && isReported(judgement.rule),
    reason: decision.reason,
  };
}
