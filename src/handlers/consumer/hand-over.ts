import { afterRefusal, afterRejection, type Decision, type History } from '../../recovery/decide.ts';
import { targetOf } from '../../recovery/intakes.ts';
import type { Intent } from '../../recovery/ports.ts';
import type { TargetPolicy } from '../../recovery/policy.ts';
import { canWait, type DecidedCase } from './case.ts';
import type { BatchRun } from './run.ts';

type Reinvocation = Extract<Decision, { action: 'reinvoke' }>;

/**
 * Hands one event to its target. Returns the case that is left to be filed: the same one when the target took it, one
 * that parks when the target refused it for good; null when the message goes back to the queue.
 */
export async function handOver(run: BatchRun, item: DecidedCase): Promise<DecidedCase | null> {
  const { subject, decision, history } = item;
  if (decision.action !== 'reinvoke' || decision.acceptedAs !== null) return item;
  if (history === null) throw new Error('a re-invocation was decided without the history of the event');
  if (!run.hasTimeForCalls()) return run.settle(subject, { kind: 'returned', why: 'out-of-time' });
  const { target, payload, intent } = prepare(run, item, decision, history);
  const { ledger, reinvoker } = run.surroundings.ports;
  await ledger.intend(intent); // no intent, no invoke
  const result = await reinvoker.reinvoke(target, payload);
  switch (result.kind) {
    case 'accepted':
      await ledger.accepted(intent, result.requestId);
      return { ...item, history: { ...history, reinvocations: intent.reinvocation } };
    case 'refused':
      await ledger.withdraw(intent);
      return comeBackLater(run, item, 'refused', result.error);
    case 'rejected':
      await ledger.withdraw(intent);
      return { ...item, decision: afterRejection() };
    case 'uncertain':
      // The intent stays and counts. Until the next try, the death of this call may come and settle it.
      return comeBackLater(run, item, 'uncertain', result.error);
  }
}

function prepare(
  run: BatchRun,
  { subject }: DecidedCase,
  decision: Reinvocation,
  history: History,
): { target: TargetPolicy; payload: string; intent: Intent } {
  const { deathId, payload, target: key } = subject.event;
  const target = targetOf(run.surroundings.policy, key);
  if (target === null || payload.kind === 'absent') throw new Error('only declared targets are invoked');
  const madeAtMs = run.surroundings.nowMs();
  const intent: Intent = {
    origin: history.origin,
    deathId,
    target: target.key,
    payloadSha256: payload.sha256,
    reinvocation: history.reinvocations + 1,
    madeAtMs,
    openUntilMs: madeAtMs + decision.deathWindowMs,
  };
  return { target, payload: payload.text, intent };
}

/** Gives the event back to its queue until its due time; one that no queue holds is parked until then. */
async function comeBackLater(
  run: BatchRun,
  item: DecidedCase,
  why: 'refused' | 'uncertain',
  error: string,
): Promise<DecidedCase | null> {
  const { subject } = item;
  const { policy, ports, nowMs } = run.surroundings;
  const decision = afterRefusal(policy, subject.event, canWait(subject), nowMs());
  if (decision.action === 'park') return { ...item, decision };
  await ports.ledger.postpone(subject.event.deathId, subject.messageId, decision.dueAtMs);
  run.hideUntil(subject, decision.dueAtMs);
  return run.settle(subject, { kind: 'returned', why, error });
}
