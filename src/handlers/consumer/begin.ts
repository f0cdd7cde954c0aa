import { triage, type Triage } from '../../recovery/giving-up.ts';
import { intakeOf } from '../../recovery/intakes.ts';
import { parseLetter, type Letter } from '../../recovery/letter.ts';
import type { IntakePolicy } from '../../recovery/policy.ts';
import type { BatchRun } from './run.ts';

/** A record as it came, not yet opened: its body has not been looked at. `letter` is null when it is no message at all. */
export type Arrived = {
  readonly raw: unknown;
  readonly letter: Letter | null;
  readonly intake: IntakePolicy | null;
  readonly triage: Triage;
};

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
  const triaged = again.size === 0 ? new Map<string, Triage>() : await look(run, [...again]);
  return arrived.map((item) => ({ ...item, triage: triaged.get(item.letter?.messageId ?? '') ?? 'begin' }));
}

/** Without the ledger nobody knows what has been begun, so nothing is: it comes back by itself, and harms no other. */
async function look(run: BatchRun, messageIds: readonly string[]): Promise<ReadonlyMap<string, Triage>> {
  const { ports, nowMs, onFailure } = run.surroundings;
  try {
    const looks = await ports.ledger.looks(messageIds);
    const triaged = triage(messageIds.map((messageId) => ({ messageId, looks: looks.get(messageId) ?? 0 })));
    const begun = messageIds.filter((messageId) => triaged.get(messageId) === 'begin');
    await Promise.all(begun.map((messageId) => ports.ledger.countLook(messageId, nowMs())));
    return triaged;
  } catch (error) {
    for (const messageId of messageIds) onFailure('count looks', messageId, error);
    return new Map(messageIds.map((messageId) => [messageId, 'hold-back']));
  }
}

function shownAgain(letter: Letter | null, intake: IntakePolicy | null): string[] {
  return letter !== null && intake?.adopted === true && letter.receives !== 1 ? [letter.messageId] : [];
}
