import type { Category } from './category.ts';
import type { Pattern } from './pattern/pattern.ts';

/** The compiled policy: `policy.yml` after parsing, defaults applied, names resolved for one stage. Plain JSON. */

/** How events are handed to a target. `auto` is decided from the target's configuration (see `handover.ts`). */
export type InvocationMode = 'sync' | 'async' | 'auto';

/** Whether the machine acts on a target's dead events, or only says what it would do. */
export type TargetMode = 'act' | 'observe';

/** All that the machine may hand an event to: a function, or the queue that it died out of. Nothing else ever gets one. */
export type TargetPolicy = FunctionTarget | QueueTarget;

/** How fast a target's parked events are brought back, and what stops it. */
export type ReleasePolicy = {
  /** Events a second, at most. */
  readonly ratePerSecond: number;
  /** Hand-overs at the same time, at most. */
  readonly concurrency: number;
  /** Share of what was brought back, 0 to 1, that may die again of the same cause before the group closes again. */
  readonly stopAtShare: number;
  /** How long events that were accepted are watched for their death, in seconds; null = as the target's configuration says. */
  readonly observeSeconds: number | null;
};

export type FunctionTarget = {
  readonly kind: 'function';
  /** The policy's key as written, `{stage}` filled in. */
  readonly key: string;
  /** Function name or full ARN, without qualifier. */
  readonly functionName: string;
  /** Alias or version; null covers the unqualified function only. */
  readonly qualifier: string | null;
  readonly invocation: InvocationMode;
  /** Null where the policy does not say: then it is `act`, and `observe` for what dies into an adopted intake. */
  readonly mode: TargetMode | null;
  readonly release: ReleasePolicy;
  /** Path below the payload of the ordering key: `customer.id` is ['customer', 'id']. Null where none is named. */
  readonly orderBy: readonly string[] | null;
  /** Whether an event may run twice. Where it may not, the machine re-invokes only what provably never started. */
  readonly isIdempotent: boolean;
};

export type QueueTarget = {
  readonly kind: 'queue';
  readonly key: string;
  readonly queueName: string;
  /** Null where the policy names the queue alone: then it is one of the intake's account and region. */
  readonly queueArn: string | null;
  /** ARN of the customer-managed key that the queue is under, null when there is none. */
  readonly kmsKey: string | null;
  readonly mode: TargetMode | null;
  readonly release: ReleasePolicy;
  /** As a function's. */
  readonly orderBy: readonly string[] | null;
};

/** A queue on which dead events arrive, and whose events it holds where they do not say. */
export type IntakePolicy = {
  /** The queue's name or ARN, `{stage}` filled in: the policy's key. */
  readonly key: string;
  readonly queueName: string;
  /** Null where the policy names the queue alone: then it is one of the stack's own account and region. */
  readonly queueArn: string | null;
  /**
   * Whether the queue is somebody else's, with a visibility timeout and a redrive policy of its own: nothing waits in it,
   * and what cannot be dealt with is given up by the consumer itself.
   */
  readonly adopted: boolean;
  /** Key of the target in the policy. */
  readonly target: string;
  /** Name of the topic whose messages a subscription puts into the queue, null when there is none. */
  readonly topic: string | null;
  /** Unique ids of the roles that may send to it, `AROA…`; null where anybody may whom the queue lets. */
  readonly senders: readonly string[] | null;
  /** ARN of the customer-managed key that the queue is under, null when there is none. */
  readonly kmsKey: string | null;
};

export type BackoffPolicy = {
  readonly firstSeconds: number;
  readonly factor: number;
  readonly maxSeconds: number;
};

/** What a rule of the policy says of the events that it claims. */
export type PolicyRule = {
  readonly name: string;
  /** Over the facts of a dead event: see `facts.ts`. */
  readonly when: Pattern;
  /** Null leaves the category to the built-in knowledge. */
  readonly category: Category | null;
  /** What is done instead of what the category says; null where that stays. */
  readonly action: RuleAction | null;
  /** Whether only a person brings back what it parks. */
  readonly isManual: boolean;
};

export const RULE_ACTIONS = ['reinvoke', 'wait', 'park', 'archive'] as const;
export type RuleAction = (typeof RULE_ACTIONS)[number];

export type CompiledPolicy = {
  /** The first that matches wins, before the built-in knowledge. */
  readonly rules: readonly PolicyRule[];
  readonly targets: readonly TargetPolicy[];
  readonly intakes: readonly IntakePolicy[];
  readonly defaults: {
    /** Re-invocations by the machine of one event, counted over death and death again. 1 to 5. */
    readonly maxAttempts: number;
    readonly backoff: BackoffPolicy;
    /** An `expired` event older than this is archived. */
    readonly maxAgeSeconds: number;
    /** What holds for a target that says nothing else. */
    readonly release: ReleasePolicy;
    /**
     * By category the delays, in seconds, before its parked groups are tried again though nothing has changed; the last one
     * repeats. A category that is left out is never tried by time.
     */
    readonly probes: Readonly<Partial<Record<Category, readonly number[]>>>;
  };
  /** What may be read where a message does not hold its event. */
  readonly sources: {
    /** ARNs of Kinesis streams, and of DynamoDB streams or their tables. */
    readonly streams: readonly string[];
    /** Names of buckets that are destinations of functions. */
    readonly buckets: readonly string[];
  };
  readonly alerts: {
    /** The shortest time between two alerts of one cause; what comes in between is counted into the next. */
    readonly everySeconds: number;
    /** Alerts within an hour, of all causes together; what goes beyond is one digest. */
    readonly perHour: number;
  };
};
