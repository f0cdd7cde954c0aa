import type { Category, Judgement } from './category.ts';
import type { DeadEvent } from './dead-event.ts';
import { fingerprint } from './fingerprint.ts';

/** One cause at one target. */
export type Group = {
  /** `TARGET|CATEGORY|HASH`; the target is `-` where none is declared. */
  readonly key: string;
  readonly target: string | null;
  readonly category: Category;
  readonly rule: string;
  /** The masked error text, at most 200 characters: safe in logs and alerts. */
  readonly cause: string;
};

/** Deaths of one group within one window that still get their category's reinvoke or wait. The next one parks the group. */
export const OPEN_DEATHS_PER_WINDOW = 5;

/** Length of that window. A storm costs at most twice the number above, at a window's edge. */
export const DEATH_WINDOW_SECONDS = 60;

/** The group that an event belongs to. */
export function groupOf(event: DeadEvent, judgement: Judgement): Group {
  const print = fingerprint(event.error);
  return {
    key: `${event.target ?? '-'}|${judgement.category}|${print.hash}`,
    target: event.target,
    category: judgement.category,
    rule: judgement.rule,
    cause: print.text,
  };
}
