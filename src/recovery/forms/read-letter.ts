import type { DeadEvent } from '../dead-event.ts';
import { intakeOf } from '../intakes.ts';
import { openEnvelope, type Letter } from '../letter.ts';
import type { CompiledPolicy, IntakePolicy } from '../policy.ts';
import type { Arrival } from './arrival.ts';
import { readForeign } from './foreign.ts';
import { readLambdaDestination } from './lambda-destination.ts';
import { readLambdaDlq } from './lambda-dlq.ts';

type Reader = (letter: Letter, arrival: Arrival) => DeadEvent | null;

/** In the order of recognition: attributes before bodies, since a body is the sender's text and can imitate anything. */
const READERS: readonly Reader[] = [readLambdaDlq, readLambdaDestination];

/** Reads a message in whatever form it arrived. Never throws; one that no reader knows is `foreign`. */
export function readLetter(letter: Letter, policy: CompiledPolicy, receivedAtMs: number): DeadEvent {
  const intake = intakeOf(policy, letter.sourceArn);
  const senders = intake?.senders ?? null;
  const senderIsDeclared =
    senders === null || (letter.senderId !== null && senders.includes(letter.senderId));
  const event = readForm(letter, policy, { intake, senderIsDeclared, receivedAtMs });
  // A stranger must not end a death of the target's by naming its request id.
  return senderIsDeclared ? event : { ...event, deathId: letter.messageId };
}

function readForm(
  letter: Letter,
  policy: CompiledPolicy,
  at: {
    readonly intake: IntakePolicy | null;
    readonly senderIsDeclared: boolean;
    readonly receivedAtMs: number;
  },
): DeadEvent {
  const { intake, senderIsDeclared, receivedAtMs } = at;
  const arrival: Arrival = {
    intake: intake?.key ?? null,
    senderIsDeclared,
    target: intake?.target ?? null,
    targets: policy.targets,
    receivedAtMs,
  };
  let envelope: Letter | null | undefined; // opened when first needed: a plain dead letter is never parsed for it
  for (const read of READERS) {
    const direct = read(letter, arrival);
    if (direct !== null) return direct;
    if (envelope === undefined) envelope = openEnvelope(letter);
    const within = envelope === null ? null : read(envelope, arrival);
    if (within !== null) return within;
  }
  return readForeign(letter, arrival);
}
