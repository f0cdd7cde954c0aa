import type { DeadEvent } from '../dead-event.ts';
import { parseChannelArn } from '../intakes.ts';
import type { Letter } from '../letter.ts';
import type { TargetPolicy } from '../policy.ts';

/** What the policy and the clock say of a message before anybody reads it. */
export type Arrival = {
  /** Key of the declared intake that the message came from, null when it is not declared. */
  readonly intake: string | null;
  /** False where that intake names who may send to it, and the message comes from somebody else. */
  readonly senderIsDeclared: boolean;
  /** The target whose events that intake holds, where they do not say themselves. */
  readonly target: TargetPolicy | null;
  /** All declared targets, for messages that name theirs. */
  readonly targets: readonly TargetPolicy[];
  readonly receivedAtMs: number;
};

/** What a form tells of an event; the rest follows from how it arrived. */
export type Told = Pick<DeadEvent, 'form' | 'target' | 'error' | 'payload'> & {
  /** Null where the form has no id of its own: then it is the message's. */
  readonly deathId: string | null;
  /** Null where the form does not say. */
  readonly diedAtMs: number | null;
};

/** The dead event of a message. */
export function deadEvent(letter: Letter, arrival: Arrival, { deathId, diedAtMs, ...told }: Told): DeadEvent {
  return {
    ...told,
    deathId: deathId ?? letter.messageId,
    intake: arrival.intake,
    sourceArn: letter.sourceArn,
    senderIsDeclared: arrival.senderIsDeclared,
    diedAtMs: diedAtMs ?? letter.sentAtMs ?? arrival.receivedAtMs,
  };
}

/**
 * The declared target that an ARN names, a function's or a queue's; null when none does. A bare name in the policy means the
 * account and region of the intake, and any for a record that came from nowhere. A function's name without qualifier
 * covers the unqualified function and $LATEST, and no alias.
 */
export function targetNamed(arn: string | null, letter: Letter, arrival: Arrival): TargetPolicy | null {
  return functionTargetNamed(arn, letter, arrival) ?? queueTargetNamed(arn, letter, arrival);
}

/** The same for records that name functions only. */
export function functionTargetNamed(
  arn: string | null,
  letter: Letter,
  { targets }: Arrival,
): TargetPolicy | null {
  return arn === null ? null : functionNamed(arn, targets, isHereFor(letter));
}

/** The same for records that name queues only. */
export function queueTargetNamed(
  arn: string | null,
  letter: Letter,
  { targets }: Arrival,
): TargetPolicy | null {
  return arn === null ? null : queueNamed(arn, targets, isHereFor(letter));
}

function isHereFor(letter: Letter): IsHere {
  return (place) =>
    letter.from === 'nowhere' ||
    (letter.sourceArn !== null && parseChannelArn(letter.sourceArn)?.place === place);
}

type IsHere = (place: string | undefined) => boolean;

function functionNamed(arn: string, targets: readonly TargetPolicy[], isHere: IsHere): TargetPolicy | null {
  const match = /^(arn:[^:]+:lambda:([^:]+:\d{12}):function:([^:]+))(?::([^:]+))?$/.exec(arn);
  const [, unqualifiedArn, place, name, qualifier] = match ?? [];
  if (unqualifiedArn === undefined) return null;
  const wanted = qualifier === undefined || qualifier === '$LATEST' ? null : qualifier;
  const isIt = (target: TargetPolicy): boolean =>
    target.kind === 'function' &&
    target.qualifier === wanted &&
    (target.functionName === unqualifiedArn || (isHere(place) && target.functionName === name));
  return targets.find(isIt) ?? null;
}

function queueNamed(arn: string, targets: readonly TargetPolicy[], isHere: IsHere): TargetPolicy | null {
  const queue = parseChannelArn(arn);
  if (queue?.service !== 'sqs') return null;
  const isIt = (target: TargetPolicy): boolean =>
    target.kind === 'queue' &&
    (target.queueArn === null
      ? isHere(queue.place) && target.queueName === queue.name
      : target.queueArn === arn);
  return targets.find(isIt) ?? null;
}
