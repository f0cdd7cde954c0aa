import type { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Dice } from './dice.ts';
import { CORE_MEGABYTES, CPU_MS, LATENCIES, SOCKETS } from './latencies.ts';
import type { ApiCall, Part, Tally } from './tally.ts';

/** What goes wrong with a call, and on which side of its effect. */
export type Fault = 'throttled' | 'server-error' | 'timed-out-after-the-effect';
const FAULTS: readonly Fault[] = ['throttled', 'server-error', 'timed-out-after-the-effect'];

export class PortFault extends Error {
  override readonly name: string;
  constructor(fault: Fault) {
    super(fault);
    this.name = fault;
  }
}

/** What all functions of a storm share. */
export type Surrounded = {
  readonly clock: VirtualClock;
  readonly tally: Tally;
  readonly dice: Dice;
  /** The share of port calls that fail. */
  readonly faultShare: number;
};

/**
 * One execution environment of a function: calls take their time, wait for a socket, and all computing goes through the one
 * thread of Node, at the share of a core that the function's memory buys.
 */
export class Environment {
  readonly #around: Surrounded;
  readonly #part: Part;
  readonly #share: number;
  #threadFreeAtMs = 0;
  readonly #sockets: number[] = Array.from({ length: SOCKETS }, () => 0);
  #faults = 0;

  constructor(around: Surrounded, part: Part, megabytes: number) {
    this.#around = around;
    this.#part = part;
    this.#share = Math.min(1, megabytes / CORE_MEGABYTES);
  }

  get nowMs(): number {
    return Math.floor(this.#around.clock.nowMs);
  }

  /** How many calls have failed since this was asked last. */
  takeFaults(): number {
    const faults = this.#faults;
    this.#faults = 0;
    return faults;
  }

  /** Computes for so long, on a whole core. */
  async compute(cpuMs: number): Promise<void> {
    const { clock } = this.#around;
    await clock.sleep(this.#computed(clock.nowMs, cpuMs) - clock.nowMs);
  }

  /** Calls at the same time, and their effect; rejects where chance has it. `cpuMs`: beside what the calls themselves take. */
  async call<T>(calls: readonly ApiCall[], effect: () => T | Promise<T>, cpuMs = 0): Promise<T> {
    const fault = this.#draw();
    await this.#pass(calls, cpuMs);
    if (fault !== null && fault !== 'timed-out-after-the-effect') throw new PortFault(fault);
    const result = await effect();
    if (fault !== null) throw new PortFault(fault);
    return result;
  }

  /** Calls one after the other; the last has the effect. */
  async callInTurn<T>(calls: readonly ApiCall[], effect: () => T | Promise<T>): Promise<T> {
    for (const before of calls.slice(0, -1)) await this.#pass([before], 0);
    return this.call(calls.slice(-1), effect);
  }

  async #pass(calls: readonly ApiCall[], cpuMs: number): Promise<void> {
    const { clock, tally, dice } = this.#around;
    // Before the calls, though part of it comes after: time is taken from the thread in the order in which it is asked for.
    let endMs = cpuMs > 0 ? this.#computed(clock.nowMs, cpuMs) : clock.nowMs;
    for (const call of calls) {
      tally.count(this.#part, call);
      const sentMs = this.#computed(clock.nowMs, CPU_MS.perCall);
      const takesMs = dice.latencyMs(LATENCIES[call.api]);
      // Lambda's client has as many sockets as it makes calls at the same time.
      const isStore = !call.api.startsWith('Lambda');
      endMs = Math.max(endMs, isStore ? this.#throughSocket(sentMs, takesMs) : sentMs + takesMs);
    }
    await clock.sleep(endMs - clock.nowMs);
  }

  #computed(fromMs: number, cpuMs: number): number {
    this.#threadFreeAtMs = Math.max(fromMs, this.#threadFreeAtMs) + cpuMs / this.#share;
    return this.#threadFreeAtMs;
  }

  #throughSocket(fromMs: number, takesMs: number): number {
    const freeAtMs = Math.min(...this.#sockets);
    const endMs = Math.max(fromMs, freeAtMs) + takesMs;
    this.#sockets[this.#sockets.indexOf(freeAtMs)] = endMs;
    return endMs;
  }

  #draw(): Fault | null {
    const { dice, faultShare } = this.#around;
    if (faultShare === 0 || dice.next() >= faultShare) return null;
    this.#faults++;
    return FAULTS[Math.floor(dice.next() * FAULTS.length)] ?? null;
  }
}
