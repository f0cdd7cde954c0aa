/** The compiled policy: `policy.yml` after parsing, defaults applied, names resolved for one stage. Plain JSON. */

/** How events are handed to a target. `auto` is decided from the target's configuration (see `handover.ts`). */
export type InvocationMode = 'sync' | 'async' | 'auto';

/** A function that the machine may hand an event to. Nothing else is ever invoked. */
export type TargetPolicy = {
  /** The policy's key as written, `{stage}` filled in. */
  readonly key: string;
  /** Function name or full ARN, without qualifier. */
  readonly functionName: string;
  /** Alias or version; null covers the unqualified function only. */
  readonly qualifier: string | null;
  readonly invocation: InvocationMode;
};

/** A queue on which dead events arrive, and whose events it holds where they do not say. */
export type IntakePolicy = {
  /** The queue's name, `{stage}` filled in: the policy's key. */
  readonly key: string;
  /** Key of the target in the policy. */
  readonly target: string;
  /** Name of the topic whose messages a subscription puts into the queue, null when there is none. */
  readonly topic: string | null;
};

export type BackoffPolicy = {
  readonly firstSeconds: number;
  readonly factor: number;
  readonly maxSeconds: number;
};

export type CompiledPolicy = {
  readonly targets: readonly TargetPolicy[];
  readonly intakes: readonly IntakePolicy[];
  readonly defaults: {
    /** Re-invocations by the machine of one event, counted over death and death again. 1 to 5. */
    readonly maxAttempts: number;
    readonly backoff: BackoffPolicy;
    /** An `expired` event older than this is archived. */
    readonly maxAgeSeconds: number;
  };
};
