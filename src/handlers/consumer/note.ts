import {
  causeKey,
  isReported,
  MOST_SAMPLES,
  type Cause,
  type Filed,
  type Sample,
} from '../../recovery/alerts.ts';
import { formatArchiveId, type ArchivedAt } from '../../recovery/archive-entry.ts';
import { parseChannelArn } from '../../recovery/intakes.ts';
import type { Case, ReadableCase, UnopenedCase } from './case.ts';
import type { FiledCase } from './file-away.ts';
import type { BatchRun } from './run.ts';

/** One filed record, as far as an alert is concerned. */
type Noted<T> = {
  readonly item: T;
  readonly subject: Case;
  readonly cause: Cause;
  readonly text: string;
  readonly sample: Sample;
  readonly placement: 'parked' | 'archived';
  readonly held: boolean;
};

/** Reasons for parking of which people have to be told by themselves: the error has nothing to do with them. */
const SAYS_MORE = new Set(['holds-credentials', 'behind-a-parked-one', 'no-message-group']);

/** Notes what has been parked and archived, one write per cause. Gives the cases that are noted, or need not be. */
export async function noteFiled(run: BatchRun, filed: readonly FiledCase[]): Promise<readonly FiledCase[]> {
  const quiet = filed.filter(({ item }) => !isReported(item.subject.judgement.rule));
  const noted = filed
    .filter((one) => !quiet.includes(one))
    .map((one) => {
      const { subject, decision } = one.item;
      const { target, category, cause: text } = subject.group;
      const rule = SAYS_MORE.has(decision.reason) ? decision.reason : subject.group.rule;
      const deathId = subject.event.form === 'foreign' ? null : subject.event.deathId;
      return {
        item: one,
        subject,
        cause: { target, intake: target === null ? sourceName(subject) : null, category, rule },
        text,
        sample: sampleOf(deathId, one.at),
        placement: decision.action === 'park' ? 'parked' : 'archived',
        held: decision.action === 'park' && decision.instead !== null,
      } as const;
    });
  return [...quiet, ...(await note(run, noted))];
}

/** The same for records that nobody opened. `places`: where each is, in the order of the cases. */
export async function noteUnopened(
  run: BatchRun,
  cases: readonly UnopenedCase[],
  places: readonly ArchivedAt[],
): Promise<readonly UnopenedCase[]> {
  const noted = cases.flatMap((subject, index) => {
    const at = places[index];
    if (at === undefined) return [];
    return {
      item: subject,
      subject,
      cause: {
        target: subject.intake?.target ?? null,
        intake: null,
        category: 'unknown',
        rule: subject.why,
      } as const,
      text: 'the record was not opened',
      sample: sampleOf(null, at),
      placement: 'archived',
      held: false,
    } as const;
  });
  return note(run, noted);
}

async function note<T>(run: BatchRun, noted: readonly Noted<T>[]): Promise<readonly T[]> {
  const { ports, nowMs } = run.surroundings;
  const done: T[] = [];
  for (const ofCause of Map.groupBy(noted, ({ cause }) => causeKey(cause)).values()) {
    const subjects = ofCause.map(({ subject }) => subject);
    const written = await run.together('note', subjects, async () => {
      await ports.ledger.note(filedOf(ofCause), nowMs());
      return true;
    });
    if (written !== null) done.push(...ofCause.map(({ item }) => item));
  }
  return done;
}

function filedOf<T>(noted: readonly Noted<T>[]): Filed {
  const [first] = noted;
  if (first === undefined) throw new Error('there is nothing to note');
  const parked = noted.filter(({ placement }) => placement === 'parked').length;
  return {
    cause: first.cause,
    tally: {
      parked,
      archived: noted.length - parked,
      held: noted.filter(({ held }) => held).length,
    },
    text: first.text,
    samples: noted.slice(0, MOST_SAMPLES).map(({ sample }) => sample),
  };
}

/** Where it came from: the intake as the policy calls it, else the name of the queue or topic. */
function sourceName({ event }: ReadableCase): string | null {
  return event.intake ?? parseChannelArn(event.sourceArn ?? '')?.name ?? null;
}

/** Lambda's request ids are UUIDs. Whatever else a sender has put there is not shown: it may be anybody's data. */
function sampleOf(deathId: string | null, at: ArchivedAt): Sample {
  const isUuid = deathId !== null && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(deathId);
  return { deathId: isUuid ? deathId : null, archiveId: formatArchiveId(at) };
}
