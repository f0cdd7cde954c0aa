import { fractionOf } from './digest.ts';
import type { BackoffPolicy } from './policy.ts';

/** Jitter takes away at most this share of a delay, so that events that died together do not come back together. */
const JITTER_SHARE = 0.25;

/**
 * The delay before re-invocation number `reinvocation` (1 = the first), in milliseconds. Grows by the policy's factor up
 * to its maximum, less a jitter derived from the seed alone, so a second look at an event gives the same answer.
 */
export function backoffMs(policy: BackoffPolicy, reinvocation: number, seed: string): number {
  const grown = policy.firstSeconds * policy.factor ** (reinvocation - 1);
  const delaySeconds = Math.min(grown, policy.maxSeconds);
  return Math.round(delaySeconds * 1000 * (1 - JITTER_SHARE * fractionOf(`${seed}/${reinvocation}`)));
}
