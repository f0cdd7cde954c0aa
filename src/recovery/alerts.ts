import { sha256Hex } from './digest.ts';
import type { Category } from './category.ts';
import type { CompiledPolicy } from './policy.ts';

/** What people are told of, and when: one alert per cause and window, and never a flood. */

/** What one alert is about. Larger than a group: the same rule at the same target is one thing to mend. */
export type Cause = {
  readonly target: string | null;
  /** Where no target is known, the queue or topic that it came from, by its name in the policy or else its own. */
  readonly intake: string | null;
  readonly category: Category;
  readonly rule: string;
};

/** How many events, at most: one that is delivered again after a crash is counted again. `held`: how many of the parked ones would have been handed over, had nobody stopped it. */
export type Tally = { readonly parked: number; readonly archived: number; readonly held: number };

/** What one batch has parked and archived of one cause. */
export type Filed = {
  readonly cause: Cause;
  readonly tally: Tally;
  /** The masked error text of one of them, at most 200 characters. */
  readonly text: string;
  readonly samples: readonly Sample[];
};

/** An event that stands for the others: its request id where it has one, and its place in the archive. */
export type Sample = { readonly deathId: string | null; readonly archiveId: string };

/** Samples that an alert shows: enough to see whether they are alike. */
export const MOST_SAMPLES = 3;

/** What has been noted of a cause since its last alert. */
export type PendingAlert = {
  /** The same as long as the alert has not been cleared: whoever gets it twice knows it again. */
  readonly id: string;
  readonly cause: Cause;
  readonly tally: Tally;
  readonly text: string;
  readonly samples: readonly Sample[];
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** Null when there has been none. */
  readonly lastAlertAtMs: number | null;
  /** All that had been reported before, by which the ledger knows what this alert covers. */
  readonly reported: Tally;
};

/** A message to people: plain text, a subject of fewer than 100 ASCII characters. */
export type Notice = {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  /** For subscribers that filter: a text, or of a digest all that are in it. None is empty. */
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
};

/** What asks for nobody's attention: no failure, and S3's word that a notification has been set up. */
const QUIET_RULES = new Set(['not-a-failure', 's3-test-event']);

/** Whether people are told of events that this rule claimed, when they are parked or archived. */
export function isReported(rule: string): boolean {
  return !QUIET_RULES.has(rule);
}

/** What has been sent within an hour. */
export type SentAlerts = { readonly alerts: number; readonly digests: number };

export type AlertPlan = {
  readonly alone: readonly PendingAlert[];
  /** Together in one notice. */
  readonly digest: readonly PendingAlert[];
};

const DIGESTS_PER_HOUR = 1;
/** More lines nobody reads, and each cause that is cleared must have been named: the rest stays pending. */
const DIGEST_CAUSES = 100;

/** The identity of a cause, and the key of its row. */
export function causeKey({ target, intake, category, rule }: Cause): string {
  return `${target ?? `intake ${intake ?? '-'}`}|${category}|${rule}`;
}

/** The id of the alert that follows what has been reported of a cause so far. */
export function alertId(cause: Cause, reported: Tally): string {
  const ID_LETTERS = 16;
  return sha256Hex(`${causeKey(cause)}|${reported.parked}|${reported.archived}`).slice(0, ID_LETTERS);
}

/**
 * Which alerts go out now: those whose last one is long enough ago, oldest first, alone as long as the hour allows it, the
 * rest in one digest. What is in neither stays pending, and is counted into its next alert.
 */
export function planAlerts(
  pending: readonly PendingAlert[],
  sent: SentAlerts,
  { everySeconds, perHour }: CompiledPolicy['alerts'],
  nowMs: number,
): AlertPlan {
  const due = pending
    .filter(({ lastAlertAtMs }) => lastAlertAtMs === null || nowMs - lastAlertAtMs >= everySeconds * 1000)
    .toSorted((a, b) => a.firstAtMs - b.firstAtMs || a.id.localeCompare(b.id));
  const room = Math.max(0, perHour - sent.alerts);
  return {
    alone: due.slice(0, room),
    digest: sent.digests < DIGESTS_PER_HOUR ? due.slice(room, room + DIGEST_CAUSES) : [],
  };
}
