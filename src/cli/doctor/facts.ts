import type { KnownFacts } from '../../recovery/handover.ts';
import type { CompiledPolicy, FunctionTarget, IntakePolicy, QueueTarget } from '../../recovery/policy.ts';
import type { Reading } from './reading.ts';

/** What was read of AWS. Null stands for what is not there. */
export type Facts = {
  readonly functions: readonly FunctionFacts[];
  readonly queueTargets: readonly QueueTargetFacts[];
  readonly intakes: readonly IntakeFacts[];
  /** The queues behind the intakes, each once. */
  readonly failureQueues: readonly FailureQueueFacts[];
  /** The deployed service itself; null where only functions were asked for. */
  readonly service: ServiceFacts | null;
};

export type FunctionFacts = {
  /** NAME or NAME:QUALIFIER. */
  readonly subject: string;
  readonly qualifier: string | null;
  readonly configuration: Reading<FunctionConfiguration | null>;
  /** Reserved executions, null when none are reserved. */
  readonly reservedConcurrency: Reading<number | null>;
  readonly recursiveLoop: Reading<'Allow' | 'Terminate'>;
  readonly aliases: Reading<AliasesFacts>;
  readonly losses: Reading<Losses>;
  /** Where its dead events go: its dead-letter queue or topic, its OnFailure destination, both or none. */
  readonly ways: Reading<readonly WayFacts[]>;
  readonly policy: CompiledPolicy;
  /** What the policy says of it; null when it is no declared target. */
  readonly target: FunctionTarget | null;
};

export type FunctionConfiguration = {
  /** ARN without qualifier. */
  readonly arn: string;
  readonly role: string;
  readonly known: KnownFacts;
};

export type AliasesFacts = {
  /** The dead-letter queue or topic of `$LATEST`. */
  readonly latestDeadLetterArn: string | null;
  readonly aliases: readonly AliasFacts[];
};

export type AliasFacts = {
  readonly name: string;
  /** The versions that it leads to, two while it is weighted, with the dead-letter queue or topic of each. */
  readonly versions: readonly { readonly version: string; readonly deadLetterArn: string | null }[];
};

/** Counts of CloudWatch within the last `days`. */
export type Losses = {
  readonly days: number;
  readonly deadLetterErrors: Count;
  readonly destinationDeliveryFailures: Count;
  readonly asyncEventsDropped: Count;
  readonly recursiveInvocationsDropped: Count;
};

/** `lastAt`: ISO 8601, start of the latest hour in which any were counted; null where none were. */
export type Count = { readonly sum: number; readonly lastAt: string | null };

export type WayFacts = {
  readonly via: 'dead-letter queue' | 'OnFailure destination';
  readonly arn: string;
  readonly channel: Reading<Channel | null>;
  /** What the function's role may do of what the way needs. */
  readonly rights: Reading<readonly Right[]>;
};

export type Channel = QueueFacts | TopicFacts | { readonly kind: 'other' };

export type Right = {
  readonly action: string;
  readonly resource: string;
  /** `implicitDeny`: nothing of the role's grants it, though the resource's own policy may. */
  readonly decision: 'allowed' | 'implicitDeny' | 'explicitDeny';
};

export type QueueFacts = {
  readonly kind: 'queue';
  readonly arn: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  /** Id, ARN or alias of the key that it is under, null under SQS's own or none. */
  readonly kmsKey: string | null;
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceives: number } | null;
  /** Its policy as parsed JSON, undefined when it has none. */
  readonly policy: unknown;
  /** Messages that lie there, and those that somebody has received and not deleted; both about. */
  readonly messages: number;
  readonly inFlight: number;
};

export type TopicFacts = {
  readonly kind: 'topic';
  readonly arn: string;
  readonly kmsKey: string | null;
  readonly policy: unknown;
  readonly subscriptions: Reading<readonly SubscriptionFacts[]>;
};

export type SubscriptionFacts = {
  readonly protocol: string;
  readonly endpoint: string;
  readonly isConfirmed: boolean;
};

export type QueueTargetFacts = {
  readonly subject: string;
  readonly target: QueueTarget;
  readonly policy: CompiledPolicy;
  readonly queue: Reading<QueueFacts | null>;
  /** The queue that its redrive policy moves messages to, null when it has no such policy, or there is no such queue. */
  readonly deadLetter: Reading<QueueFacts | null>;
};

export type IntakeFacts = {
  readonly subject: string;
  readonly intake: IntakePolicy;
  /** Whether the queue is somebody else's, not one of the service's stack. */
  readonly isAdopted: boolean;
  readonly queue: Reading<QueueFacts | null>;
  /** All mappings that read the queue, of whatever function. */
  readonly mappings: Reading<readonly MappingFacts[]>;
  /** The topic that feeds it; null where the policy names none, or there is none of that name. */
  readonly topic: Reading<TopicFacts | null>;
  readonly consumer: string;
  readonly consumerTimeoutSeconds: Reading<number | null>;
};

/** Where SQS moves what even the consumer could not deal with. */
export type FailureQueueFacts = {
  readonly subject: string;
  readonly queue: Reading<QueueFacts | null>;
};

export type MappingFacts = {
  readonly uuid: string;
  readonly functionName: string;
  /** `Enabled`, `Disabled`, and what is between them. */
  readonly state: string;
  readonly stateReason: string;
  /** Lambda's word on its latest poll: `OK`, `No records processed`, or `PROBLEM: …`. */
  readonly lastResult: string;
};

export type ServiceFacts = {
  readonly functions: readonly PartFacts[];
  readonly topics: readonly NotifiedFacts[];
};

/** One of the functions of the service. */
export type PartFacts = {
  readonly name: string;
  /** What does not happen while it does not run. */
  readonly duty: string;
  readonly exists: Reading<boolean>;
  readonly reservedConcurrency: Reading<number | null>;
};

/** A topic by which people are told. */
export type NotifiedFacts = {
  readonly name: string;
  readonly tells: 'alerts' | 'alarms';
  readonly topic: Reading<TopicFacts | null>;
};
