import type { HiddenMessage, Hider } from '../../src/recovery/ports.ts';
import { dlqRecord } from '../../test/support/dlq-record.ts';
import { causeOf, diesAtMs, payloadOf, type Storm } from './storm.ts';

/** A dead letter, made anew each time that it is received: a million of them must not lie in memory. */
export type Message = {
  readonly n: number;
  readonly requestId: string;
  readonly sentAtMs: number;
  receives: number;
  visibleAtMs: number;
};

/** SQS gives so many in one call. */
const RECEIVED_AT_ONCE = 10;

/** The intake of one target, into which the storm's events die. */
export class StormQueue implements Hider {
  readonly name: string;
  readonly #storm: Storm;
  readonly #startedMs: number;
  readonly #nowMs: () => number;
  readonly #visibilityMs: number;
  /** The number of the target, and that of its next event to die. */
  #next: number;
  /** Messages that have been there before, and new ones that are not of the storm itself. */
  #others: Message[] = [];
  readonly #inFlight = new Map<string, Message>();
  mostInFlight = 0;

  constructor(storm: Storm, target: string, visibilityMs: number, nowMs: () => number) {
    this.name = queueName(target);
    this.#storm = storm;
    this.#next = storm.targets.indexOf(target);
    this.#startedMs = nowMs();
    this.#nowMs = nowMs;
    this.#visibilityMs = visibilityMs;
  }

  /** Nothing is in it, and nothing of the storm will come any more. */
  get isEmpty(): boolean {
    return this.#next >= this.#storm.events && this.#others.length === 0 && this.#inFlight.size === 0;
  }

  /** Numbers of the events that it holds, or that have still to die. */
  get numbers(): readonly number[] {
    const held = [...this.#others, ...this.#inFlight.values()].map(({ n }) => n);
    for (let n = this.#next; n < this.#storm.events; n += this.#storm.targets.length) held.push(n);
    return held;
  }

  get #nextDeathMs(): number {
    return this.#next < this.#storm.events ? this.#startedMs + diesAtMs(this.#storm, this.#next) : Infinity;
  }

  /** When there is something to receive; Infinity when nothing will be. */
  get nextAtMs(): number {
    return this.#others.reduce((first, { visibleAtMs }) => Math.min(first, visibleAtMs), this.#nextDeathMs);
  }

  send(n: number, requestId: string, sentAtMs: number): void {
    this.#others.push({ n, requestId, sentAtMs, receives: 0, visibleAtMs: sentAtMs });
  }

  /** One call of SQS's: what is visible is hidden from then on. */
  receive(): readonly Message[] {
    const nowMs = this.#nowMs();
    const received: Message[] = [];
    if (this.#others.length > 0) {
      const rest: Message[] = [];
      for (const message of this.#others) {
        if (message.visibleAtMs <= nowMs && received.length < RECEIVED_AT_ONCE) received.push(message);
        else rest.push(message);
      }
      this.#others = rest;
    }
    while (received.length < RECEIVED_AT_ONCE && this.#nextDeathMs <= nowMs) received.push(this.#takeDeath());
    for (const message of received) {
      message.receives++;
      message.visibleAtMs = nowMs + this.#visibilityMs;
      this.#inFlight.set(handleOf(message), message);
    }
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight.size);
    return received;
  }

  #takeDeath(): Message {
    const sentAtMs = this.#nextDeathMs;
    const n = this.#next;
    this.#next += this.#storm.targets.length;
    return { n, requestId: requestIdOf(n), sentAtMs, receives: 0, visibleAtMs: sentAtMs };
  }

  remove(message: Message): void {
    this.#inFlight.delete(handleOf(message));
  }

  /** What was not removed is visible again at its time. */
  giveBack(message: Message): void {
    this.#inFlight.delete(handleOf(message));
    this.#others.push(message);
  }

  async hide(_queueArn: string, messages: readonly HiddenMessage[]): Promise<ReadonlySet<string>> {
    for (const { receiptHandle, seconds } of messages) {
      const message = this.#inFlight.get(receiptHandle);
      if (message !== undefined) message.visibleAtMs = this.#nowMs() + seconds * 1000;
    }
    return new Set();
  }

  /** The message as the mapping hands it over. */
  recordOf(message: Message): Readonly<Record<string, unknown>> {
    const { n, requestId, sentAtMs, receives } = message;
    const messageId = messageIdOf(message);
    const text = causeOf(this.#storm, n).messageOf(n);
    return dlqRecord({
      messageId,
      requestId,
      sentAtMs,
      receives,
      queue: this.name,
      body: payloadOf(n),
      message: text,
    });
  }
}

export function queueName(target: string): string {
  return `${target}-dlq`;
}

const FIRST_DEATH = '0a1b2c3d-0000-4000-8000-';

/** The request id under which event `n` died first. Its number can be read in it. */
export function requestIdOf(n: number): string {
  return `${FIRST_DEATH}${String(n).padStart(12, '0')}`;
}

/** The number of the event that died this death first; NaN of a later death. */
export function numberOfDeath(requestId: string): number {
  return requestId.startsWith(FIRST_DEATH) ? Number(requestId.slice(FIRST_DEATH.length)) : NaN;
}

function messageIdOf({ requestId }: Message): string {
  return `m-${requestId}`;
}

/** As `dlqRecord` makes it. */
function handleOf(message: Message): string {
  return `handle-of-${messageIdOf(message)}`;
}
