import type { QueueTarget } from '../../src/recovery/policy.ts';
import type { Giver, InvokeResult } from '../../src/recovery/ports.ts';
import type { QueueMessage } from '../../src/recovery/queue-message.ts';

/** Queues in memory, to which messages are sent. */
export class MemoryGiver implements Giver {
  readonly given: { readonly queue: string; readonly message: QueueMessage; readonly messageId: string }[] =
    [];
  /** What the next messages meet, instead of being taken. */
  readonly answers: InvokeResult[] = [];

  async give(
    target: QueueTarget,
    _besideArn: string,
    messages: readonly QueueMessage[],
  ): Promise<readonly InvokeResult[]> {
    return messages.map((message) => {
      const answer = this.answers.shift();
      if (answer !== undefined && answer.kind !== 'accepted') return answer;
      const messageId = `sent-${this.given.length + 1}`;
      this.given.push({ queue: target.queueName, message, messageId });
      return { kind: 'accepted', requestId: messageId };
    });
  }
}
