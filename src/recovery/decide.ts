import type { Judgement } from './category.ts';
import { backoffMs } from './backoff.ts';
import type { DeadEvent } from './dead-event.ts';
import { OPEN_DEATHS_PER_WINDOW, OUTAGE_DEATHS_PER_WINDOW } from './group.ts';
import type { Handover, HandoverObstacle } from './handover.ts';
import type { CompiledPolicy } from './policy.ts';
import type { TrialOf } from './ports.ts';
import type { Restraint } from './restraint.ts';

/** What is done with a dead event. Whoever carries it out decides nothing. */
export type Decision =
  /** `acceptedAs`: the request id under which the target has already accepted this very death, so that only filing is left. */
  | {
      readonly action: 'reinvoke';
      readonly reason: string;
      readonly deathWindowMs: number;
      readonly acceptedAs: string | null;
    }
  | { readonly action: 'wait'; readonly reason: string; readonly dueAtMs: number }
  /** `dueAtMs`: when the releaser may bring it back although its group is open; null = when its group is released. */
  | {
      readonly action: 'park';
      readonly reason: ParkReason;
      readonly closesGroup: boolean;
      readonly dueAtMs: number | null;
      /** What would have been done, had nobody stopped it; null where parking is the decision itself. */
      readonly instead: 'reinvoke' | 'wait' | null;
    }
  | { readonly action: 'archive'; readonly reason: string; readonly closesGroup: boolean };

export type ParkReason =
  | 'group-parked'
  | 'needs-a-fix'
  | 'too-many-deaths'
  | 'too-many-causes'
  | 'reinvocation-died'
  | 'attempts-spent'
  | 'sync-target'
  | 'no-queue-to-wait-in'
  /** It carries secrets, which may have changed hands or expired: for a person. */
  | 'holds-credentials'
  /** A rule of the policy asks for it. */
  | 'rule-says-so'
  /** Its FIFO group's earlier message stays behind, and it must not pass that. */
  | 'behind-a-parked-one'
  | HandoverObstacle
  | 'target-rejected'
  | Restraint;

/** What the ledger knows of an event's earlier life. */
export type History = {
  /** Death id of the first death that we saw of this event. */
  readonly origin: string;
  /** Re-invocations made, or perhaps made, so far. */
  readonly reinvocations: number;
  /** Whether this death is the death of one of them. */
  readonly diedAgain: boolean;
  /** Request id with which the target accepted a re-invocation for this very death, null when it did not. */
  readonly acceptedAs: string | null;
  /** The trial of a parked group whose hand-over this death answers; null where it answers none. */
  readonly trial: TrialOf | null;
};

/** All that a decision depends on, gathered before. */
export type Circumstances = {
  readonly event: DeadEvent;
  readonly judgement: Judgement;
  readonly history: History;
  /** Number of this death among its group's in the present window, from 1; null when it was counted at an earlier look. */
  readonly deathNumber: number | null;
  /** How many of its group have died in the present window, those of this batch included; null as above. */
  readonly groupDeaths: number | null;
  /** Whether the event has already waited until its due time. */
  readonly waited: boolean;
  readonly handover: Handover;
  /** Why nothing may be handed over or wait for it just now, null when it may. */
  readonly restraint: Restraint | null;
  /** Whether the event can wait where it came from: a queue hides it, a topic delivers it once. */
  readonly canWait: boolean;
  readonly nowMs: number;
};

/** An `unknown` waits this many times the first backoff: nothing says that time helps, so time is given once and amply. */
const UNKNOWN_WAIT_STEPS = 3;

/**
 * The decision for everything that can be decided from the event and its group alone, null where the ledger and the
 * target have to be asked first. Most events of a storm end here.
 */
export function decideAtOnce(event: DeadEvent, judgement: Judgement, groupParked: boolean): Decision | null {
  const mayRun = event.intake !== null && event.target !== null && event.senderIsDeclared;
  if (event.payload.kind === 'absent' || !mayRun) {
    return { action: 'archive', reason: reasonToKeep(event, judgement), closesGroup: false };
  }
  if (event.payload.credentials !== null) return park('holds-credentials', !groupParked);
  const byRule = judgement.override;
  if (byRule?.isManual === true && byRule.action !== 'archive') return park('rule-says-so', !groupParked);
  switch (byRule?.action) {
    case 'park':
      return park('rule-says-so', !groupParked);
    case 'archive':
      return { action: 'archive', reason: 'rule-says-so', closesGroup: false };
    case 'reinvoke':
    case 'wait':
      return groupParked ? park('group-parked', false) : null;
    case null:
    case undefined:
      break;
  }
  switch (judgement.category) {
    case 'poison':
      return { action: 'archive', reason: 'event-is-at-fault', closesGroup: false };
    case 'defect':
    case 'misconfigured':
      return park('needs-a-fix', !groupParked);
    case 'transient':
    case 'exhausted':
    case 'expired':
    case 'unknown':
      return groupParked ? park('group-parked', false) : null;
  }
}

function reasonToKeep({ payload }: DeadEvent, { rule }: Judgement): string {
  return payload.kind === 'absent' ? payload.reason : rule;
}

/** The decision for an event of an open group. Pure: the same circumstances always give the same answer. */
export function decide(policy: CompiledPolicy, at: Circumstances): Decision {
  if (at.restraint === null || at.history.acceptedAs !== null) return decideFreely(policy, at);
  const decision = decideFreely(policy, { ...at, canWait: true });
  switch (decision.action) {
    case 'reinvoke':
    case 'wait':
      return { ...park(at.restraint, false), instead: decision.action };
    case 'park':
      return decision.dueAtMs === null ? decision : { ...park(at.restraint, false), instead: 'wait' };
    case 'archive':
      return decision;
  }
}

function decideFreely(policy: CompiledPolicy, at: Circumstances): Decision {
  if (at.history.acceptedAs !== null) return finishHandover(at, at.history.acceptedAs);
  if (at.history.diedAgain) return afterDyingAgain(at);
  if (at.history.reinvocations >= policy.defaults.maxAttempts) return park('attempts-spent', true);
  if (at.deathNumber !== null && at.deathNumber > OPEN_DEATHS_PER_WINDOW)
    return park('too-many-deaths', true);
  if (at.judgement.category === 'expired' && isTooOld(policy, at)) {
    return { action: 'archive', reason: 'older-than-max-age', closesGroup: false };
  }
  switch (at.handover.kind) {
    case 'impossible':
      return park(at.handover.reason, true);
    case 'sync':
      return { ...park('sync-target', false), dueAtMs: at.nowMs + firstWaitMs(policy, at) };
    case 'async':
    case 'queue':
      return waitOrReinvoke(policy, at, at.handover.deathWindowMs);
  }
}

/** What becomes of an event whose target refused the hand-over for good. */
export function afterRejection(): Decision {
  return park('target-rejected', true);
}

/** What becomes of an event of an open group of which one batch alone brings more than an open group may have. */
export function afterTooManyDeaths(): Decision {
  return park('too-many-deaths', true);
}

/** What becomes of an event at whose target so many different causes have died of late that they are taken for one. */
export function afterTooManyCauses(): Decision {
  return park('too-many-causes', true);
}

/** What becomes of an event whose FIFO group has an earlier one that stays behind. */
export function afterOneThatStays(): Decision {
  return park('behind-a-parked-one', false);
}

/** What becomes of an event that its target could not take just now, or may or may not have taken. */
export function afterRefusal(
  policy: CompiledPolicy,
  event: DeadEvent,
  canWait: boolean,
  nowMs: number,
): Extract<Decision, { action: 'wait' | 'park' }> {
  const dueAtMs = nowMs + backoffMs(policy.defaults.backoff, 1, event.deathId);
  return waitUntil(dueAtMs, 'target-is-busy', canWait);
}

/** A wait where the event came from; what cannot wait there is parked until the same time. */
function waitUntil(
  dueAtMs: number,
  reason: string,
  canWait: boolean,
): Extract<Decision, { action: 'wait' | 'park' }> {
  return canWait ? { action: 'wait', reason, dueAtMs } : { ...park('no-queue-to-wait-in', false), dueAtMs };
}

function waitOrReinvoke(policy: CompiledPolicy, at: Circumstances, deathWindowMs: number): Decision {
  const waitMs = at.waited ? 0 : firstWaitMs(policy, at);
  return waitMs > 0
    ? waitUntil(at.nowMs + waitMs, 'time-may-help', at.canWait)
    : { action: 'reinvoke', reason: at.waited ? 'waited' : 'worth-one-try', deathWindowMs, acceptedAs: null };
}

function firstWaitMs(policy: CompiledPolicy, at: Circumstances): number {
  switch (at.judgement.override?.action) {
    case 'reinvoke':
      return 0;
    case 'wait':
      return backoffMs(policy.defaults.backoff, at.history.reinvocations + 1, at.event.deathId);
    case 'park':
    case 'archive':
    case null:
    case undefined:
      break;
  }
  if (at.event.form === 'sqs-redrive') return 0; // it has waited between its receives
  switch (at.judgement.category) {
    case 'transient':
      return backoffMs(policy.defaults.backoff, at.history.reinvocations + 1, at.event.deathId);
    case 'unknown':
      return backoffMs(
        policy.defaults.backoff,
        at.history.reinvocations + UNKNOWN_WAIT_STEPS,
        at.event.deathId,
      );
    case 'exhausted':
    case 'expired':
    case 'defect':
    case 'misconfigured':
    case 'poison':
      return 0;
  }
}

function finishHandover(at: Circumstances, acceptedAs: string): Decision {
  const deathWindowMs = 'deathWindowMs' in at.handover ? at.handover.deathWindowMs : 0;
  return { action: 'reinvoke', reason: 'already-accepted', deathWindowMs, acceptedAs };
}

/**
 * The first death of a re-invocation says that the cause is still there: the group closes, whatever the category. Where nothing
 * is known of the cause, the event is at fault if it dies alone; where others die of it as well, it is an outage.
 */
function afterDyingAgain({ event, judgement: { category }, groupDeaths }: Circumstances): Decision {
  // A redriven message carries no error at all: that nothing is known of it says nothing against it.
  const mayBeAtFault = event.form !== 'sqs-redrive' && (category === 'unknown' || category === 'expired');
  return mayBeAtFault && (groupDeaths ?? 0) < OUTAGE_DEATHS_PER_WINDOW
    ? { action: 'archive', reason: 'reinvocation-died', closesGroup: true }
    : park('reinvocation-died', true);
}

function isTooOld(policy: CompiledPolicy, at: Circumstances): boolean {
  return at.nowMs - at.event.diedAtMs > policy.defaults.maxAgeSeconds * 1000;
}

function park(reason: ParkReason, closesGroup: boolean): Extract<Decision, { action: 'park' }> {
  return { action: 'park', reason, closesGroup, dueAtMs: null, instead: null };
}
