import type { HiddenMessage, Hider } from '../../src/recovery/ports.ts';

type Message = { record: Record<string, unknown>; visibleAtMs: number; receives: number };

/** A queue in memory, with a clock that the test moves. */
export class MemoryQueue implements Hider {
  readonly #messages: Message[] = [];
  readonly #nowMs: () => number;
  readonly #visibilityMs: number;

  constructor(nowMs: () => number, visibilityMs: number) {
    this.#nowMs = nowMs;
    this.#visibilityMs = visibilityMs;
  }

  send(records: readonly Record<string, unknown>[]): void {
    for (const record of records) this.#messages.push({ record, visibleAtMs: this.#nowMs(), receives: 0 });
  }

  /** Everything visible, which is hidden from then on. */
  receive(): readonly Record<string, unknown>[] {
    const batch = this.#messages.filter((message) => message.visibleAtMs <= this.#nowMs());
    for (const message of batch) {
      message.visibleAtMs = this.#nowMs() + this.#visibilityMs;
      message.receives++;
      message.record = withReceives(message.record, message.receives);
    }
    return batch.map((message) => message.record);
  }

  remove(records: readonly Record<string, unknown>[]): void {
    for (const record of records) {
      const index = this.#messages.findIndex((message) => message.record === record);
      if (index !== -1) this.#messages.splice(index, 1);
    }
  }

  get records(): readonly Record<string, unknown>[] {
    return this.#messages.map((message) => message.record);
  }

  /** When the next message can be received; null when there is none. */
  get nextAtMs(): number | null {
    return this.#messages.length === 0
      ? null
      : Math.min(...this.#messages.map((message) => message.visibleAtMs));
  }

  async hide(_queueArn: string, messages: readonly HiddenMessage[]): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    for (const { receiptHandle, seconds } of messages) {
      const message = this.#messages.find((item) => item.record['receiptHandle'] === receiptHandle);
      if (message === undefined) failed.add(receiptHandle);
      else message.visibleAtMs = this.#nowMs() + seconds * 1000;
    }
    return failed;
  }
}

function withReceives(record: Record<string, unknown>, receives: number): Record<string, unknown> {
  const { attributes } = record;
  if (typeof attributes !== 'object' || attributes === null) return record;
  return { ...record, attributes: { ...attributes, ApproximateReceiveCount: String(receives) } };
}
