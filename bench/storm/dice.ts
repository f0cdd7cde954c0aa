import type { Latency } from './latencies.ts';

/** Seeded chance: the same seed always gives the same storm. The generator is mulberry32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** So many milliseconds as that call takes this time. */
  latencyMs({ usual, slow, slowest }: Latency): number {
    const share = this.next();
    return share < 0.9 ? usual : share < 0.99 ? slow : slowest;
  }

  text(): string {
    return this.next().toString(36).slice(2);
  }
}
