type Timer = { readonly atMs: number; readonly resolve: () => void };

/**
 * A clock that only moves when everything waits for it: work of seconds or hours takes no time, and always the same course.
 * Work must wait for this clock and for promises alone.
 */
export class VirtualClock {
  nowMs: number;
  #timers: Timer[] = [];

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** Resolves after so many milliseconds of this clock; at once when the signal is aborted. */
  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const timer = { atMs: this.nowMs + ms, resolve };
      this.#timers.push(timer);
      signal?.addEventListener('abort', () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        resolve();
      });
    });

  /** Lets the clock run until the work has ended. Throws when it waits for something else than the clock. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const ending = work.finally(() => {
      isOver = true;
    });
    ending.catch(() => {}); // it is awaited below
    while (!isOver) {
      await settled();
      if (isOver) break;
      const next = this.#timers.reduce<Timer | null>(
        (first, timer) => (first === null || timer.atMs < first.atMs ? timer : first),
        null,
      );
      if (next === null) throw new Error('the work waits for something that never comes');
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.resolve();
    }
    return ending;
  }
}

/** All promises that can settle have settled: each turn of the event loop empties their queue. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
