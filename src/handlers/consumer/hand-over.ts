import { afterRefusal, afterRejection, type Decision, type History } from '../../recovery/decide.ts';
import type { PresentPayload } from '../../recovery/dead-event.ts';
import { located, targetOf } from '../../recovery/intakes.ts';
import { payloadSha256 } from '../../recovery/payload.ts';
import type { Intent, InvokeResult } from '../../recovery/ports.ts';
import type { FunctionTarget, QueueTarget, TargetPolicy } from '../../recovery/policy.ts';
import { messageFor } from '../../recovery/queue-message.ts';
import { canWait, subjectOf, type DecidedCase } from './case.ts';
import { behind, stayOf, turnOf, type Stays } from './in-turn.ts';
import type { BatchRun } from './run.ts';

type Reinvocation = Extract<Decision, { action: 'reinvoke' }>;

/** A hand-over whose intent is written down: the call may be made. */
type Prepared<T extends TargetPolicy> = {
  readonly item: DecidedCase;
  readonly history: History;
  readonly payload: PresentPayload;
  readonly intent: Intent;
  readonly target: T;
};

/**
 * Hands events to their targets. Returns the cases that are left to be filed: those that their target took, as they are,
 * and those that it refused for good, which park. What is in neither goes back to its queue.
 */
export async function handOver(run: BatchRun, items: readonly DecidedCase[]): Promise<DecidedCase[]> {
  const made = items.filter(({ decision }) => decision.action === 'reinvoke' && decision.acceptedAs !== null);
  const toMake = items.filter((item) => !made.includes(item));
  const isForQueue = ({ subject }: DecidedCase): boolean =>
    targetOf(run.surroundings.policy, subject.event.target)?.kind === 'queue';
  const invoked = await run.each(
    'hand over',
    toMake.filter((item) => !isForQueue(item)),
    subjectOf,
    (item) => invoke(run, item),
  );
  return [...made, ...invoked, ...(await giveBack(run, toMake.filter(isForQueue)))];
}

async function invoke(run: BatchRun, item: DecidedCase): Promise<DecidedCase | null> {
  const prepared = await prepare(run, item, isFunction);
  if (prepared === null) return null;
  const { target, payload } = prepared;
  const called = located(target, item.subject.intake);
  return settle(run, prepared, await run.surroundings.ports.reinvoker.reinvoke(called, payload.text));
}

/** Sends messages back to the queues that they died out of: as many in a call as SQS takes, those of a FIFO group in turn. */
async function giveBack(run: BatchRun, items: readonly DecidedCase[]): Promise<DecidedCase[]> {
  const isInTurn = ({ subject }: DecidedCase): boolean => turnOf(subject) !== null;
  const atOnce = await sendTogether(
    run,
    items.filter((item) => !isInTurn(item)),
  );
  return [...atOnce, ...(await sendInTurn(run, items.filter(isInTurn)))];
}

/** What comes behind a message that could not be sent stays with it: parked, or back in its queue. */
async function sendInTurn(run: BatchRun, items: readonly DecidedCase[]): Promise<DecidedCase[]> {
  const back: DecidedCase[] = [];
  const stays = new Map<string | null, Stays>();
  for (const item of items.toSorted((a, b) => a.subject.index - b.subject.index)) {
    const group = turnOf(item.subject);
    const held = behind(run, item, stays.get(group));
    const isToBeSent = held.decision.action === 'reinvoke' && run.outcomeOf(item.subject) === null;
    const [sent] = isToBeSent ? await sendTogether(run, [held]) : [held];
    const stay = stayOf(run, item.subject, sent);
    if (stay !== null) stays.set(group, stay);
    if (sent !== undefined && run.outcomeOf(item.subject) === null) back.push(sent);
  }
  return back;
}

async function sendTogether(run: BatchRun, items: readonly DecidedCase[]): Promise<DecidedCase[]> {
  const ready = await run.each('hand over', items, subjectOf, (item) => prepare(run, item, isQueue));
  const back: DecidedCase[] = [];
  for (const ofTarget of Map.groupBy(ready, ({ target }) => target.key).values()) {
    back.push(...(await sendTo(run, ofTarget)));
  }
  return back;
}

async function sendTo(run: BatchRun, prepared: readonly Prepared<QueueTarget>[]): Promise<DecidedCase[]> {
  const [first] = prepared;
  if (first === undefined) return [];
  const sourceArn = first.item.subject.event.sourceArn ?? '';
  const messages = prepared.map(({ item, payload, intent }) =>
    messageFor(item.subject.letter, item.subject.event.form, payload.text, intent.reinvocation),
  );
  const subjects = prepared.map(({ item }) => item.subject);
  const results = await run.together('hand over', subjects, () =>
    run.surroundings.ports.giver.give(first.target, sourceArn, messages),
  );
  if (results === null) return [];
  const pairs = prepared.map((one, index) => ({ one, result: results[index] }));
  return run.each(
    'hand over',
    pairs,
    ({ one }) => one.item.subject,
    ({ one, result }) => settle(run, one, result ?? { kind: 'uncertain', error: 'NoResult' }),
  );
}

/** Writes the intent: no intent, no call. Null when there is no time left to make one. */
async function prepare<T extends TargetPolicy>(
  run: BatchRun,
  item: DecidedCase,
  isWanted: (target: TargetPolicy) => target is T,
): Promise<Prepared<T> | null> {
  const { subject, decision, history } = item;
  if (decision.action !== 'reinvoke') throw new Error(`not a hand-over: ${decision.action}`);
  if (history === null) throw new Error('a re-invocation was decided without the history of the event');
  if (!run.hasTimeForCalls()) return run.settle(subject, { kind: 'returned', why: 'out-of-time' });
  const target = targetOf(run.surroundings.policy, subject.event.target);
  const { payload } = subject.event;
  if (target === null || !isWanted(target) || payload.kind === 'absent') {
    throw new Error('only declared targets are invoked');
  }
  const intent = intentOf(run, item, decision, history, target.key, payload);
  await run.surroundings.ports.ledger.intend(intent);
  return { item, history, payload, intent, target };
}

function intentOf(
  run: BatchRun,
  { subject }: DecidedCase,
  decision: Reinvocation,
  history: History,
  target: string,
  payload: PresentPayload,
): Intent {
  const madeAtMs = run.surroundings.nowMs();
  return {
    origin: history.origin,
    deathId: subject.event.deathId,
    target,
    payloadSha256: payloadSha256(payload),
    reinvocation: history.reinvocations + 1,
    madeAtMs,
    openUntilMs: madeAtMs + decision.deathWindowMs,
    trial: null,
  };
}

async function settle(
  run: BatchRun,
  { item, history, intent }: Prepared<TargetPolicy>,
  result: InvokeResult,
): Promise<DecidedCase | null> {
  const { ledger } = run.surroundings.ports;
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

function isFunction(target: TargetPolicy): target is FunctionTarget {
  return target.kind === 'function';
}

function isQueue(target: TargetPolicy): target is QueueTarget {
  return target.kind === 'queue';
}
