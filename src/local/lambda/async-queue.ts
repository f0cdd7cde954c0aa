import { randomUUID } from 'node:crypto';
import type { Outgoing } from './hand-over.ts';
import type { CalledFunction } from './hosted-function.ts';
import type { LambdaService } from './lambda-service.ts';
import { destinationRecord, failureLetter, type AsyncEvent, type Ending } from './last-words.ts';

/** Lambda waits about this long before the second and before the third attempt. */
const RETRY_DELAYS_SECONDS = [60, 120];
/** A throttled event is tried again after one second, then after twice as long each time, up to five minutes. */
const FIRST_THROTTLE_DELAY_SECONDS = 1;
const LONGEST_THROTTLE_DELAY_SECONDS = 300;

type Attempts = {
  /** Runs of the function so far, this one included. */
  readonly runs: number;
  /** Times that the event found the function throttled in a row. */
  readonly throttles: number;
  readonly last: Ending | null;
};

/** Lambda's queue of asynchronous events: runs each, tries again as configured, and gives up as AWS does. */
export class AsyncQueue {
  readonly #lambda: LambdaService;
  readonly #speed: number;
  readonly #deliver: (message: Outgoing) => Promise<void>;
  readonly #report: (line: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(
    lambda: LambdaService,
    settings: {
      /** Divides what Lambda waits: retry delays and the age limit. */
      readonly speed: number;
      readonly deliver: (message: Outgoing) => Promise<void>;
      readonly report: (line: string) => void;
    },
  ) {
    this.#lambda = lambda;
    this.#speed = settings.speed;
    this.#deliver = settings.deliver;
    this.#report = settings.report;
  }

  /** Accepts an event; gives the request id that it keeps over all attempts. Throws when the queue has stopped. */
  accept(called: CalledFunction, payload: string): string {
    if (this.#stopped) throw new Error('the local Lambda has stopped');
    const event: AsyncEvent = { requestId: randomUUID(), called, payload, acceptedAtMs: Date.now() };
    void this.#attempt(event, { runs: 1, throttles: 0, last: null });
    return event.requestId;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #attempt(event: AsyncEvent, attempts: Attempts): Promise<void> {
    const { called, payload, requestId } = event;
    const { runs } = attempts;
    if (called.hosted.reservedConcurrency === 0) {
      await this.#end(event, { kind: 'stopped' }, runs - 1);
      return;
    }
    const result = await this.#lambda.run(called, payload, { type: 'Event', requestId, attempt: runs });
    if (this.#stopped) return;
    switch (result.kind) {
      case 'success':
        await this.#end(event, { kind: 'success', response: result.response }, runs);
        return;
      case 'throttled':
        await this.#throttled(event, attempts);
        return;
      case 'error':
        await this.#failed(event, runs, { kind: 'failed', error: result.error, tooOld: false });
    }
  }

  async #failed(event: AsyncEvent, runs: number, ending: Extract<Ending, { kind: 'failed' }>): Promise<void> {
    const delaySeconds = RETRY_DELAYS_SECONDS[runs - 1];
    if (delaySeconds === undefined || runs > event.called.settings.retries) {
      await this.#end(event, ending, runs);
    } else if (this.#isTooOldIn(event, delaySeconds)) {
      await this.#end(event, { ...ending, tooOld: true }, runs);
    } else {
      this.#later(delaySeconds, () => this.#attempt(event, { runs: runs + 1, throttles: 0, last: ending }));
    }
  }

  /** Throttling uses up no attempt, only the event's age. */
  async #throttled(event: AsyncEvent, { runs, throttles, last }: Attempts): Promise<void> {
    const doubled = FIRST_THROTTLE_DELAY_SECONDS * 2 ** throttles;
    const delaySeconds = Math.min(doubled, LONGEST_THROTTLE_DELAY_SECONDS);
    if (this.#isTooOldIn(event, delaySeconds)) {
      const ending = last?.kind === 'failed' ? { ...last, tooOld: true } : { kind: 'throttled' as const };
      await this.#end(event, ending, runs - 1);
      return;
    }
    this.#later(delaySeconds, () => this.#attempt(event, { runs, throttles: throttles + 1, last }));
  }

  /** Lambda gives up early: when the next attempt would come too late, there is none. */
  #isTooOldIn({ acceptedAtMs, called }: AsyncEvent, delaySeconds: number): boolean {
    const ageSeconds = ((Date.now() - acceptedAtMs) * this.#speed) / 1000;
    return ageSeconds + delaySeconds > called.settings.maxEventAgeSeconds;
  }

  /** Sends what is to be sent at the end of an event: to a destination, and to the dead-letter queue, each on its own. */
  async #end(event: AsyncEvent, ending: Ending, runs: number): Promise<void> {
    const { pool, settings } = event.called;
    const { name, deadLetterArn } = pool.definition;
    const succeeded = ending.kind === 'success';
    const destinationArn = succeeded ? settings.onSuccessArn : settings.onFailureArn;
    if (destinationArn !== null) {
      const body = destinationRecord(event, ending, runs, new Date());
      await this.#send('DestinationDeliveryFailures', event, { arn: destinationArn, body, attributes: {} });
    }
    if (!succeeded && deadLetterArn !== null) {
      const letter = failureLetter(event, ending);
      await this.#send('DeadLetterErrors', event, { arn: deadLetterArn, ...letter });
    }
    if (!succeeded && destinationArn === null && deadLetterArn === null) {
      this.#report(`Lambda dropped event ${event.requestId} of ${name}: it has nowhere to go`);
    }
  }

  async #send(metric: string, { requestId, called }: AsyncEvent, message: Outgoing): Promise<void> {
    try {
      await this.#deliver(message);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#report(
        `${metric}: event ${requestId} of ${called.hosted.name} did not reach ${message.arn}: ${why}`,
      );
    }
  }

  #later(delaySeconds: number, work: () => Promise<void>): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        void work();
      },
      (delaySeconds * 1000) / this.#speed,
    );
    this.#timers.add(timer);
  }
}
