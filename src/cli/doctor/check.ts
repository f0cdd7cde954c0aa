import type { Reading, Unread } from './reading.ts';

/** `error`: dead events are lost, stuck or unseen as it is. `warning`: they will be, when something else happens too. */
export type Severity = 'error' | 'warning';

export type Finding = {
  /** Name of the check. */
  readonly check: string;
  readonly severity: Severity;
  /** The function, queue or topic that it is about. */
  readonly subject: string;
  /** What was read. */
  readonly evidence: string;
  /** What goes wrong by it. */
  readonly consequence: string;
  /** What to do. */
  readonly fix: string;
};

/** One fault that a check found; what it leaves out is the check's own. */
export type Fault = {
  readonly evidence: string;
  readonly fix: string;
  readonly severity?: Severity;
  readonly consequence?: string;
};

/** What a check says of its subject: the faults, and what it could not read to find others. */
export type Outcome = { readonly faults: readonly Fault[]; readonly unread: readonly Unread[] };

export type Check<F> = {
  readonly name: string;
  /** What it finds out, as the end of "it could not be found out …". */
  readonly asks: string;
  readonly severity: Severity;
  readonly consequence: string;
  readonly of: (facts: F) => Outcome;
};

export const HEALTHY: Outcome = { faults: [], unread: [] };

export function fault(one: Fault): Outcome {
  return { faults: [one], unread: [] };
}

/** Goes on with what was read; what was not is noted. */
export function when<T>(reading: Reading<T>, next: (value: T) => Outcome): Outcome {
  return reading.kind === 'read' ? next(reading.value) : { faults: [], unread: [reading] };
}

/** The same of what may not be there: then another check has found that. */
export function whenThere<T>(reading: Reading<T | null>, next: (value: T) => Outcome): Outcome {
  return when(reading, (value) => (value === null ? HEALTHY : next(value)));
}

/** The fault of what is not there at all. */
export function isThere<T>(reading: Reading<T | null>, missing: Fault): Outcome {
  return when(reading, (value) => (value === null ? fault(missing) : HEALTHY));
}

/** The outcomes of several parts of one subject. */
export function together(outcomes: readonly Outcome[]): Outcome {
  return {
    faults: outcomes.flatMap(({ faults }) => faults),
    unread: outcomes.flatMap(({ unread }) => unread),
  };
}
