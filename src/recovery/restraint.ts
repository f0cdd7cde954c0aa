import type { IntakePolicy, TargetPolicy } from './policy.ts';

/** Why nothing is handed to a target, although it could be: its events are parked instead, and nothing is lost. */
export type Restraint =
  /** Somebody has pressed the stop button. */
  | 'paused'
  /** The policy only wants to be told what would be done. */
  | 'observed';

/**
 * What holds the machine back from handing any event to that target, whichever of the intakes it died into; null when nothing does,
 * or it depends on the intake. `intakes`: those whose events are mostly that target's.
 */
export function restraintOnAll(
  target: TargetPolicy,
  intakes: readonly IntakePolicy[],
  paused: boolean,
): Restraint | null {
  if (paused) return 'paused';
  if (target.mode === 'observe') return 'observed';
  const areObserved = intakes.map((intake) => restraintOn(target, intake, false) !== null);
  return intakes.length > 0 && areObserved.every((isObserved) => isObserved) ? 'observed' : null;
}

/**
 * What holds the machine back from handing an event of that intake to that target; null when nothing does. A queue that was
 * there before us is only observed until its target says `mode: act`: the first look must not set off anything.
 */
export function restraintOn(target: TargetPolicy, intake: IntakePolicy, paused: boolean): Restraint | null {
  if (paused) return 'paused';
  return (target.mode ?? (intake.adopted ? 'observe' : 'act')) === 'observe' ? 'observed' : null;
}
