/** What must change before the same event can succeed. */

export const CATEGORIES = [
  'transient',
  'exhausted',
  'defect',
  'misconfigured',
  'poison',
  'expired',
  'unknown',
] as const;

export type Category = (typeof CATEGORIES)[number];

/** A judgement: the category, and the name of the rule that claimed the event. The rule is always recorded. */
export type Judgement = {
  readonly category: Category;
  readonly rule: string;
  /** What a rule of the policy says beyond the category; left out where none does. */
  readonly override?: Override;
};

/** `action`: done instead of what the category says, null where that stays. `isManual`: only a person brings it back. */
export type Override = {
  readonly action: 'reinvoke' | 'wait' | 'park' | 'archive' | null;
  readonly isManual: boolean;
};
