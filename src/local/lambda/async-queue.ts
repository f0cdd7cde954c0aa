import { randomUUID } from 'node:crypto';
import type { InvocationError } from './protocol.ts';
import type { LambdaService } from './lambda-service.ts';

/** Lambda waits about this long before the second and before the third attempt. */
const RETRY_DELAYS_SECONDS = [60, 120];

/** Lambda cuts the error message of a dead-letter message to this many bytes of UTF-8. */
const ERROR_MESSAGE_BYTES = 1024;

/** What Lambda hands to a dead-letter queue. */
export type DeadLetter = {
  readonly queueArn: string;
  readonly body: string;
  readonly requestId: string;
  /** An HTTP status: "200" for an event whose function ran and failed. */
  readonly errorCode: string;
  /** Cut to 1,024 bytes; empty when the error has none. */
  readonly errorMessage: string;
};

type AsyncEvent = {
  readonly requestId: string;
  readonly functionName: string;
  readonly payload: string;
  readonly acceptedAtMs: number;
};

/** Lambda's queue of asynchronous events: runs each, tries again as configured, and gives up into the dead-letter queue. */
export class AsyncQueue {
  readonly #lambda: LambdaService;
  readonly #speed: number;
  readonly #deliver: (letter: DeadLetter) => Promise<void>;
  readonly #report: (line: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(
    lambda: LambdaService,
    settings: {
      /** Divides what Lambda waits: retry delays and the age limit. */
      readonly speed: number;
      readonly deliver: (letter: DeadLetter) => Promise<void>;
      readonly report: (line: string) => void;
    },
  ) {
    this.#lambda = lambda;
    this.#speed = settings.speed;
    this.#deliver = settings.deliver;
    this.#report = settings.report;
  }

  /** Accepts an event; gives the request id that it keeps over all attempts. */
  accept(functionName: string, payload: string): string {
    const event = { requestId: randomUUID(), functionName, payload, acceptedAtMs: Date.now() };
    void this.#attempt(event, 1);
    return event.requestId;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #attempt(event: AsyncEvent, attempt: number): Promise<void> {
    const { functionName, payload, requestId } = event;
    const result = await this.#lambda.run(functionName, payload, { type: 'Event', requestId, attempt });
    if (result.kind === 'success' || this.#stopped) return;
    const delayMs = this.#delayBeforeRetry(event, attempt);
    if (delayMs === null) await this.#giveUp(event, result.error);
    else this.#later(delayMs, () => this.#attempt(event, attempt + 1));
  }

  /** Null when there is no further attempt: none is left, or the event would be too old for it. */
  #delayBeforeRetry(event: AsyncEvent, attempt: number): number | null {
    const settings = this.#lambda.find(event.functionName)?.invoke;
    const delaySeconds = RETRY_DELAYS_SECONDS[attempt - 1];
    if (settings === undefined || delaySeconds === undefined || attempt > settings.retries) return null;
    const delayMs = (delaySeconds * 1000) / this.#speed;
    const oldestMs = event.acceptedAtMs + (settings.maxEventAgeSeconds * 1000) / this.#speed;
    return Date.now() + delayMs > oldestMs ? null : delayMs;
  }

  async #giveUp(event: AsyncEvent, error: InvocationError): Promise<void> {
    const queueArn = this.#lambda.find(event.functionName)?.deadLetterArn ?? null;
    if (queueArn === null) {
      this.#report(
        `Lambda dropped event ${event.requestId} of ${event.functionName}: it has no dead-letter queue`,
      );
      return;
    }
    try {
      await this.#deliver({
        queueArn,
        body: event.payload,
        requestId: event.requestId,
        errorCode: '200',
        errorMessage: cutToBytes(error.errorMessage, ERROR_MESSAGE_BYTES),
      });
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      this.#report(`DeadLetterErrors: event ${event.requestId} of ${event.functionName} is lost: ${why}`);
    }
  }

  #later(delayMs: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void work();
    }, delayMs);
    this.#timers.add(timer);
  }
}

/** The first bytes of a text; a character that is cut in two becomes U+FFFD, as it does on AWS. */
export function cutToBytes(text: string, bytes: number): string {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8');
}
