import type { TargetPolicy } from '../policy.ts';

/** What the policy and the clock say of a message before anybody reads it. */
export type Arrival = {
  /** Key of the declared intake that the message came from, null when it is not declared. */
  readonly intake: string | null;
  /** False where that intake names who may send to it, and the message comes from somebody else. */
  readonly senderIsDeclared: boolean;
  /** Key of the target whose events that intake holds, where they do not say themselves. */
  readonly target: string | null;
  /** All declared targets, for messages that name theirs. */
  readonly targets: readonly TargetPolicy[];
  readonly receivedAtMs: number;
};
