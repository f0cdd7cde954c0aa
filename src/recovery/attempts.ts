import type { RecordedIntent } from './history.ts';

/** What became of a re-invocation, as far as it is known. */
export type AttemptResult =
  /** The call itself has shown it. */
  | 'succeeded'
  /** Its death has come back, or the call has shown it. */
  | 'died'
  /** The target took it; its death can still come. */
  | 'accepted'
  /** The target took it, the time in which its death could come is over, and none is known of. */
  | 'no-death-known'
  /** The call has had no answer: the target may or may not have run it. */
  | 'uncertain';

/** Tells what became of a recorded intent. `isDeathKnown`: whether a death under its request id has been seen. Pure. */
export function attemptResult(
  { requestId, died, openUntilMs }: Pick<RecordedIntent, 'requestId' | 'died' | 'openUntilMs'>,
  isDeathKnown: boolean,
  nowMs: number,
): AttemptResult {
  if (died || isDeathKnown) return 'died';
  if (requestId === null) return 'uncertain';
  if (openUntilMs === 0) return 'succeeded'; // a synchronous call: its death would be known from the call itself
  return nowMs < openUntilMs ? 'accepted' : 'no-death-known';
}
