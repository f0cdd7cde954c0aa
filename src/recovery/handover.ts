import type { Form } from './dead-event.ts';
import { isDeclaredIntake } from './intakes.ts';
import type { CompiledPolicy, FunctionTarget, QueueTarget } from './policy.ts';
import { isFifo } from './queue-message.ts';

/** What AWS says of a target, for the qualifier that would be invoked. */
export type TargetFacts =
  | {
      readonly kind: 'known';
      readonly timeoutSeconds: number;
      /** ARN of its dead-letter queue or topic, null when it has none. */
      readonly deadLetterArn: string | null;
      /** ARN of its OnFailure and OnSuccess destinations, null when it has none. */
      readonly onFailureArn: string | null;
      readonly onSuccessArn: string | null;
      readonly retries: number;
      readonly maxEventAgeSeconds: number;
    }
  | { readonly kind: 'missing' }
  /** We may not read it, so nothing proves a way back. */
  | { readonly kind: 'denied' };

export type KnownFacts = Extract<TargetFacts, { kind: 'known' }>;

/** How an event can be handed to its target, or why it cannot be. */
export type Handover =
  /** `deathWindowMs`: how long after the hand-over its death can still arrive. */
  | { readonly kind: 'async'; readonly deathWindowMs: number }
  /** Back into the queue that it died out of: its redrive policy is the way back. */
  | { readonly kind: 'queue'; readonly deathWindowMs: number }
  /** The call must be made synchronously, which only the releaser does. */
  | { readonly kind: 'sync'; readonly timeoutSeconds: number }
  | { readonly kind: 'impossible'; readonly reason: HandoverObstacle };

export type HandoverObstacle =
  | 'no-way-back'
  | 'target-missing'
  | 'target-unreadable'
  /** A FIFO queue takes no message without a group, and the record names none. */
  | 'no-message-group';

/** A synchronous call to a longer target does not fit into a releaser's run beside other work. */
const LONGEST_SYNC_TIMEOUT_SECONDS = 300;

/** Lambda waits about one, then two minutes between its attempts. Source: Lambda developer guide. */
const RETRY_WAITS_SECONDS = [60, 120] as const;
/** The same, and queueing. */
const RETRY_DELAYS_SECONDS = 5 * 60;

const KIBIBYTE = 1024;

/**
 * The largest payload whose death can come back, by the way it takes: a queue holds 1 MiB less room for the three
 * attributes, a topic 256 KiB unless configured otherwise, and a destination record holds the response beside the payload.
 */
const LARGEST_BYTES = {
  queue: (1024 - 4) * KIBIBYTE,
  topic: (256 - 4) * KIBIBYTE,
  destination: 512 * KIBIBYTE,
} as const;

/**
 * Decides how an event is handed over. Accepted is not done: an asynchronous hand-over is chosen only where the death of
 * the re-invocation would come back to a declared intake, else the event would be lost on its next failure.
 */
export function chooseHandover(
  policy: CompiledPolicy,
  target: FunctionTarget,
  facts: TargetFacts,
  event: { readonly sourceArn: string; readonly payloadBytes: number; readonly form: Form },
): Handover {
  switch (facts.kind) {
    case 'missing':
      return { kind: 'impossible', reason: 'target-missing' };
    case 'denied':
      return { kind: 'impossible', reason: 'target-unreadable' };
    case 'known':
      break;
  }
  // The answer to a stream's batch may name records that failed, which only a synchronous call shows.
  if (event.form === 'stream-batch' || invocationOf(target, facts) === 'sync') {
    return { kind: 'sync', timeoutSeconds: facts.timeoutSeconds };
  }
  if (event.payloadBytes > largestThatComesBack(policy, facts, event.sourceArn)) {
    return { kind: 'impossible', reason: 'no-way-back' };
  }
  const runSeconds = (facts.retries + 1) * facts.timeoutSeconds;
  return {
    kind: 'async',
    deathWindowMs: (facts.maxEventAgeSeconds + runSeconds + RETRY_DELAYS_SECONDS) * 1000,
  };
}

/** What an accepted event may take longer than its runs and Lambda's waits between them, to die and be read at the intake. */
const WATCH_MARGIN_SECONDS = 60;

/**
 * How long after an asynchronous hand-over its death is to be expected at most, in milliseconds: its runs, the waits between them,
 * and some time to come back. It can still come later, when Lambda itself is behind; then it closes the group again.
 */
export function watchMs(facts: TargetFacts): number {
  const { retries, timeoutSeconds } = facts.kind === 'known' ? facts : { retries: 0, timeoutSeconds: 0 };
  const waitsSeconds = RETRY_WAITS_SECONDS.slice(0, retries).reduce((sum, wait) => sum + wait, 0);
  return (waitsSeconds + (retries + 1) * timeoutSeconds + WATCH_MARGIN_SECONDS) * 1000;
}

/** Bytes of the largest payload whose death would come back to a declared intake; 0 where none would. */
function largestThatComesBack(policy: CompiledPolicy, facts: KnownFacts, besideArn: string): number {
  if (isDeclaredIntake(policy, facts.deadLetterArn, besideArn)) {
    return facts.deadLetterArn?.includes(':sns:') === true ? LARGEST_BYTES.topic : LARGEST_BYTES.queue;
  }
  return isDeclaredIntake(policy, facts.onFailureArn, besideArn) ? LARGEST_BYTES.destination : 0;
}

function invocationOf(target: FunctionTarget, facts: KnownFacts): 'sync' | 'async' {
  if (target.invocation !== 'auto') return target.invocation;
  const long = facts.timeoutSeconds > LONGEST_SYNC_TIMEOUT_SECONDS;
  return facts.onSuccessArn !== null || long ? 'async' : 'sync';
}

/**
 * How long the death of a message is looked for by its payload where the id that the queue gave it was never stored. Known
 * ids are known for good; this only covers a crash between sending and storing.
 */
const QUEUE_DEATH_WINDOW_MS = 60 * 60 * 1000;

/** How a message goes back into a queue: not at all where that needs a group and the message has none. */
export function queueHandover(target: QueueTarget, groupId: string | null): Handover {
  return isFifo(target.queueName) && groupId === null
    ? { kind: 'impossible', reason: 'no-message-group' }
    : { kind: 'queue', deathWindowMs: QUEUE_DEATH_WINDOW_MS };
}
