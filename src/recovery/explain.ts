import { isReported } from './alerts.ts';
import type { Category } from './category.ts';
import { causesOf, evidenceFor, type EvidenceKind } from './classify.ts';
import type { Cause, DeadEvent, ErrorEvidence, Form, PayloadAbsence } from './dead-event.ts';
import { decide, decideAtOnce, type Decision } from './decide.ts';
import { errorFacts, type Facts } from './facts.ts';
import { readFetched, readLetter } from './forms/read-letter.ts';
import { queueHandover, type Handover } from './handover.ts';
import { newcomer } from './history.ts';
import { intakeOf, targetOf } from './intakes.ts';
import { judge } from './judge.ts';
import type { Letter } from './letter.ts';
import { absent, payloadSha256, textPayload } from './payload.ts';
import type { CompiledPolicy, IntakePolicy, TargetPolicy } from './policy.ts';
import { orderKeyOf } from './order.ts';
import { mayWait } from './queue-message.ts';
import { restraintOn, type Restraint } from './restraint.ts';
import { sourceOfEvent } from './sources.ts';

/** What would become of one record or case, and why. The keys are an interface: programs read them. */
export type Explanation = {
  /** The message id, a bare record's request or event id, or the case's own; null where there is none. */
  readonly id: string | null;
  readonly form: Form | 'unreadable';
  /** The policy's key of the target, null when none is declared. */
  readonly target: string | null;
  readonly error: Pick<ErrorEvidence, 'code' | 'type' | 'message'>;
  readonly category: Category;
  readonly rule: string;
  /** What in the error the rule goes by; empty where the record itself or the policy decides. */
  readonly evidence: readonly EvidenceKind[];
  /** The errors behind it that its message quotes or its record shows, the innermost last. */
  readonly causes: readonly Cause[];
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

/** A line of a file of cases: an error, in which form it was seen, and what else of it the policy's rules may ask for. */
export type Case = {
  readonly id: string | null;
  readonly form: Form;
  readonly error: ErrorEvidence;
  /** What rules see of it besides, by the names of the facts; what is left out is absent to them. */
  readonly facts: Facts;
};

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
  return explainRead(readLetter(letter, policy, nowMs ?? 0), { letter, id, policy, nowMs });
}

/** `letter`, and what was fetched for it from elsewhere when it was archived; null when nothing was. */
export type ArchivedLetter = { readonly letter: Letter; readonly fetched: string | null };

/** `lacksEvent`: the consumer would fetch the event, and the archive has it not; it is judged as one that is gone. */
export type ArchivedExplanation = { readonly explanation: Explanation; readonly lacksEvent: boolean };

/**
 * Explains an archived record as at its first receipt and at the time of its death, with what was fetched for it where the
 * policy has the consumer fetch it.
 */
export function explainArchived(
  { letter, fetched }: ArchivedLetter,
  id: string,
  policy: CompiledPolicy,
): ArchivedExplanation {
  const event = readLetter(letter, policy, 0);
  const isFetched = sourceOfEvent(policy, event) !== null;
  const whole = isFetched && fetched !== null ? readFetched(letter, event, fetched, policy, 0) : event;
  return {
    explanation: explainRead(whole, { letter, id, policy, nowMs: null }),
    lacksEvent: isFetched && fetched === null,
  };
}

type Read = {
  readonly letter: Letter;
  readonly id: string | null;
  readonly policy: CompiledPolicy;
  readonly nowMs: number | null;
};

function explainRead(event: DeadEvent, { letter, id, policy, nowMs }: Read): Explanation {
  const { payload, target } = event;
  const isPresent = payload.kind === 'present';
  return {
    ...explainEvent(event, policy, { letter, nowMs, facts: null }),
    id,
    target,
    payloadSha256: isPresent && target !== null ? payloadSha256(payload) : null,
    source: isPresent ? payload.source : null,
    credentials: isPresent ? payload.credentials : null,
    elsewhere: isPresent ? null : (payload.elsewhere?.place ?? null),
  };
}

/** What holds no event by its very form. */
const NEVER_HELD: Partial<Readonly<Record<Form, PayloadAbsence>>> = {
  'stream-batch': 'not-in-this-message',
  pipe: 'not-in-this-message',
  'eventbridge-bus': 'not-in-this-message',
  'sns-subscription': 'not-what-the-target-got',
  'iot-rule': 'not-what-the-target-got',
  foreign: 'foreign-record',
};

/** Explains a case: what would become of an event that died so at a target that can be handed it. */
export function explainCase({ id, form, error, facts }: Case, policy: CompiledPolicy): Explanation {
  const absence = NEVER_HELD[form];
  const event: DeadEvent = {
    deathId: id ?? 'case',
    form,
    intake: 'case',
    sourceArn: null,
    senderIsDeclared: true,
    target: 'case',
    error,
    payload: absence === undefined ? textPayload('{}') : absent(absence),
    diedAtMs: 0,
  };
  const seen = { ...facts, form, error: errorFacts(error) };
  const told = explainEvent(event, policy, { letter: null, nowMs: null, facts: seen });
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
    evidence: [],
    causes: [],
    action: 'archive',
    alert: true,
    reason: 'unreadable-record',
    payloadSha256: null,
    source: null,
    credentials: null,
    elsewhere: null,
  };
}

type Told = Pick<
  Explanation,
  'form' | 'error' | 'category' | 'rule' | 'evidence' | 'causes' | 'action' | 'alert' | 'reason'
>;

/** `letter`: null for a case, which has none. `facts`: null for all of the event. */
type At = { readonly letter: Letter | null; readonly nowMs: number | null; readonly facts: Facts | null };

function explainEvent(event: DeadEvent, policy: CompiledPolicy, at: At): Told {
  const nowMs = at.nowMs ?? event.diedAtMs;
  const judgement = judge(event, policy, { nowMs, attempt: 1 }, at.facts);
  const target = targetOf(policy, event.target);
  const intake = intakeOf(policy, event.sourceArn);
  const decision =
    decideAtOnce(event, judgement, false) ??
    decide(policy, {
      event,
      judgement,
      history: newcomer(event.deathId),
      deathNumber: 1,
      groupDeaths: 1,
      waited: false,
      handover: handoverOf(event, target, at.letter),
      restraint: target === null ? null : restraintFor(target, intake),
      canWait:
        at.letter === null || (mayWait(at.letter, intake) && orderKeyOf(at.letter, event, target) === null),
      nowMs,
    });
  const isFiled = decision.action === 'park' || decision.action === 'archive';
  const { form, error } = event;
  const { code, type, message } = error;
  return {
    form,
    error: { code, type, message },
    category: judgement.category,
    rule: judgement.rule,
    evidence: evidenceFor(error, judgement.rule),
    causes: causesOf(error),
    action: decision.action,
    alert: isFiled && isReported(judgement.rule),
    reason: decision.reason,
  };
}

/** As far as it can be known without asking AWS: what is open is taken to be possible. */
function handoverOf(event: DeadEvent, target: TargetPolicy | null, letter: Letter | null): Handover {
  if (target?.kind === 'queue') return queueHandover(target, letter?.groupId ?? null);
  const isSync = event.form === 'stream-batch' || target?.invocation === 'sync';
  return isSync ? { kind: 'sync', timeoutSeconds: 0 } : { kind: 'async', deathWindowMs: 0 };
}

/** A record that comes from nowhere has no intake that could be adopted. */
function restraintFor(target: TargetPolicy, intake: IntakePolicy | null): Restraint | null {
  if (intake === null) return target.mode === 'observe' ? 'observed' : null;
  return restraintOn(target, intake, false);
}
