import { triage, type Triage } from '../../recovery/giving-up.ts';
import { intakeOf } from '../../recovery/intakes.ts';
import { parseLetter, type Letter } from '../../recovery/letter.ts';
import type { IntakePolicy } from '../../recovery/policy.ts';
import type { Case } from './case.ts';
import type { BatchRun } from './run.ts';

/** A record as it came, not yet opened: its body has not been looked at. `letter` is null when it is no message at all. */
export type Arrived = {
  readonly raw: unknown;
  readonly letter: Letter | null;
  readonly intake: IntakePolicy | null;
  readonly triage: Begin;
  /** Whether the ledger has counted that it is begun. */
  readonly isCounted: boolean;
};

/** Whether to begin a record; `not-counted` where the ledger could not say how often it has been begun. */
type Begin = Triage | 'not-counted';

/**
 * Decides which records of a batch to begin, and counts that they are begun. Only what an adopted queue shows again is
 * counted: the first look costs nothing, and own intakes have their failure queue.
 */
export async function begin(run: BatchRun, records: readonly unknown[]): Promise<readonly Arrived[]> {
  const { policy } = run.surroundings;
  const arrived = records.map((raw) => {
    const letter = parseLetter(raw);
    return { raw, letter, intake: intakeOf(policy, letter?.sourceArn ?? null) };
  });
  const again = new Set(arrived.flatMap(({ letter, intake }) => shownAgain(letter, intake)));
  const triaged = again.size === 0 ? new Map<string, Begin>() : await look(run, [...again]);
  return arrived.map((item) => {
    const looked = triaged.get(item.letter?.messageId ?? '');
    return { ...item, triage: looked ?? 'begin', isCounted: looked === 'begin' };
  });
}

/** What could not be counted is not begun: it comes back by itself, and harms no other. */
async function look(run: BatchRun, messageIds: readonly string[]): Promise<ReadonlyMap<string, Begin>> {
  const { ports, nowMs, onFailure } = run.surroundings;
  const notCounted = (messageId: string, error: unknown): readonly [string, Begin] => {
    onFailure('count looks', messageId, error);
    return [messageId, 'not-counted'];
  };
  try {
    const looks = await ports.ledger.looks(messageIds);
    const triaged = triage(messageIds.map((messageId) => ({ messageId, looks: looks.get(messageId) ?? 0 })));
    const counted = await Promise.all(
      [...triaged].map(async ([messageId, what]): Promise<readonly [string, Begin]> => {
        try {
          if (what === 'begin') await ports.ledger.countLook(messageId, nowMs());
          return [messageId, what];
        } catch (error) {
          return notCounted(messageId, error);
        }
      }),
    );
    return new Map(counted);
  } catch (error) {
    return new Map(messageIds.map((messageId) => notCounted(messageId, error)));
  }
}

/**
 * Takes back the looks of what has ended without an outcome through no fault of its own: an outage of ours must not have a
 * queue given up. It is the record's own fault when it failed while others of its batch did not.
 */
export async function endLooks(
  run: BatchRun,
  arrived: readonly Arrived[],
  cases: readonly Case[],
): Promise<void> {
  const { ports, nowMs, onFailure } = run.surroundings;
  const othersWereDone = cases.some((subject) => run.outcomeOf(subject)?.kind === 'done');
  const ended = cases.filter((subject) => {
    const outcome = run.outcomeOf(subject);
    const isAtFault = outcome?.kind === 'returned' && outcome.why === 'failed' && othersWereDone;
    return arrived[subject.index]?.isCounted === true && outcome?.kind === 'returned' && !isAtFault;
  });
  await Promise.all(
    ended.map(async ({ messageId }) => {
      try {
        if (messageId !== null) await ports.ledger.uncountLook(messageId, nowMs());
      } catch (error) {
        onFailure('count looks', messageId, error);
      }
    }),
  );
}

function shownAgain(letter: Letter | null, intake: IntakePolicy | null): string[] {
  return letter !== null && intake?.adopted === true && letter.receives !== 1 ? [letter.messageId] : [];
}
