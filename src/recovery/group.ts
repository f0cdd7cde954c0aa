import type { Category, Judgement } from './category.ts';
import type { DeadEvent } from './dead-event.ts';
import { fingerprint, type Fingerprint } from './fingerprint.ts';
import { shapePrint } from './payload-shape.ts';

/** One cause at one target. */
export type Group = {
  /** `TARGET|KIND|HASH`; the target is `-` where none is declared. The kind is the category, unless a rule sets it apart. */
  readonly key: string;
  readonly target: string | null;
  readonly category: Category;
  readonly rule: string;
  /** The masked error text, at most 200 characters: safe in logs and alerts. */
  readonly cause: string;
  /** Whether only a person brings its events back. */
  readonly isManual: boolean;
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
    isManual: secret || judgement.override?.isManual === true,
  };
}

/** Causes of one category that may die at one target within a window before they are taken for one. */
export const CAUSES_PER_WINDOW = 50;

/**
 * The group of all causes of a category at a target: an outage that speaks with a new text each time is one outage. Null
 * where the event's group is not to be mixed with others.
 */
export function outageOf({ target, category, isManual, key }: Group): Group | null {
  if (target === null || isManual || !key.startsWith(`${target}|${category}|`)) return null;
  return {
    key: `${target}|${category}|*`,
    target,
    category,
    rule: 'many-causes',
    cause: 'many different errors at the same time',
    isManual: false,
  };
}

/** Whether a death that belongs to `other` is one of the own cause of the group with that key. */
export function isSameCause(groupKey: string, other: Group): boolean {
  if (other.key === groupKey || outageOf(other)?.key === groupKey) return true;
  // What a person releases was set apart by a rule: the same print at the same target is the same cause.
  const isManual = groupKey.startsWith(`${other.target ?? '-'}|manual `);
  return isManual && printIn(other.key) === printIn(groupKey);
}

function printIn(key: string): string {
  return key.slice(key.lastIndexOf('|') + 1);
}

/** The group of events that the machine has handed over as often as it may: for a person. */
export function spentGroup(group: Group): Group {
  return {
    ...group,
    key: `${group.target ?? '-'}|manual attempts-spent|${printIn(group.key)}`,
    rule: 'attempts-spent',
    isManual: true,
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
