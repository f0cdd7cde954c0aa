import type { ArchiveEntry } from '../../recovery/archive-entry.ts';
import type { Judgement } from '../../recovery/category.ts';
import type { DeadEvent, ErrorEvidence, PresentPayload } from '../../recovery/dead-event.ts';
import { decideAtOnce } from '../../recovery/decide.ts';
import { groupOf, isSameCause, spentGroup, type Group } from '../../recovery/group.ts';
import { watchMs, type Handover, type TargetFacts } from '../../recovery/handover.ts';
import { intakeOf, located, targetOf } from '../../recovery/intakes.ts';
import { judge } from '../../recovery/judge.ts';
import { payloadSha256 } from '../../recovery/payload.ts';
import type { IntakePolicy, TargetPolicy } from '../../recovery/policy.ts';
import type { CallResult, Intent, InvokeResult } from '../../recovery/ports.ts';
import { messageFor } from '../../recovery/queue-message.ts';
import { judgeAnswer } from '../../recovery/release/batch-answer.ts';
import type { Circuit } from '../../recovery/release/circuit.ts';
import { revive, toldAlike, type Revived } from '../../recovery/release/revive.ts';
import { restraintOn } from '../../recovery/restraint.ts';
import { handoverOf } from '../handover-of.ts';
import { move } from './move.ts';
import type { ReleaserRun } from './run.ts';

/** What became of one parked event. */
export type Brought =
  /** Its target has done it. */
  | { readonly kind: 'succeeded' }
  /** Its target has it; its death would come back through the intake within so many milliseconds. */
  | { readonly kind: 'accepted'; readonly watchMs: number; readonly executions: number }
  /** It had been brought back before: nothing was done. */
  | { readonly kind: 'already' }
  /** It is in another group now, or archived for good. */
  | { readonly kind: 'moved' }
  /** It died again of the group's own cause. */
  | { readonly kind: 'died' }
  /** The target may or may not have run it: it stays, and the try counts. */
  | { readonly kind: 'uncertain' }
  /** The target could not take it just now: no attempt. */
  | { readonly kind: 'busy' }
  /** The call itself is refused for good, whatever the event: as long as that is so, none of the group gets through. */
  | { readonly kind: 'rejected' }
  /** It may not be handed over just now, or could not be: it stays. */
  | { readonly kind: 'held' };

/** Whether the event has another owner now. */
export function isFinished({ kind }: Brought): boolean {
  return kind === 'succeeded' || kind === 'accepted' || kind === 'already' || kind === 'moved';
}

/** For how long each of those that were accepted is watched. */
export function watchedMs(results: readonly Brought[]): readonly number[] {
  return results.flatMap((one) => (one.kind === 'accepted' ? [one.watchMs] : []));
}

/** All that a hand-over needs. */
type Ready = {
  readonly revived: Revived;
  readonly entry: ArchiveEntry;
  readonly target: TargetPolicy;
  readonly intake: IntakePolicy;
  readonly payload: PresentPayload;
  readonly circuit: Circuit;
  /** Whether later events wait behind it: then it does not go to another group, where they would overtake it. */
  readonly isInTurn: boolean;
};

/**
 * Brings one parked event back, judged by the policy of today. Before it, what the ledger knows is asked: an event that has been
 * brought back is not brought back again, and each has its attempts. Does not reject: what fails stays where it is.
 */
export async function bringBack(
  run: ReleaserRun,
  circuit: Circuit,
  entry: ArchiveEntry,
  isInTurn: boolean,
): Promise<Brought> {
  try {
    const ready = readyOf(run, circuit, entry, isInTurn);
    return ready === null ? { kind: 'held' } : await recall(run, ready);
  } catch (error) {
    run.onFailure('bring back', entry.deathId, error);
    return { kind: 'held' };
  }
}

/** Null where it may not run: its target or intake is not declared any more, or it is to be left alone. */
function readyOf(
  { policy }: ReleaserRun,
  circuit: Circuit,
  entry: ArchiveEntry,
  isInTurn: boolean,
): Ready | null {
  const revived = revive(entry, policy);
  if (revived === null) return null;
  const { event, letter } = revived;
  const target = targetOf(policy, event.target);
  const intake = intakeOf(policy, letter.sourceArn);
  const { payload } = event;
  if (target === null || intake === null || payload.kind === 'absent' || !event.senderIsDeclared) return null;
  return restraintOn(target, intake, false) === null
    ? { revived, entry, target, intake, payload, circuit, isInTurn }
    : null;
}

async function recall(run: ReleaserRun, ready: Ready): Promise<Brought> {
  const { revived, entry, target, payload } = ready;
  const { deathId, diedAtMs } = revived.event;
  const same = { target: target.key, payloadSha256: payloadSha256(payload) };
  const death = { deathId, diedAtMs, ...same, origin: entry.origin };
  const history = await run.ports.ledger.history(death);
  if (history.acceptedAs !== null) return { kind: 'already' };
  // The ledger's rows may have expired before the event: its entry has the count, too.
  const made = Math.max(history.reinvocations, entry.reinvocations ?? 0);
  return judgeAnew(run, { ...ready, entry: { ...entry, reinvocations: made } }, history.origin, made);
}

async function judgeAnew(run: ReleaserRun, ready: Ready, origin: string, made: number): Promise<Brought> {
  const { revived, entry, circuit } = ready;
  const { event, parkedAtMs } = revived;
  const judgement = judge(event, run.policy, { nowMs: parkedAtMs, attempt: made + 1 });
  const group = groupOf(event, judgement);
  const verdict = decideAtOnce(event, judgement, false);
  if (verdict?.action === 'archive') {
    return move(run, entry, { to: 'archive', event, judgement, group, reason: verdict.reason });
  }
  if (group.isManual && !circuit.group.isManual) {
    return move(run, entry, { to: 'group', event, judgement, group, reason: 'rule-says-so' });
  }
  // A person may have it tried as often as they like.
  if (made >= run.policy.defaults.maxAttempts && circuit.trial?.opener !== 'person-asked') {
    const spent = { category: group.category, rule: 'attempts-spent' };
    return move(run, entry, {
      to: 'group',
      event,
      judgement: spent,
      group: spentGroup(circuit.group),
      reason: 'attempts-spent',
    });
  }
  return handOver(run, ready, { origin, reinvocation: made + 1 });
}

async function handOver(
  run: ReleaserRun,
  ready: Ready,
  attempt: Pick<Intent, 'origin' | 'reinvocation'>,
): Promise<Brought> {
  const { revived, target, payload, circuit } = ready;
  const { handover, watchMs, executions } = await planOf(run, ready);
  if (handover.kind === 'impossible') return { kind: 'held' };
  if (handover.kind === 'sync' && !hasTimeFor(run, handover.timeoutSeconds)) return { kind: 'busy' };
  const madeAtMs = run.nowMs();
  const intent: Intent = {
    ...attempt,
    deathId: revived.event.deathId,
    target: target.key,
    payloadSha256: payloadSha256(payload),
    madeAtMs,
    openUntilMs: handover.kind === 'sync' ? 0 : madeAtMs + handover.deathWindowMs,
    trial: circuit.trial === null ? null : { group: circuit.group.key, id: circuit.trial.id },
  };
  await run.ports.ledger.intend(intent);
  if (handover.kind === 'sync') {
    return settleCall(run, ready, intent, await call(run, ready, handover.timeoutSeconds));
  }
  return settleGiven(run, intent, await give(run, ready, intent), { watchMs, executions });
}

/** How an event is handed over, for how long its death is awaited then, and how often its target may run for it. */
type HandoverPlan = {
  readonly handover: Handover;
  readonly watchMs: number;
  readonly executions: number;
};

async function planOf(run: ReleaserRun, ready: Ready): Promise<HandoverPlan> {
  const { target, intake, revived, payload } = ready;
  const { groupId } = revived.letter;
  const sourceArn = revived.letter.sourceArn ?? '';
  const { form } = revived.event;
  const way = { target, intake, sourceArn, groupId, payloadBytes: payload.sizeBytes, form };
  const { handover, facts } = await handoverOf(run.policy, run.ports.targets, way);
  const isTriedAgain = facts?.kind === 'known' && handover.kind === 'async';
  return {
    handover,
    watchMs: await watchMsOf(run, target, facts, sourceArn),
    executions: isTriedAgain ? facts.retries + 1 : 1,
  };
}

async function watchMsOf(
  { ports }: ReleaserRun,
  target: TargetPolicy,
  facts: TargetFacts | null,
  besideArn: string,
): Promise<number> {
  const { observeSeconds } = target.release;
  if (observeSeconds !== null) return observeSeconds * 1000;
  if (facts !== null) return watchMs(facts);
  if (target.kind !== 'queue') throw new Error('only a queue is not asked about');
  return ports.watcher.queueReturnMs(target, besideArn);
}

/** What is left of a run after a call: answering, writing down, and being stopped in time. */
const AROUND_A_CALL_MS = 30_000;

function hasTimeFor({ deadlineMs, nowMs }: ReleaserRun, timeoutSeconds: number): boolean {
  return deadlineMs - nowMs() - AROUND_A_CALL_MS >= timeoutSeconds * 1000;
}

function call(run: ReleaserRun, ready: Ready, timeoutSeconds: number): Promise<CallResult> {
  const { target, intake, payload } = ready;
  if (target.kind !== 'function') throw new Error('only functions are called');
  return run.ports.caller.call(located(target, intake), payload.text, timeoutSeconds);
}

async function give(run: ReleaserRun, ready: Ready, intent: Intent): Promise<InvokeResult> {
  const { target, intake, payload, revived } = ready;
  const { letter, event } = revived;
  if (target.kind === 'function') return run.ports.reinvoker.reinvoke(located(target, intake), payload.text);
  const message = messageFor(letter, event.form, payload.text, intent.reinvocation);
  const [result] = await run.ports.giver.give(target, letter.sourceArn ?? '', [message]);
  return result ?? { kind: 'uncertain', error: 'NoResult' };
}

/**
 * Writes down what has come of a hand-over. That it cannot be written down undoes nothing: the event leaves its pointer all the same, or
 * it would be handed over once more.
 */
async function writeDown(run: ReleaserRun, { deathId }: Intent, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    run.onFailure('write down', deathId, error);
  }
}

async function settleGiven(
  run: ReleaserRun,
  intent: Intent,
  result: InvokeResult,
  watch: { readonly watchMs: number; readonly executions: number },
): Promise<Brought> {
  if (result.kind !== 'accepted') return settleFailure(run.ports, intent, result);
  await writeDown(run, intent, run.ports.ledger.accepted(intent, result.requestId));
  return { kind: 'accepted', ...watch };
}

async function settleCall(
  run: ReleaserRun,
  ready: Ready,
  intent: Intent,
  called: CallResult,
): Promise<Brought> {
  const { ledger } = run.ports;
  const result = ready.revived.event.form === 'stream-batch' ? judgeAnswer(called) : called;
  switch (result.kind) {
    case 'succeeded':
      await writeDown(run, intent, ledger.succeeded(intent, result.requestId));
      return { kind: 'succeeded' };
    case 'died':
      await ledger.died(intent, result.requestId);
      return afterDeath(run, ready, intent, result.error);
    case 'refused':
    case 'rejected':
    case 'uncertain':
      return settleFailure(run.ports, intent, result);
  }
}

async function settleFailure(
  { ledger }: ReleaserRun['ports'],
  intent: Intent,
  result: Exclude<InvokeResult, { kind: 'accepted' }>,
): Promise<Brought> {
  switch (result.kind) {
    case 'refused':
      await ledger.withdraw(intent);
      return { kind: 'busy' };
    case 'rejected':
      await ledger.withdraw(intent);
      return { kind: 'rejected' };
    case 'uncertain':
      return { kind: 'uncertain' };
  }
}

/** One that dies of another cause goes over to that cause's group, and says nothing against this one. */
async function afterDeath(
  run: ReleaserRun,
  { revived, entry, circuit, isInTurn }: Ready,
  { reinvocation }: Intent,
  error: ErrorEvidence,
): Promise<Brought> {
  const moment = { nowMs: revived.parkedAtMs, attempt: reinvocation + 1 };
  const judged = (dead: DeadEvent): Judgement => judge(dead, run.policy, moment);
  const alike = toldAlike(revived.event, error);
  if (isSameCause(circuit.group.key, groupOf(alike, judged(alike)))) return { kind: 'died' };
  const event = { ...revived.event, error };
  const judgement = judged(event);
  const group: Group = groupOf(event, judgement);
  const tried = { ...entry, reinvocations: reinvocation };
  const verdict = decideAtOnce(event, judgement, true);
  if (isInTurn && verdict?.action !== 'archive') return { kind: 'held' };
  return verdict?.action === 'archive'
    ? move(run, tried, { to: 'archive', event, judgement, group, reason: verdict.reason })
    : move(run, tried, { to: 'group', event, judgement, group, reason: 'reinvocation-died' });
}
