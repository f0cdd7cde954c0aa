import { setTimeout as delay } from 'node:timers/promises';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type {
  Archive,
  Caller,
  CircuitChange,
  Circuits,
  Giver,
  Lease,
  Ledger,
  Reinvoker,
  TargetReader,
  TargetWatcher,
} from '../../recovery/ports.ts';
import type { Circuit, CircuitEvent } from '../../recovery/release/circuit.ts';

export type Ports = {
  readonly circuits: Circuits;
  readonly ledger: Ledger;
  readonly archive: Archive;
  readonly reinvoker: Reinvoker;
  readonly caller: Caller;
  readonly giver: Giver;
  readonly targets: TargetReader;
  readonly watcher: TargetWatcher;
};

/** One thing that a run has done with a group. Names and counts only. */
export type Step = {
  readonly group: string;
  readonly cause: string;
  readonly on: CircuitEvent | 'paused';
  readonly brought: number;
  readonly died: number;
};

/** What a run of the releaser works with. */
export type ReleaserRun = {
  readonly policy: CompiledPolicy;
  readonly ports: Ports;
  /** Whose leases these are: no two runs have the same. */
  readonly owner: string;
  readonly nowMs: () => number;
  /** Resolves after so many milliseconds, or when the signal says so. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** When the run leaves off, so that the next takes over at its minute; epoch milliseconds. */
  readonly stopAtMs: number;
  /** When the sandbox is killed, epoch milliseconds. */
  readonly deadlineMs: number;
  /** Random text: for the ids of trials, and the salt of looks. */
  readonly randomId: () => string;
  /** Told of what failed on our side, by the error's name alone. `what`: the group or target. */
  readonly onFailure: (step: string, what: string, error: unknown) => void;
  readonly onStep: (step: Step) => void;
};

/**
 * A run leaves off some seconds before the minute at which the schedule starts the next: what it has begun last must have ended by
 * then, or the next finds the release still in other hands and leaves it alone for a whole minute. Thirteen minutes leave two of
 * Lambda's fifteen for calls that are under way.
 */
export const RUN_MS = 13 * 60_000 - 4_000;

/** A lease that nobody renews ends after this long: then another run takes over. */
const LEASE_MS = 30_000;
/** Often enough that a slow write or two do not lose a lease. */
const RENEW_MS = 10_000;

export function leaseOf({ owner, nowMs }: ReleaserRun): Lease {
  return { owner, untilMs: nowMs() + LEASE_MS };
}

/** The real clock's sleep. An aborted one resolves, too. */
export async function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}

/** A circuit in the hands of this run: every change of it renews its lease. */
export class HeldCircuit {
  #circuit: Circuit;
  #isLost = false;
  #renewedAtMs: number;
  #saving: Promise<void> = Promise.resolve();
  readonly #run: ReleaserRun;

  constructor(run: ReleaserRun, circuit: Circuit) {
    this.#run = run;
    this.#circuit = circuit;
    this.#renewedAtMs = run.nowMs();
  }

  get circuit(): Circuit {
    return this.#circuit;
  }

  /** Whether another has it by now: then this run touches it no further. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Changes the circuit, or only renews the lease. One change after the other, so that each knows what the last has left. */
  save(change: CircuitChange): Promise<void> {
    const saving = this.#saving.then(() => this.#save(change));
    this.#saving = saving.catch(() => {}); // whoever asked for it is told
    return saving;
  }

  async #save(change: CircuitChange): Promise<void> {
    const { ports, nowMs } = this.#run;
    if (this.#isLost) return;
    const saved = await ports.circuits.save(this.#circuit, change, leaseOf(this.#run), nowMs());
    this.#renewedAtMs = nowMs();
    if (saved === null) this.#isLost = true;
    else this.#circuit = saved;
  }

  /** Renews the lease again and again while something long is under way, in the way that is given. */
  async during<T>(work: Promise<T>, renew: () => Promise<unknown> = () => this.save({})): Promise<T> {
    const over = new AbortController();
    const beating = this.#beat(over.signal, renew);
    try {
      return await work;
    } finally {
      over.abort();
      await beating;
    }
  }

  async #beat(signal: AbortSignal, renew: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted && !this.#isLost) {
      await this.#run.sleep(this.#renewedAtMs + RENEW_MS - this.#run.nowMs(), signal);
      if (signal.aborted) return;
      if (this.#run.nowMs() - this.#renewedAtMs < RENEW_MS) continue;
      try {
        await renew();
      } catch (error) {
        // The next beat tries again; a lease that runs out is noticed at the next change.
        this.#run.onFailure('renew lease', this.#circuit.group.key, error);
        await this.#run.sleep(RENEW_MS, signal);
      }
    }
  }

  /** Says what has been done with the group. */
  report(on: Step['on'], { brought, died }: Pick<Step, 'brought' | 'died'> = { brought: 0, died: 0 }): void {
    const { key, cause } = this.#circuit.group;
    this.#run.onStep({ group: key, cause, on, brought, died });
  }

  /** Ends the group's row where nothing is parked any more; false where something is: then it flows, and is due. */
  async settle(): Promise<boolean> {
    const { ports, nowMs } = this.#run;
    return ports.circuits.settle(this.#circuit.group.key, leaseOf(this.#run), nowMs());
  }

  /** Says when a group that flows again, and still has events of later due times, is to be looked at. */
  async saveFlowing(nextAtMs: number): Promise<void> {
    this.#circuit = { ...this.#circuit, state: 'flowing' };
    await this.save({ nextAtMs });
  }

  async leave(): Promise<void> {
    const { ports, owner } = this.#run;
    if (!this.#isLost) await ports.circuits.leave(this.#circuit.group.key, owner);
  }
}
