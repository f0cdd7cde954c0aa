import {
  afterOneThatStays,
  afterTooManyCauses,
  afterTooManyDeaths,
  decide,
  decideAtOnce,
  type Circumstances,
  type Decision,
  type History,
} from '../../recovery/decide.ts';
import {
  CAUSES_PER_WINDOW,
  isSameCause,
  OPEN_DEATHS_PER_WINDOW,
  outageOf,
  type Group,
} from '../../recovery/group.ts';
import { newcomer } from '../../recovery/history.ts';
import { chooseHandover, queueHandover, type Handover, type TargetFacts } from '../../recovery/handover.ts';
import { located, targetOf } from '../../recovery/intakes.ts';
import { payloadSha256 } from '../../recovery/payload.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type { Standing } from '../../recovery/ports.ts';
import { restraintOn, type Restraint } from '../../recovery/restraint.ts';
import { asksForAttempts } from '../../recovery/facts.ts';
import { canWait, caseOf, type DecidedCase, type ReadableCase } from './case.ts';
import type { BatchRun } from './run.ts';

/** A case that the ledger is asked about. `decision` is null where it depends on the answer. */
type OpenCase = { readonly subject: ReadableCase; readonly decision: Decision | null };
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

/**
 * How the groups of a batch stand. Of more causes than an outage has, the outages are asked about first: what belongs to one that is
 * parked joins it, whatever its own group does, and a thousand texts of one outage are not a thousand groups to read.
 */
async function standingOf(run: BatchRun, cases: readonly ReadableCase[]): Promise<Standing> {
  const { ports, nowMs } = run.surroundings;
  const targets = [...new Set(cases.map(({ event }) => event.target).filter((target) => target !== null))];
  const read = (keys: ReadonlySet<string>): Promise<Standing> =>
    ports.ledger.standing([...keys], targets, nowMs());
  const own = new Set(cases.map(({ group }) => group.key));
  const outages = new Set(cases.flatMap(({ group }) => outageKeys(group)));
  if (own.size <= CAUSES_PER_WINDOW) return read(new Set([...own, ...outages]));
  const known = await read(outages);
  const alone = cases.filter(({ group }) => !outageKeys(group).some((key) => known.parked.has(key)));
  if (alone.length === 0) return known;
  const more = await read(new Set(alone.map(({ group }) => group.key)));
  return { ...more, parked: new Set([...known.parked, ...more.parked]) };
}

/**
 * The cases of open groups, of each no more than may be tried: what one batch brings beyond that parks, and the ledger is not asked
 * about every one of the first batches of a storm.
 */
function parkSurplus(
  items: readonly OpenCase[],
  isKnown: (subject: ReadableCase) => boolean,
): readonly OpenCase[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const { subject, decision } = item;
    if (decision !== null || isKnown(subject)) return item;
    const count = (counts.get(subject.group.key) ?? 0) + 1;
    counts.set(subject.group.key, count);
    return count > OPEN_DEATHS_PER_WINDOW ? { subject, decision: afterTooManyDeaths() } : item;
  });
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

/** What comes after a parked event of the same order key is parked behind it, in its group: no later one overtakes it. */
async function queueUp(run: BatchRun, items: readonly OpenCase[]): Promise<readonly OpenCase[]> {
  const inTurn = items.filter(
    ({ subject, decision }) => subject.orderKey !== null && decision?.action !== 'archive',
  );
  const keys = inTurn.flatMap(({ subject }) => subject.orderKey ?? []);
  const held = await run.together('read holds', inTurn.map(subjectOf), () =>
    run.surroundings.ports.ledger.holds(keys),
  );
  return items.flatMap((item) => {
    if (run.outcomeOf(item.subject) !== null) return [];
    const group = item.subject.orderKey === null ? undefined : held?.get(item.subject.orderKey);
    if (group === undefined || item.decision?.action === 'archive') return [item];
    return [{ subject: { ...item.subject, group }, decision: afterOneThatStays() }];
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

/**
 * The cases with what can be decided at once. Where too many different causes die at one target, those that have no parked group of
 * their own yet join the group of the outage. Causes are counted once per batch.
 */
async function joinOutages(
  run: BatchRun,
  cases: readonly ReadableCase[],
  parked: ReadonlySet<string>,
): Promise<readonly OpenCase[]> {
  const alone = cases.map((subject) => ({ subject, decision: atOnce(subject, parked) }));
  const newCauses = alone.filter(({ subject, decision }) => {
    return !parked.has(subject.group.key) && decision?.action !== 'archive';
  });
  const { ports, nowMs } = run.surroundings;
  const joined = new Map<OpenCase, OpenCase>();
  for (const [key, items] of Map.groupBy(newCauses, ({ subject }) => outageKeys(subject.group)[0])) {
    if (key === undefined) continue;
    const fresh = items.filter(({ subject }) => !mayBeKnown(subject)).map(({ subject }) => subject.group.key);
    const isParked = parked.has(key);
    const causes = new Set(fresh).size;
    const counted =
      isParked || causes === 0
        ? 0
        : await run.together('count causes', items.map(subjectOf), () =>
            ports.ledger.countDeaths(key, causes, nowMs()),
          );
    if (!isParked && (counted ?? 0) <= CAUSES_PER_WINDOW) continue;
    for (const item of items) {
      const group = outageOf(item.subject.group);
      if (group === null) continue;
      const subject = { ...item.subject, group };
      joined.set(item, { subject, decision: isParked ? atOnce(subject, parked) : afterTooManyCauses() });
    }
  }
  return alone
    .filter(({ subject }) => run.outcomeOf(subject) === null)
    .map((item) => joined.get(item) ?? item);
}

function atOnce({ event, judgement, group }: ReadableCase, parked: ReadonlySet<string>): Decision | null {
  return decideAtOnce(event, judgement, parked.has(group.key));
}

function outageKeys(group: Group): readonly string[] {
  const outage = outageOf(group);
  return outage === null ? [] : [outage.key];
}

/**
 * Whether the ledger may know more of the death than the record shows: a message that has been looked at before may have
 * been handed over already, and a death that is reported twice must be known by its second report.
 */
function mayBeKnown({ reportedTwice, letter }: ReadableCase): boolean {
  return reportedTwice || letter.receives !== 1;
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
    const handover = await handoverOf(run, subject);
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

function subjectOf(item: { readonly subject: ReadableCase }): ReadableCase {
  return item.subject;
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

async function handoverOf(run: BatchRun, { event, letter, intake }: ReadableCase): Promise<Handover> {
  const { policy, ports } = run.surroundings;
  const target = targetOf(policy, event.target);
  if (target === null || event.sourceArn === null || event.payload.kind === 'absent') {
    return { kind: 'impossible', reason: 'target-missing' };
  }
  if (target.kind === 'queue') return queueHandover(target, letter.groupId);
  const facts: TargetFacts = await ports.targets.facts(located(target, intake));
  return chooseHandover(policy, target, facts, {
    sourceArn: event.sourceArn,
    payloadBytes: event.payload.sizeBytes,
    form: event.form,
  });
}
