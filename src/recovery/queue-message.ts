import type { Form } from './dead-event.ts';
import type { Letter } from './letter.ts';
import { ownProperty } from './json.ts';
import type { IntakePolicy } from './policy.ts';

/** A message on its way back into a queue. */
export type QueueMessage = {
  readonly body: string;
  /** Message attributes as the record has them, of every data type; undefined where the message had none of its own. */
  readonly attributes: unknown;
  /** Group of a FIFO queue, tenant of a fair one; null for neither. */
  readonly groupId: string | null;
  /** For FIFO queues only. Never one that was used before: SQS would take the message and not deliver it. */
  readonly deduplicationId: string;
};

/** The message that goes back: what SQS moved here goes back as it was; what others wanted to deliver is a body alone. */
export function messageFor(letter: Letter, form: Form, body: string, reinvocation: number): QueueMessage {
  const wasMoved = form === 'sqs-redrive';
  return {
    body,
    attributes: wasMoved ? ownProperty(letter.raw, 'messageAttributes') : undefined,
    groupId: wasMoved ? letter.groupId : null,
    deduplicationId: `dlq-${letter.messageId}-${reinvocation}`,
  };
}

/** Whether the name or ARN is that of a FIFO queue. */
export function isFifo(queue: string): boolean {
  return queue.endsWith('.fifo');
}

/**
 * Whether a message can wait where it came from. A topic delivers once; in an adopted queue each look costs a receipt that
 * its owner may count; in a FIFO queue it would hold up its whole group.
 */
export function mayWait(letter: Letter, intake: IntakePolicy | null): boolean {
  const isInTurn = letter.sourceArn !== null && isFifo(letter.sourceArn);
  return letter.from !== 'topic' && intake?.adopted !== true && !isInTurn;
}
