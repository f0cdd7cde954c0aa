import { decide, type Circumstances, type History } from '../../recovery/decide.ts';
import { asksForAttempts } from '../../recovery/facts.ts';
import { isSameCause } from '../../recovery/group.ts';
import type { Handover } from '../../recovery/handover.ts';
import { newcomer } from '../../recovery/history.ts';
import { targetOf } from '../../recovery/intakes.ts';
import { payloadSha256 } from '../../recovery/payload.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import { restraintOn, type Restraint } from '../../recovery/restraint.ts';
import { handoverOf } from '../handover-of.ts';
import { joinOutages, mayBeKnown, parkSurplus, queueUp, standingOf, type OpenCase } from './by-standing.ts';
import { canWait, caseOf, subjectOf, type DecidedCase, type ReadableCase } from './case.ts';
import type { BatchRun } from './run.ts';

/** One whose death we hold a lease on. */
type ClaimedCase = OpenCase & { readonly waited: boolean; readonly first: boolean };
type KnownCase = ClaimedCase & { readonly history: History };
type CountedCase = KnownCase & Pick<Circumstances, 'deathNumber' | 'groupDeaths'>;

/**
 * Gathers what the decisions depend on and decides. One read of the groups serves the whole batch, and most of a storm is
 * decided by it; only the few events of open groups cost calls of their own.
 */
export async function decideCases(run: BatchRun, given: readonly ReadableCase[]): Promise<DecidedCase[]> {
  const { policy } = run.surroundings;
  const recalled = asksForAttempts(policy) ? await judgeByAttempts(run, given) : null;
  const cases = recalled === null ? given : recalled.map(({ subject }) => subject);
  const standing = await run.together('read groups', cases, () => standingOf(run, cases));
  if (standing === null) return [];
  const joined = await queueUp(run, await joinOutages(run, cases, standing.parked));
  if (recalled !== null) return decideKnown(run, withDecisions(recalled, joined), standing.paused);
  const answering = await deathsOfReleases(run, cases, standing.awaited);
  const isKnown = (subject: ReadableCase): boolean =>
    mayBeKnown(subject) || answering.has(subject.event.deathId);
  const decided: DecidedCase[] = [];
  const open: OpenCase[] = [];
  for (const { subject, decision } of parkSurplus(joined, isKnown)) {
    if (decision === null || isKnown(subject)) open.push({ subject, decision });
    else decided.push({ subject, decision, history: null });
  }
  return [...decided, ...(await decideKnown(run, await recall(run, open), standing.paused))];
}

/** Where a rule asks how often an event has run, the ledger is asked about every one, and all are judged by its answer. */
async function judgeByAttempts(run: BatchRun, cases: readonly ReadableCase[]): Promise<KnownCase[]> {
  const { policy, nowMs } = run.surroundings;
  const known = await recall(
    run,
    cases.map((subject) => ({ subject, decision: null })),
  );
  return known.map((item) => {
    const { letter, index, event, intake, reportedTwice, fetched } = item.subject;
    const attempt = item.history.reinvocations + 1;
    const judged = caseOf(letter, index, event, { intake, reportedTwice, policy, nowMs: nowMs(), attempt });
    return { ...item, subject: { ...judged, fetched } };
  });
}

/** What is known of the cases, with the group and the decision that were found for them since. */
function withDecisions(known: readonly KnownCase[], open: readonly OpenCase[]): KnownCase[] {
  const byIndex = new Map(open.map((item) => [item.subject.index, item]));
  return known.flatMap((item) => {
    const found = byIndex.get(item.subject.index);
    return found === undefined ? [] : [{ ...item, ...found }];
  });
}

/** The deaths that answer a hand-over by the releaser, which has to learn of them. Asked only while such deaths may come. */
async function deathsOfReleases(
  run: BatchRun,
  cases: readonly ReadableCase[],
  awaited: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const asked = cases.filter(({ event }) => event.target !== null && awaited.has(event.target));
  const answers = await run.together('read requests', asked, () =>
    run.surroundings.ports.ledger.answers(asked.map(({ event }) => event.deathId)),
  );
  return answers ?? new Set();
}

async function recall(run: BatchRun, open: readonly OpenCase[]): Promise<KnownCase[]> {
  const claimed = await run.each('claim', open, subjectOf, (item) => claimCase(run, item));
  return run.each('read history', claimed, subjectOf, (item) => recallHistory(run, item));
}

async function decideKnown(
  run: BatchRun,
  known: readonly KnownCase[],
  paused: ReadonlySet<string>,
): Promise<DecidedCase[]> {
  await countTrialDeaths(run, known);
  const counted = await countDeaths(run, known);
  const { policy, nowMs } = run.surroundings;
  return run.each('decide', counted, subjectOf, async (item) => {
    const { subject, history } = item;
    if (item.decision !== null && history.acceptedAs === null) {
      return { subject, history, decision: item.decision };
    }
    const { event, judgement } = subject;
    const { waited, deathNumber, groupDeaths } = item;
    const restraint = restraintOf(policy, subject, paused);
    const handover = await handoverFor(run, subject);
    const gathered = { event, judgement, history, deathNumber, groupDeaths, waited, restraint, handover };
    const decision = decide(policy, { ...gathered, canWait: canWait(subject), nowMs: nowMs() });
    return { subject, history, decision };
  });
}

function restraintOf(
  policy: CompiledPolicy,
  { event, intake }: ReadableCase,
  paused: ReadonlySet<string>,
): Restraint | null {
  const target = targetOf(policy, event.target);
  return target === null || intake === null ? null : restraintOn(target, intake, paused.has(target.key));
}

async function claimCase(run: BatchRun, item: OpenCase): Promise<ClaimedCase | null> {
  const { subject } = item;
  if (!run.hasTime()) return run.settle(subject, { kind: 'returned', why: 'out-of-time' });
  const { ports, nowMs, deadlineMs } = run.surroundings;
  const claim = await ports.ledger.claim(subject.event.deathId, subject.messageId, nowMs(), deadlineMs);
  switch (claim.kind) {
    case 'claimed':
      return { ...item, waited: claim.waited, first: claim.first };
    case 'done':
      return run.settle(subject, { kind: 'done', how: 'duplicate' });
    case 'not-yet':
      run.hideUntil(subject, claim.untilMs);
      return run.settle(subject, { kind: 'returned', why: 'in-other-hands' });
  }
}

async function recallHistory(run: BatchRun, item: ClaimedCase): Promise<KnownCase> {
  const { event } = item.subject;
  const { payload, target, deathId } = event;
  if (payload.kind === 'absent' || target === null) return { ...item, history: newcomer(deathId) };
  const death = { deathId, target, payloadSha256: payloadSha256(payload), diedAtMs: event.diedAtMs };
  return { ...item, history: await run.surroundings.ports.ledger.history(death) };
}

/** Tells the release that handed an event over that it has died again: once for each death. */
async function countTrialDeaths(run: BatchRun, known: readonly KnownCase[]): Promise<void> {
  const { ports } = run.surroundings;
  const answers = known.filter(({ first, history }) => first && history.trial !== null);
  await run.each('count death of a release', answers, subjectOf, async ({ subject, history }) => {
    if (history.trial === null) return null;
    await ports.ledger.countTrialDeath(history.trial, isSameCause(history.trial.group, subject.group));
    return null;
  });
}

function isNew(item: KnownCase): boolean {
  return item.decision === null && item.first && item.history.acceptedAs === null;
}

/** Deaths are evidence: each new one is counted before it is decided, with one write per open group. */
async function countDeaths(run: BatchRun, known: readonly KnownCase[]): Promise<CountedCase[]> {
  const { ports, nowMs } = run.surroundings;
  const counted: CountedCase[] = known
    .filter((item) => !isNew(item))
    .map((item) => ({ ...item, deathNumber: null, groupDeaths: null }));
  const byGroup = Map.groupBy(known.filter(isNew), (item) => item.subject.group.key);
  for (const [groupKey, items] of byGroup) {
    const total = await run.together('count deaths', items.map(subjectOf), () =>
      ports.ledger.countDeaths(groupKey, items.length, nowMs()),
    );
    if (total === null) continue;
    const first = total - items.length + 1;
    counted.push(
      ...items.map((item, index) => ({ ...item, deathNumber: first + index, groupDeaths: total })),
    );
  }
  return counted;
}

async function handoverFor(run: BatchRun, { event, letter, intake }: ReadableCase): Promise<Handover> {
  const { policy, ports } = run.surroundings;
  const target = targetOf(policy, event.target);
  const { sourceArn, payload, form } = event;
  if (target === null || sourceArn === null || payload.kind === 'absent') {
    return { kind: 'impossible', reason: 'target-missing' };
  }
  const { groupId } = letter;
  const way = { target, intake, sourceArn, groupId, payloadBytes: payload.sizeBytes, form };
  return (await handoverOf(policy, ports.targets, way)).handover;
}
