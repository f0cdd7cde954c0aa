/** What the policy and the clock say of a record before anybody reads it. */
export type Arrival = {
  /** Key of the declared intake that the record came from, null when it is not declared. */
  readonly intake: string | null;
  /** Key of the target whose events that intake holds. */
  readonly target: string | null;
  readonly receivedAtMs: number;
};
