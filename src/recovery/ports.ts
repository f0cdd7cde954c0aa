import type { Filed, PendingAlert, Notice, SentAlerts } from './alerts.ts';
import type { ArchiveEntry, ArchivedAt, Placement } from './archive-entry.ts';
import type { History } from './decide.ts';
import type { Group } from './group.ts';
import type { TargetFacts } from './handover.ts';
import type { Evidence } from './merge.ts';
import type { ErrorEvidence } from './dead-event.ts';
import type { AcceptedRequest, RecordedIntent } from './history.ts';
import type { Circuit, CircuitEvent, Trial } from './release/circuit.ts';
import type { TargetLook } from './release/target-look.ts';
import type { FunctionTarget, IntakePolicy, QueueTarget, TargetPolicy } from './policy.ts';
import type { QueueMessage } from './queue-message.ts';
import type { Source } from './sources.ts';

/**
 * What the recovery asks of the outside, as interfaces. Each has an adapter for AWS in `aws/` and one in memory for tests;
 * the same contract suite runs on both. Every method rejects when it could not do what it says: no silent failure.
 * All times are epoch milliseconds and come from the caller.
 */

/** A claim on a death: a lease that ends in done. Only `done` may be acknowledged as a duplicate. */
export type Claim =
  /** Ours until the lease ends. `first`: nobody has looked at it before. `waited`: its due time has passed. */
  | { readonly kind: 'claimed'; readonly waited: boolean; readonly first: boolean }
  /** Its next owner has it. */
  | { readonly kind: 'done' }
  /** Waiting until its due time, or in other hands until their lease ends. */
  | { readonly kind: 'not-yet'; readonly untilMs: number };

/** How a death ended for the intake: who has the event now. */
export type Ending = 'reinvoked' | 'parked' | 'archived';

/** A re-invocation that is about to be made. Written before the call: no intent, no invoke. */
export type Intent = {
  /** The first death that we saw of this event, and the death that this re-invocation answers. */
  readonly origin: string;
  readonly deathId: string;
  readonly target: string;
  readonly payloadSha256: string;
  /** 1 for the first re-invocation of the event. */
  readonly reinvocation: number;
  readonly madeAtMs: number;
  /** Until when the death of this re-invocation can still arrive; 0 where it would be known from the call itself. */
  readonly openUntilMs: number;
  /** The trial of a parked group that it belongs to; null where the intake hands the event over by itself. */
  readonly trial: TrialOf | null;
};

/** Which try of which group. */
export type TrialOf = { readonly group: string; readonly id: string };

/** One batch's events of one parked group: what a release reads, and nothing else. */
export type ParkedPointer = {
  readonly group: string;
  /** Events of that group in the object, each with its place. */
  readonly events: readonly ArchivedAt[];
  readonly parkedAtMs: number;
  /** When the releaser may bring them back although their group is open; null = when the group is released. */
  readonly dueAtMs: number | null;
  /** When the newest of them died. */
  readonly newestDeathMs: number;
};

/** A pointer as the ledger holds it. Ids of one group sort by the time of parking. */
export type StoredPointer = ParkedPointer & { readonly id: string };

/** A group that has just got pointers. */
export type Registration = { readonly group: Group; readonly dueAtMs: number | null };

/** What a batch must know of the state of things before it decides. */
export type Standing = {
  /** Of the groups asked for, those whose events are parked at once: every state but flowing. */
  readonly parked: ReadonlySet<string>;
  /** Of the targets asked for, those that somebody has paused, alone or with all others. */
  readonly paused: ReadonlySet<string>;
  /** Of the targets asked for, those that a release has handed events over to, whose deaths may still come. */
  readonly awaited: ReadonlySet<string>;
};

export interface Ledger {
  /** How these groups and targets stand: which are parked, which are paused. Read consistently, at every batch. */
  standing(groupKeys: readonly string[], targets: readonly string[], nowMs: number): Promise<Standing>;
  /** Of these deaths, those of re-invocations that a target has accepted. One read per hundred, consistent. */
  answers(deathIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Closes a group that is flowing; true when it was. One that is parked, probed or released stays what it is. */
  closeGroup(group: Group, nowMs: number): Promise<boolean>;
  /**
   * Makes sure that the releaser finds groups whose pointers have been written. Called after `point` and before anything is
   * acknowledged: a group may have been emptied in between, and its row be gone.
   */
  register(registrations: readonly Registration[], nowMs: number): Promise<void>;
  /** Of these order keys, those of which something is parked, with the group that it is parked in. Read consistently. */
  holds(orderKeys: readonly string[]): Promise<ReadonlyMap<string, Group>>;
  /** Holds back what comes with that order key from now on. Written before the event itself is filed. */
  hold(orderKey: string, group: Group, nowMs: number): Promise<void>;
  /** Ends that, unless something has been held back after that time. */
  unhold(orderKey: string, parkedAtMs: number): Promise<void>;
  /** Counts that what a trial handed over has died: of the group's own cause, or of another. An old trial counts no more. */
  countTrialDeath(trial: TrialOf, isSameCause: boolean): Promise<void>;
  /** Counts `count` new deaths of an open group and returns the window's total, these included. */
  countDeaths(groupKey: string, count: number, nowMs: number): Promise<number>;

  /** How often these messages of adopted queues have been begun, by message id. Read consistently. */
  looks(messageIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Counts that the message is begun once more. Written before it is opened: it may be what crashes the consumer. */
  countLook(messageId: string, nowMs: number): Promise<void>;
  /** Takes one look back: what began has ended, and the record was not at fault. */
  uncountLook(messageId: string, nowMs: number): Promise<void>;

  /** Takes a lease on a death for the message that carries it. */
  claim(deathId: string, messageId: string, nowMs: number, leaseUntilMs: number): Promise<Claim>;
  /** Whether another message has claimed the death and not finished it, whether or not its lease still runs. */
  isInOtherHands(deathId: string, messageId: string): Promise<boolean>;
  /** Gives the claimed death back until its due time. Rejects when the lease has passed to another message. */
  postpone(deathId: string, messageId: string, dueAtMs: number): Promise<void>;
  /** Ends the claimed death. Rejects when the lease has passed to another message. */
  finish(deathId: string, messageId: string, ending: Ending, nowMs: number): Promise<void>;

  /** Keeps what a destination record knows of a death, for the dead letter of the same death. */
  recordEvidence(deathId: string, evidence: Evidence, nowMs: number): Promise<void>;
  /** What is known of these deaths from destination records, by death id. Read consistently. */
  evidence(deathIds: readonly string[]): Promise<ReadonlyMap<string, Evidence>>;

  /**
   * The earlier life of the event that died this death, found by the request id, else by an open intent of the same
   * target and payload (identical payloads share a count: the safe side).
   */
  history(death: {
    readonly deathId: string;
    readonly diedAtMs: number;
    readonly target: string;
    readonly payloadSha256: string;
    /** The event's first death, where the caller knows it from elsewhere. */
    readonly origin?: string | null;
  }): Promise<History>;
  /** Records an intent. Rejects when that re-invocation of the event is already recorded. */
  intend(intent: Intent): Promise<void>;
  /** Records under which request id the target accepted it. */
  accepted(intent: Intent, requestId: string): Promise<void>;
  /** Records that a synchronous call succeeded under that request id: the event is back for good. */
  succeeded(intent: Intent, requestId: string): Promise<void>;
  /** Records that a synchronous call ended in an error: it counts, and the event is where it was. */
  died(intent: Intent, requestId: string): Promise<void>;
  /** The call provably started nothing: the intent is no attempt. */
  withdraw(intent: Intent): Promise<void>;

  /** Notes for the reporter what has been parked and archived of one cause. Written before it is acknowledged. */
  note(filed: Filed, nowMs: number): Promise<void>;

  /** Records where parked events are. Written before they are acknowledged. */
  point(pointer: ParkedPointer): Promise<void>;
}

/** How a circuit's row is changed. What is left out stays. */
export type CircuitChange = {
  /** A transition of the table: the row must be in the state that the change starts from. */
  readonly on?: CircuitEvent;
  readonly nextAtMs?: number | null;
  readonly probes?: number;
  readonly look?: string | null;
  readonly asked?: boolean;
  /** A new trial starts with its counts at nothing. */
  readonly trial?: Trial | null;
  /** Changes of the present trial; its counts of deaths are the intake's to write. */
  readonly accepted?: number;
  readonly watchedUntilMs?: number;
  readonly ratePerSecond?: number;
};

/** A lease on a circuit, or on the right to release groups of a target: whose it is, and until when. */
export type Lease = { readonly owner: string; readonly untilMs: number };

/** Which pointers of a group to read. */
export type PointerPage = {
  /** Only those after that one (before it, when the newest come first); null = from the beginning. */
  readonly after: string | null;
  readonly limit: number;
  readonly newestFirst?: boolean;
};

/**
 * What came of asking for a release. `under-way`: a trial of the group is running, which tells the same. `gone`: nothing is parked in
 * it any more.
 */
export type Asked = 'asked' | 'under-way' | 'gone';

/** The releaser's side of the ledger. All reads are consistent. */
export interface Circuits {
  /** Every group that has a row, and the keys of rows that cannot be read as one. */
  live(): Promise<{ readonly circuits: readonly Circuit[]; readonly unreadable: readonly string[] }>;
  /** Takes the lease on a circuit; null when another has it, or the circuit is gone. */
  take(groupKey: string, lease: Lease, nowMs: number): Promise<Circuit | null>;
  /** Changes a circuit and renews the lease; gives it as it then is, null when the lease or the state has been lost. */
  save(circuit: Circuit, change: CircuitChange, lease: Lease, nowMs: number): Promise<Circuit | null>;
  /** Gives the lease back. */
  leave(groupKey: string, owner: string): Promise<void>;
  /** Writes down that a person wants a group released, whoever has its lease: its next look then tries it. */
  ask(groupKey: string): Promise<Asked>;
  /**
   * Removes the row of a group that has no pointer; false when it has one, or the lease has been lost: then it is flowing,
   * and due at once. Whatever is parked while this runs keeps the row, or makes it anew.
   */
  settle(groupKey: string, lease: Lease, nowMs: number): Promise<boolean>;
  /** Takes or renews the right to release groups of a target: false when another has it. */
  takeTarget(target: string, lease: Lease, nowMs: number): Promise<boolean>;
  leaveTarget(target: string, owner: string): Promise<void>;
  /** Has the intake ask, until then, whether a death of the target's answers a hand-over. The latest time stands. */
  expectDeaths(target: string, untilMs: number): Promise<void>;
  /** Pointers of a group, oldest first. */
  pointers(groupKey: string, page: PointerPage): Promise<readonly StoredPointer[]>;
  /** Keeps of a pointer only those events; without any, the pointer goes. */
  keep(pointer: StoredPointer, events: readonly ArchivedAt[]): Promise<void>;
}

/** What a person has done, or set off. `subject`: the group, target or event that it was done to. */
export type Act = {
  /** As AWS knows them: the ARN that the credentials belong to. */
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly reason: string;
  readonly atMs: number;
};

/** An act as the ledger holds it. Ids sort by time. */
export type RecordedAct = Act & { readonly id: string };

/** The stop button as it is pressed: for one target, or with null for all. What nobody has said is null. */
export type Pause = {
  readonly target: string | null;
  readonly who: string | null;
  readonly reason: string | null;
  readonly atMs: number | null;
};

/** How a death stands with the intake: who has the event now, null while nobody has; and since when, null where that is not known. */
export type DeathStanding = { readonly ending: Ending | null; readonly atMs: number | null };

/** What people ask of the ledger, and do by it. All reads are consistent. */
export interface Operations {
  pauses(): Promise<readonly Pause[]>;
  /** Presses the stop button: `Ledger.standing` says so from then on. Pressed again, the later word stands. */
  pause(target: string | null, act: Pick<Act, 'who' | 'reason' | 'atMs'>): Promise<void>;
  /** Lets go of it; false when it was not pressed. */
  resume(target: string | null): Promise<boolean>;
  /** Adds an act to those that have been recorded. Before it is done: what is done is never unrecorded. */
  record(act: Act): Promise<void>;
  /** Recorded acts, newest first. `after`: only those older than that one; null = from the newest. */
  acts(page: { readonly after: string | null; readonly limit: number }): Promise<readonly RecordedAct[]>;
  /** Null where no death of that id has been seen, or too long ago. */
  deathStanding(deathId: string): Promise<DeathStanding | null>;
  /** The re-invocation that a target accepted under that id; null when none is known. */
  acceptedAs(requestId: string): Promise<AcceptedRequest | null>;
  /** All re-invocations of one event that are known, in their order. */
  attempts(event: Pick<Intent, 'origin' | 'target' | 'payloadSha256'>): Promise<readonly RecordedIntent[]>;
}

export interface Archive {
  /**
   * Stores the entries, one object per placement and intake, and says where each is, in the entries' order.
   * Resolves only when all are stored.
   */
  store(
    placement: Placement,
    entries: readonly ArchiveEntry[],
    nowMs: number,
  ): Promise<readonly ArchivedAt[]>;
  /** Reads one entry by its place, without its batch. */
  read(at: ArchivedAt): Promise<ArchiveEntry>;
  /** Reads entries that are to be worked through, in their order: neighbours within an object in one call. */
  readAll(places: readonly ArchivedAt[]): Promise<readonly ArchiveEntry[]>;
}

/** What came of asking a target to take an event asynchronously. */
export type InvokeResult =
  | { readonly kind: 'accepted'; readonly requestId: string }
  /** Provably nothing started and it may work later (throttled, service error): no attempt. */
  | { readonly kind: 'refused'; readonly error: string }
  /** Provably nothing started and the same call will never work (no such function, denied, too large). */
  | { readonly kind: 'rejected'; readonly error: string }
  /** The call may or may not have been accepted. */
  | { readonly kind: 'uncertain'; readonly error: string };

export interface Reinvoker {
  /** Hands the payload, byte for byte, to the target asynchronously. One call, never retried. Does not reject. */
  reinvoke(target: FunctionTarget, payload: string): Promise<InvokeResult>;
}

/** What came of fetching an event from where its message says that it is. */
export type Fetched =
  | { readonly kind: 'fetched'; readonly text: string }
  /** Nobody will get it from there. */
  | { readonly kind: 'gone'; readonly why: string };

export interface Fetcher {
  /**
   * Fetches from a declared source: of a bucket the record as it stands there, of a stream the event that its mapping would
   * have sent. Rejects when it may work later.
   */
  fetch(source: Source): Promise<Fetched>;
}

/** What came of a synchronous call. */
export type CallResult =
  /** `answer`: what the function returned, as text. */
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly answer: string }
  | { readonly kind: 'died'; readonly requestId: string; readonly error: ErrorEvidence }
  | Exclude<InvokeResult, { kind: 'accepted' }>;

export interface Caller {
  /**
   * Hands the payload, byte for byte, to the target and waits for the end. One call, never retried; given up as `uncertain`
   * some seconds after the target's own timeout. Does not reject.
   */
  call(target: FunctionTarget, payload: string, timeoutSeconds: number): Promise<CallResult>;
}

export interface TargetReader {
  /** What AWS says of the target under the qualifier that would be invoked. */
  facts(target: FunctionTarget): Promise<TargetFacts>;
}

export interface TargetWatcher {
  /** What the target looks like just now. `intake`: of its events, whose account and region a bare name means. */
  look(target: TargetPolicy, intake: IntakePolicy | null): Promise<TargetLook>;
  /** How long after it was sent a message can still come back from a queue: all of its receives, in milliseconds. */
  queueReturnMs(target: QueueTarget, besideArn: string): Promise<number>;
}

export interface Waker {
  /** Has the releaser look at the groups now rather than at its next minute. */
  wake(): Promise<void>;
}

export interface Giver {
  /**
   * Sends messages to a queue, in their order, and says of each what came of it: `requestId` is the id under which the
   * queue has it. `besideArn`: the intake's, whose account and region a bare name means. Never sends one twice by itself.
   */
  give(
    target: QueueTarget,
    besideArn: string,
    messages: readonly QueueMessage[],
  ): Promise<readonly InvokeResult[]>;
}

export type HiddenMessage = { readonly receiptHandle: string; readonly seconds: number };

export interface Hider {
  /** Hides messages of a queue; returns the receipt handles that could not be hidden. They return by themselves anyway. */
  hide(queueArn: string, messages: readonly HiddenMessage[]): Promise<ReadonlySet<string>>;
}

/** The reporter's side of the ledger. Consumers note, the reporter publishes and then clears. */
export interface Outbox {
  /** Every cause with something unreported, read consistently, and the rows that cannot be read as one. */
  pending(): Promise<{ readonly alerts: readonly PendingAlert[]; readonly unreadable: readonly string[] }>;
  /** Takes a lease on the publishing; false when another reporter has it, or has just published it. */
  take(alert: PendingAlert, nowMs: number, leaseUntilMs: number): Promise<boolean>;
  /** Clears what was published; what has come since stays pending. */
  published(alert: PendingAlert, nowMs: number): Promise<void>;
  /** What has been sent in the hour of that time. */
  sent(nowMs: number): Promise<SentAlerts>;
  /** Counts one alert or digest of the hour. Written before it is published. */
  countSent(kind: keyof SentAlerts, nowMs: number): Promise<void>;
  /** Takes that back: it could not be published. */
  uncountSent(kind: keyof SentAlerts, nowMs: number): Promise<void>;
}

export interface Publisher {
  /** Publishes one notice to people. Resolves when the topic has it. */
  publish(notice: Notice): Promise<void>;
}
