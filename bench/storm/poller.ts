import type { Processed } from '../../src/handlers/consumer/process-batch.ts';
import { CPU_MS, LATENCIES } from './latencies.ts';
import type { Message, StormQueue } from './storm-queue.ts';
import type { StormWorld } from './storm-world.ts';

/** Lambda begins with so many pollers for a standard queue, and adds more each minute while there is more. */
const FIRST_POLLERS = 5;
const MORE_AFTER_MS = 60_000;

/** A poll of an empty queue takes so long, and is looked into again so often here. */
const LONG_POLL_MS = 20_000;
const LOOK_MS = 2_000;

/** SQS's limit of one DeleteMessageBatch. */
const DELETED_AT_ONCE = 10;

/** The event source mapping of one intake: pollers that each fill a batch and run a consumer. */
export class Poller {
  readonly #world: StormWorld;
  readonly #queue: StormQueue;

  constructor(world: StormWorld, queue: StormQueue) {
    this.#world = world;
    this.#queue = queue;
  }

  /** Polls until the storm is over. */
  async run(): Promise<void> {
    const { concurrency } = this.#world.packaged.mapping;
    const first = Math.min(FIRST_POLLERS, concurrency);
    const more = this.#world.clock
      .sleep(MORE_AFTER_MS)
      .then(() => Promise.all(Array.from({ length: concurrency - first }, () => this.#poll())));
    await Promise.all([...Array.from({ length: first }, () => this.#poll()), more]);
  }

  async #poll(): Promise<void> {
    const world = this.#world;
    const { megabytes } = world.packaged.consumer;
    const at = world.environment('intake', megabytes);
    const targets = world.meteredTargets(at, `consumer-${world.dice.text()}`);
    while (!world.isOver) {
      const messages = await this.#fill();
      if (messages.length === 0) continue;
      const processed = await world.consume(at, targets, this.#queue, messages);
      await this.#finish(messages, processed);
    }
  }

  /** A batch: full, or as old as the window allows from its first message on. */
  async #fill(): Promise<readonly Message[]> {
    const { packaged, nowMs } = this.#world;
    const { batchSize, windowSeconds } = packaged.mapping;
    const messages: Message[] = [];
    let endMs = Infinity;
    while (!this.#world.isOver && messages.length < batchSize && nowMs() < endMs) {
      const received = await this.#receive(Math.min(nowMs() + LONG_POLL_MS, endMs));
      if (received.length > 0 && messages.length === 0) endMs = nowMs() + windowSeconds * 1000;
      messages.push(...received);
      if (messages.length === 0) return [];
    }
    return messages;
  }

  /** One call of SQS's, which waits for messages until then. */
  async #receive(untilMs: number): Promise<readonly Message[]> {
    const { clock, tally, dice, nowMs } = this.#world;
    tally.count('mapping', { api: 'SQS ReceiveMessage' });
    await clock.sleep(dice.latencyMs(LATENCIES['SQS ReceiveMessage']));
    for (;;) {
      const received = this.#queue.receive();
      const leftMs = untilMs - nowMs();
      if (received.length > 0 || leftMs <= 0 || this.#world.isOver) return received;
      await clock.sleep(Math.max(1, Math.min(LOOK_MS, leftMs, this.#queue.nextAtMs - nowMs())));
    }
  }

  async #finish(messages: readonly Message[], processed: readonly Processed[]): Promise<void> {
    const { clock, tally, dice } = this.#world;
    const done = messages.filter((_, index) => processed[index]?.outcome.kind === 'done');
    const isDone = new Set(done);
    for (const message of messages) if (!isDone.has(message)) this.#queue.giveBack(message);
    if (done.length === 0) return;
    // Lambda deletes at the same time what a batch has done.
    const calls = Math.ceil(done.length / DELETED_AT_ONCE);
    tally.count('mapping', { api: 'SQS DeleteMessageBatch' }, calls);
    await clock.sleep(dice.latencyMs(LATENCIES['SQS DeleteMessageBatch']) + CPU_MS.perCall * calls);
    for (const message of done) this.#queue.remove(message);
  }
}
