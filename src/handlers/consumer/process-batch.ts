import { begin, endLooks } from './begin.ts';
import {
  openCase,
  subjectOf,
  type Case,
  type DecidedCase,
  type ReadableCase,
  type UnopenedCase,
} from './case.ts';
import { fetchElsewhere } from './fetch-elsewhere.ts';

import { fileAway, fileUnopened } from './file-away.ts';
import { decideCases } from './gather.ts';
import { handOver } from './hand-over.ts';
import { holdBehind } from './in-turn.ts';
import type { Outcome } from './outcome.ts';
import { reconcile } from './reconcile.ts';
import { BatchRun, type Surroundings } from './run.ts';

/** What became of one record. `decided` is null where no decision was reached. */
export type Processed = {
  readonly subject: Case;
  readonly decided: DecidedCase | null;
  readonly outcome: Outcome;
};

/**
 * Works through one batch of dead events: gather, decide, act, and say for each record whether its next owner has it.
 * Does not reject for the sake of single records: whatever is not proven done has the outcome `returned`.
 */
export async function processBatch(
  records: readonly unknown[],
  surroundings: Surroundings,
): Promise<readonly Processed[]> {
  const run = new BatchRun(surroundings);
  const arrived = await begin(run, records);
  const cases = arrived.map((item, index) =>
    openCase(item, index, surroundings.policy, surroundings.nowMs()),
  );
  await setAside(run, cases.filter(isUnopened));
  const whole = await fetchElsewhere(run, cases.filter(isReadable));
  const merged = await reconcile(run, whole);
  const decided = holdBehind(run, cases, await decideCases(run, merged));
  const final = await act(run, decided);
  await hideWaiting(run);
  await endLooks(run, arrived, cases);
  await wakeReleaser(run);
  return cases.map((subject) => {
    const last = final.get(subject.index) ?? null;
    const outcome = run.outcomeOf(subject) ?? { kind: 'returned', why: 'failed', error: 'NoOutcome' };
    return { subject: last?.subject ?? subject, decided: last, outcome };
  });
}

/** Archives what cannot be opened; what is not to be opened now goes back to its queue. */
async function setAside(run: BatchRun, unopened: readonly UnopenedCase[]): Promise<void> {
  const toFile: UnopenedCase[] = [];
  for (const subject of unopened) {
    switch (subject.why) {
      case 'unreadable-record':
      case 'given-up':
        toFile.push(subject);
        break;
      case 'held-back':
        run.settle(subject, { kind: 'returned', why: 'held-back' });
        break;
      case 'not-counted':
        run.settle(subject, { kind: 'returned', why: 'failed', error: 'NotCounted' });
        break;
    }
  }
  await fileUnopened(run, toFile);
}

/**
 * Carries the decisions out: what needs no call first, so that slow calls keep nothing else waiting. Returns the decisions
 * as they stand in the end: a rejected hand-over has become a park.
 */
async function act(run: BatchRun, decided: readonly DecidedCase[]): Promise<Map<number, DecidedCase>> {
  const final = new Map(decided.map((item) => [item.subject.index, item]));
  await run.each('postpone', decided, subjectOf, (item) => postpone(run, item));
  await file(
    run,
    decided.filter(({ decision }) => decision.action === 'park' || decision.action === 'archive'),
  );
  const calls = decided.filter(({ decision }) => decision.action === 'reinvoke');
  const called = await handOver(run, calls);
  for (const item of called) final.set(item.subject.index, item);
  await file(run, called);
  return final;
}

async function file(run: BatchRun, items: readonly DecidedCase[]): Promise<void> {
  await closeGroups(run, items);
  await fileAway(
    run,
    items.filter(({ subject }) => run.outcomeOf(subject) === null),
  );
}

async function postpone(run: BatchRun, { subject, decision }: DecidedCase): Promise<null> {
  if (decision.action !== 'wait') return null;
  const { ledger } = run.surroundings.ports;
  await ledger.postpone(subject.event.deathId, subject.messageId, decision.dueAtMs);
  run.hideUntil(subject, decision.dueAtMs);
  return run.settle(subject, { kind: 'returned', why: 'waiting' });
}

async function closeGroups(run: BatchRun, items: readonly DecidedCase[]): Promise<void> {
  const { ports, nowMs } = run.surroundings;
  const closing = items.filter(({ decision }) => 'closesGroup' in decision && decision.closesGroup);
  const groups = Map.groupBy(closing, ({ subject }) => subject.group.key);
  for (const members of groups.values()) {
    const group = members[0]?.subject.group;
    if (group === undefined) continue;
    const closed = await run.together('close group', members.map(subjectOf), () =>
      ports.ledger.closeGroup(group, nowMs()),
    );
    if (closed === true) run.hasClosedGroup = true;
  }
}

/** Its fix may have been deployed before the group closed. A releaser that is not woken looks at its next minute. */
async function wakeReleaser({ hasClosedGroup, surroundings }: BatchRun): Promise<void> {
  if (!hasClosedGroup) return;
  try {
    await surroundings.ports.waker.wake();
  } catch (error) {
    surroundings.onFailure('wake releaser', null, error);
  }
}

/** A message that cannot be hidden comes back early and is looked at again: nothing is lost by it. */
async function hideWaiting(run: BatchRun): Promise<void> {
  const { ports, nowMs, onFailure } = run.surroundings;
  const byQueue = Map.groupBy(run.hidden, ([subject]) => subject.event.sourceArn ?? '');
  for (const [queueArn, entries] of byQueue) {
    const messages = entries.flatMap(([subject, untilMs]) =>
      subject.letter.receiptHandle === null
        ? []
        : [{ receiptHandle: subject.letter.receiptHandle, seconds: (untilMs - nowMs()) / 1000 }],
    );
    try {
      const failed = await ports.hider.hide(queueArn, messages);
      for (const [subject] of entries) {
        if (failed.has(subject.letter.receiptHandle ?? '')) onFailure('hide', subject.messageId, null);
      }
    } catch (error) {
      for (const [subject] of entries) onFailure('hide', subject.messageId, error);
    }
  }
}

function isReadable(subject: Case): subject is ReadableCase {
  return subject.kind === 'readable';
}

function isUnopened(subject: Case): subject is UnopenedCase {
  return subject.kind === 'unopened';
}
