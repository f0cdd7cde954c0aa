import type { Group } from '../group.ts';

/** A group as a circuit: its states, what moves it from one to the next, and what follows. */

export const CIRCUIT_STATES = ['flowing', 'parked', 'probing', 'releasing'] as const;
export type CircuitState = (typeof CIRCUIT_STATES)[number];

export type CircuitEvent =
  /** At the intake: too many deaths, the death of a re-invocation, or a cause that needs a fix. */
  | 'closed'
  /** An event that was parked until a due time, in a group that is open, has reached it. */
  | 'due'
  /** So much time has passed that a try is worth its cost. */
  | 'probe-due'
  /** The target's code or configuration is another than when the events died. */
  | 'target-changed'
  | 'person-asked'
  | 'canary-succeeded'
  /** Of the group's own cause. */
  | 'canary-died'
  /** No canary died of the group's own cause, and none succeeded. */
  | 'canary-inconclusive'
  /** More of what was brought back has died of the group's own cause than the policy allows. */
  | 'share-exceeded'
  /** All has been tried; what died again, or may not be handed over, is left. */
  | 'some-remain'
  /** No pointer of the group is left. */
  | 'emptied';

export type Transition = {
  readonly from: CircuitState;
  readonly on: CircuitEvent;
  readonly to: CircuitState;
  readonly effect: string;
};

/** Every transition there is. The README shows this table, and a test holds it to it. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'flowing', on: 'closed', to: 'parked', effect: 'later events of the group are parked at once' },
  { from: 'flowing', on: 'due', to: 'probing', effect: 'one event that is due is tried' },
  { from: 'flowing', on: 'person-asked', to: 'probing', effect: 'up to three canaries are tried' },
  { from: 'flowing', on: 'emptied', to: 'flowing', effect: 'nothing is left to watch: its row goes' },
  { from: 'parked', on: 'closed', to: 'parked', effect: 'none' },
  { from: 'parked', on: 'probe-due', to: 'probing', effect: 'one canary is tried' },
  { from: 'parked', on: 'target-changed', to: 'probing', effect: 'up to three canaries are tried' },
  { from: 'parked', on: 'person-asked', to: 'probing', effect: 'up to three canaries are tried' },
  { from: 'parked', on: 'emptied', to: 'flowing', effect: 'nothing is parked any more: its row goes' },
  { from: 'probing', on: 'closed', to: 'probing', effect: 'none: the canary tells' },
  { from: 'probing', on: 'canary-succeeded', to: 'releasing', effect: 'one event a second, then doubling' },
  { from: 'probing', on: 'canary-died', to: 'parked', effect: 'the next probe comes later' },
  { from: 'probing', on: 'canary-inconclusive', to: 'parked', effect: 'the next probe draws another' },
  { from: 'probing', on: 'emptied', to: 'flowing', effect: 'nothing is parked any more: its row goes' },
  { from: 'releasing', on: 'closed', to: 'releasing', effect: 'none: the share of deaths tells' },
  { from: 'releasing', on: 'share-exceeded', to: 'parked', effect: 'the rest stays parked; people are told' },
  { from: 'releasing', on: 'some-remain', to: 'parked', effect: 'what died again waits for the next probe' },
  { from: 'releasing', on: 'emptied', to: 'flowing', effect: 'all are back: its row goes' },
];

/** The state that follows. Throws where the table has no such transition: that is a mistake of the caller's. */
export function nextState(from: CircuitState, on: CircuitEvent): CircuitState {
  const found = TRANSITIONS.find((one) => one.from === from && one.on === on);
  if (found === undefined) throw new Error(`a group that is ${from} knows no ${on}`);
  return found.to;
}

/** A try: one probe, and the release that may follow from it. Counts deaths that come back through the intake. */
export type Trial = {
  readonly id: string;
  readonly opener: Opener;
  /** Events that a target took and whose death would come back through the intake. */
  readonly accepted: number;
  /** How many of those have died again: of the group's own cause, of another. */
  readonly diedSame: number;
  readonly diedOther: number;
  /** Until when the accepted canaries are watched, epoch milliseconds; null while there are none. */
  readonly watchedUntilMs: number | null;
  /** Events a second, while it is released. */
  readonly ratePerSecond: number;
};

/** What lets a group be tried. */
export type Opener = Extract<CircuitEvent, 'due' | 'probe-due' | 'target-changed' | 'person-asked'>;

export type Circuit = {
  readonly group: Group;
  readonly state: CircuitState;
  /** Since when it is in that state, epoch milliseconds. */
  readonly sinceMs: number;
  /** When it is looked at again, epoch milliseconds; null where only a change or a person opens it, or nobody has looked. */
  readonly nextAtMs: number | null;
  /** Tries that time alone has opened since it was parked. */
  readonly probes: number;
  /** What its target looked like at the last look; null before the first. */
  readonly look: string | null;
  /** Whether a person has asked for its release. */
  readonly asked: boolean;
  readonly trial: Trial | null;
};

/** A trial at its beginning. */
export function newTrial(id: string, opener: Opener): Trial {
  return { id, opener, accepted: 0, diedSame: 0, diedOther: 0, watchedUntilMs: null, ratePerSecond: 1 };
}

/** Canaries of a trial, at most: where something has changed, one bad event must not hold a mended cause for ever. */
const MOST_CANARIES = 3;

/** How many canaries a trial draws. Where only time has passed, each probe draws one, another each time. */
export function canariesOf(opener: Opener): number {
  switch (opener) {
    case 'due':
    case 'probe-due':
      return 1;
    case 'target-changed':
    case 'person-asked':
      return MOST_CANARIES;
  }
}

/** Whether a canary's outcome can be told from the counts: all have died, or their time is over. Null while it cannot. */
export function verdictOnAccepted(
  { accepted, diedSame, diedOther, watchedUntilMs }: Trial,
  nowMs: number,
): Extract<CircuitEvent, 'canary-succeeded' | 'canary-died' | 'canary-inconclusive'> | null {
  const survivors = accepted - diedSame - diedOther;
  if (survivors > 0 && watchedUntilMs !== null && nowMs < watchedUntilMs) return null;
  if (survivors > 0) return 'canary-succeeded';
  return diedSame > 0 ? 'canary-died' : 'canary-inconclusive';
}

export type CanaryChoice = 'oldest' | 'newest' | 'random';
const CHOICES: readonly CanaryChoice[] = ['oldest', 'newest', 'random'];

/** Which parked event is drawn as the trial's canary number `index` (from 0): a bad one must not be drawn every time. */
export function canaryChoice(probes: number, index: number): CanaryChoice {
  return CHOICES[(probes + index) % CHOICES.length] ?? 'oldest';
}
