type Timer = { readonly atMs: number; readonly order: number; readonly resolve: () => void };

/**
 * A clock that only moves when everything waits for it: work of seconds or hours takes no time, and always the same course.
 * Work must wait for this clock and for promises alone.
 */
export class VirtualClock {
  nowMs: number;
  readonly #timers = new Timers();
  #sleeps = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** Resolves after so many milliseconds of this clock; at once when the signal is aborted. */
  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const timer = { atMs: this.nowMs + ms, order: ++this.#sleeps, resolve };
      this.#timers.add(timer);
      signal?.addEventListener('abort', () => {
        this.#timers.drop(timer);
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
      const next = this.#timers.takeNext();
      if (next === null) throw new Error('the work waits for something that never comes');
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.resolve();
    }
    return ending;
  }
}

/** Timers by their time, and those of one time in the order in which they were set: a binary heap, for there may be thousands. */
class Timers {
  readonly #heap: Timer[] = [];
  readonly #dropped = new Set<Timer>();

  add(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, timer)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  drop(timer: Timer): void {
    this.#dropped.add(timer);
  }

  takeNext(): Timer | null {
    for (;;) {
      const first = this.#takeFirst();
      if (first === undefined) return null;
      if (!this.#dropped.delete(first)) return first;
    }
  }

  #takeFirst(): Timer | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** All promises that can settle have settled: each turn of the event loop empties their queue. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
