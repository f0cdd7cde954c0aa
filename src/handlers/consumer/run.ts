import pMap from 'p-map';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type {
  Archive,
  Fetcher,
  Giver,
  Hider,
  Ledger,
  Reinvoker,
  TargetReader,
  Waker,
} from '../../recovery/ports.ts';
import type { Case, ReadableCase } from './case.ts';
import { errorName } from '../error-name.ts';
import type { Outcome } from './outcome.ts';

export type Ports = {
  readonly ledger: Ledger;
  readonly archive: Archive;
  readonly reinvoker: Reinvoker;
  readonly giver: Giver;
  readonly fetcher: Fetcher;
  readonly targets: TargetReader;
  readonly hider: Hider;
  readonly waker: Waker;
};

/** What a batch runs with. */
export type Surroundings = {
  readonly policy: CompiledPolicy;
  readonly ports: Ports;
  readonly nowMs: () => number;
  /** When the sandbox is killed, in epoch milliseconds. A lease ends then: nobody can be at work on it any more. */
  readonly deadlineMs: number;
  /** Told of what failed on our side, by the error's name alone. */
  readonly onFailure: (step: string, messageId: string | null, error: unknown) => void;
};

/** Events of one batch that are worked on at the same time. */
export const CASE_CONCURRENCY = 20;

/** A record is not begun with less time than this left: what began must be able to end. */
const LEAST_TIME_MS = 5_000;

/** A hand-over is not begun with less: connecting, the answer, three writes of the ledger, and filing come after. */
export const LEAST_TIME_FOR_CALLS_MS = 10_000;

/** One batch in work: the surroundings, and the outcomes reached so far. A case with an outcome is touched no further. */
export class BatchRun {
  readonly #outcomes = new Map<number, Outcome>();
  /** Messages that are to stay hidden in the queue, and until when. */
  readonly hidden = new Map<ReadableCase, number>();
  /** Whether this batch has closed a group that was open. */
  hasClosedGroup = false;
  readonly surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** Runs a step for each item. An item whose step fails is returned to the queue, and harms no other. */
  async each<T, R>(
    step: string,
    items: readonly T[],
    caseOf: (item: T) => Case,
    work: (item: T) => Promise<R | null>,
  ): Promise<R[]> {
    const results = await pMap(items, (item) => this.#attempt(step, [caseOf(item)], () => work(item)), {
      concurrency: CASE_CONCURRENCY,
    });
    return results.filter((result) => result !== null);
  }

  /** Runs one step for several cases at once; when it fails, all of them are returned to the queue. */
  async together<R>(step: string, cases: readonly Case[], work: () => Promise<R>): Promise<R | null> {
    return cases.length === 0 ? null : this.#attempt(step, cases, work);
  }

  /** The outcome that a case has reached, null while it has none. */
  outcomeOf(subject: Case): Outcome | null {
    return this.#outcomes.get(subject.index) ?? null;
  }

  settle(subject: Case, outcome: Outcome): null {
    this.#outcomes.set(subject.index, outcome);
    return null;
  }

  hideUntil(subject: ReadableCase, untilMs: number): void {
    this.hidden.set(subject, untilMs);
  }

  hasTime(): boolean {
    return this.#leftMs() >= LEAST_TIME_MS;
  }

  hasTimeForCalls(): boolean {
    return this.#leftMs() >= LEAST_TIME_FOR_CALLS_MS;
  }

  #leftMs(): number {
    return this.surroundings.deadlineMs - this.surroundings.nowMs();
  }

  async #attempt<R>(step: string, cases: readonly Case[], work: () => Promise<R>): Promise<R | null> {
    try {
      return await work();
    } catch (error) {
      for (const subject of cases) {
        this.surroundings.onFailure(step, subject.messageId, error);
        this.settle(subject, { kind: 'returned', why: 'failed', error: errorName(error) });
      }
      return null;
    }
  }
}
