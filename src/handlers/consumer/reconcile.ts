import type { DeadEvent } from '../../recovery/dead-event.ts';
import { located, targetOf } from '../../recovery/intakes.ts';
import {
  letterLooksAgainAtMs,
  mergeEvidence,
  recordLooksAgainAtMs,
  reportsTwice,
  type Evidence,
} from '../../recovery/merge.ts';
import { canWait, caseOf, type ReadableCase } from './case.ts';
import type { BatchRun } from './run.ts';

/**
 * Makes one event of a death that is reported both ways. Destination records leave what they know in the ledger and stand
 * back for a while; dead letters take it up. Gives the cases that go on; those of other targets are not touched.
 */
export async function reconcile(run: BatchRun, cases: readonly ReadableCase[]): Promise<ReadableCase[]> {
  // What a stranger sends is archived, and says nothing of anybody's death.
  const reconciled = cases.filter(({ event }) => !event.senderIsDeclared);
  const channels = Map.groupBy(
    cases.filter(({ event }) => event.senderIsDeclared),
    ({ event }) => `${event.target} ${event.sourceArn}`,
  );
  for (const ofChannel of channels.values()) {
    const twice = await areReportedTwice(run, ofChannel);
    reconciled.push(...(twice ? await reconcileChannel(run, ofChannel) : ofChannel));
  }
  return reconciled;
}

/** The cases of one target from one intake. Records first: their letters may be in the same batch. */
async function reconcileChannel(run: BatchRun, cases: readonly ReadableCase[]): Promise<ReadableCase[]> {
  const marked = cases.map((subject) => again(run, subject, subject.event));
  const records = marked.filter(isRecord);
  const letters = marked.filter((subject) => !isRecord(subject));
  const standing = await run.each('record evidence', records, itself, (subject) => standBack(run, subject));
  return [...standing, ...(await takeUpEvidence(run, letters))];
}

/** Asked once for each target of a batch. A target that cannot be read just now has the first report stand for the death. */
async function areReportedTwice(run: BatchRun, cases: readonly ReadableCase[]): Promise<boolean> {
  const { policy, ports, onFailure } = run.surroundings;
  const [first] = cases;
  const target = targetOf(policy, first?.event.target ?? null);
  const sourceArn = first?.event.sourceArn ?? null;
  if (first === undefined || target?.kind !== 'function' || sourceArn === null) return false;
  try {
    return reportsTwice(policy, await ports.targets.facts(located(target, first.intake)), sourceArn);
  } catch (error) {
    onFailure('read target', first.messageId, error);
    return false;
  }
}

async function standBack(run: BatchRun, subject: ReadableCase): Promise<ReadableCase | null> {
  const { ports, nowMs } = run.surroundings;
  const { deathId, error, target } = subject.event;
  await ports.ledger.recordEvidence(deathId, { error, target }, nowMs());
  const letterSeen = await ports.ledger.isInOtherHands(deathId, subject.messageId);
  return waitUntil(run, subject, recordLooksAgainAtMs(subject.event, letterSeen, nowMs()));
}

async function takeUpEvidence(run: BatchRun, letters: readonly ReadableCase[]): Promise<ReadableCase[]> {
  const { ports } = run.surroundings;
  const known = await run.together('read evidence', letters, () =>
    ports.ledger.evidence(letters.map(({ event }) => event.deathId)),
  );
  if (known === null) return [];
  return letters.flatMap((subject) => merged(run, subject, known.get(subject.event.deathId)) ?? []);
}

function merged(run: BatchRun, subject: ReadableCase, evidence: Evidence | undefined): ReadableCase | null {
  if (evidence !== undefined) {
    return again(run, subject, mergeEvidence(subject.event, evidence));
  }
  return waitUntil(run, subject, letterLooksAgainAtMs(subject.event, run.surroundings.nowMs()));
}

function waitUntil(run: BatchRun, subject: ReadableCase, untilMs: number | null): ReadableCase | null {
  // Where nothing can wait, the first report stands for the death, and the second is its duplicate.
  if (untilMs === null || !canWait(subject)) return subject;
  run.hideUntil(subject, untilMs);
  return run.settle(subject, { kind: 'returned', why: 'waiting' });
}

/** The case judged anew, as one of a death that is reported twice. */
function again(
  { surroundings }: BatchRun,
  { letter, index, intake }: ReadableCase,
  event: DeadEvent,
): ReadableCase {
  const { policy, nowMs } = surroundings;
  return caseOf(letter, index, event, { intake, reportedTwice: true, policy, nowMs: nowMs() });
}

function isRecord({ event }: ReadableCase): boolean {
  return event.form === 'lambda-destination';
}

function itself(subject: ReadableCase): ReadableCase {
  return subject;
}
