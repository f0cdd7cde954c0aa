import type { Category, Judgement } from './category.ts';
import type { DeadEvent } from './dead-event.ts';
import { fingerprint, type Fingerprint } from './fingerprint.ts';
import { shapePrint } from './payload-shape.ts';

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

/** One event by itself dies twice within a window at most, before and after its re-invocation. As many as this are several events. */
export const OUTAGE_DEATHS_PER_WINDOW = 3;

/** Length of that window. A storm costs at most twice the number above, at a window's edge. */
export const DEATH_WINDOW_SECONDS = 60;

/** The group that an event belongs to. */
export function groupOf(event: DeadEvent, judgement: Judgement): Group {
  const print = printOf(event);
  // Nothing that holds secrets is ever released with others of its cause.
  const secret = event.payload.kind === 'present' && event.payload.credentials !== null;
  return {
    key: `${event.target ?? '-'}|${secret ? 'credentials' : kindOf(judgement)}|${print.hash}`,
    target: event.target,
    category: judgement.category,
    rule: judgement.rule,
    cause: print.text,
  };
}

/** What a rule of the policy parks is a group of its own: the rest of its cause may go on, and no release takes it along. */
function kindOf({ category, rule, override }: Judgement): string {
  if (override?.isManual === true) return `manual ${rule}`;
  return override?.action === 'park' ? `parked ${rule}` : category;
}

/** A redriven message carries no error: the shape of its payload stands in for it, so that not all of a queue are one cause. */
function printOf({ form, error, payload }: DeadEvent): Fingerprint {
  return form === 'sqs-redrive' && payload.kind === 'present' ? shapePrint(payload.text) : fingerprint(error);
}
