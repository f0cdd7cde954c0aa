import { processBatch, type Processed } from '../../src/handlers/consumer/process-batch.ts';
import { releaseDue } from '../../src/handlers/releaser/release-due.ts';
import { RUN_MS, type Step } from '../../src/handlers/releaser/run.ts';
import { reportPending } from '../../src/handlers/reporter/report-pending.ts';
import type { Ledger } from '../../src/recovery/ports.ts';
import { MemoryArchive } from '../../test/support/memory-archive.ts';
import { MemoryFetcher } from '../../test/support/memory-fetcher.ts';
import { MemoryGiver } from '../../test/support/memory-giver.ts';
import { MemoryLedger } from '../../test/support/memory-ledger.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { Dice } from './dice.ts';
import { Environment, type Surrounded } from './environment.ts';
import { CPU_MS, START_MS } from './latencies.ts';
import { meteredCircuits, meteredLedger, meteredOutbox } from './metered-ledger.ts';
import {
  meteredArchive,
  meteredHider,
  MeteredTargets,
  meteredPublisher,
  meteredWaker,
} from './metered-services.ts';
import { Poller } from './poller.ts';
import type { Storm } from './storm.ts';
import { numberOfDeath, StormQueue, type Message } from './storm-queue.ts';
import { StormTargets } from './storm-targets.ts';
import { packagedFor, type Packaged } from './packaged.ts';
import { Tally } from './tally.ts';

const STARTED_MS = 1_790_000_000_000;
const SEED = 20261124;
const MINUTE_MS = 60_000;

/** As the stack sets it: six times the consumer's timeout. */
const VISIBILITY_FACTOR = 6;

/** Runs of a releaser and reporter do not begin at the same second. */
const REPORTER_AFTER_MS = 20_000;

/** One step that a releaser has taken, and when. */
export type TimedStep = Step & { readonly atMs: number };

/**
 * A storm over the real consumer, releaser and reporter, with ports in memory and a clock that only moves when all wait: the
 * mapping polls, the schedules fire each minute, calls take their time.
 */
export class StormWorld {
  readonly storm: Storm;
  readonly packaged: Packaged;
  readonly startedMs = STARTED_MS;
  readonly clock = new VirtualClock(STARTED_MS);
  readonly tally = new Tally();
  readonly dice = new Dice(SEED);
  readonly ledger = new MemoryLedger();
  readonly archive = new MemoryArchive();
  readonly targets: StormTargets;
  readonly queues: readonly StormQueue[];
  readonly steps: TimedStep[] = [];
  /** What failed on our side, by the step. */
  readonly failures = new Map<string, number>();
  /** Events whose call was not answered though the target ran, or whose success could not be written down. */
  readonly unanswered = new Set<number>();
  alerts = 0;
  faults = 0;
  batches = 0;
  /** Whether the storm is over: the pollers and the schedules end. */
  isOver = false;
  #runs = 0;
  readonly #around: Surrounded;

  constructor(storm: Storm) {
    this.storm = storm;
    this.packaged = packagedFor(storm.policy);
    const { clock, tally, dice } = this;
    this.#around = { clock, tally, dice, faultShare: storm.faultShare };
    this.targets = new StormTargets(storm, this.#around);
    const visibilityMs = VISIBILITY_FACTOR * this.packaged.consumer.timeoutMs;
    this.queues = storm.targets.map((target) => new StormQueue(storm, target, visibilityMs, this.nowMs));
  }

  readonly nowMs = (): number => Math.floor(this.clock.nowMs);

  /** Since the storm began. */
  get sinceMs(): number {
    return this.nowMs() - STARTED_MS;
  }

  /** Lets the storm pass, until `isDone` says so or its time is over. */
  async pass(isDone: () => boolean): Promise<void> {
    const pollers = this.queues.map((queue) => new Poller(this, queue).run());
    const schedules = [
      this.#everyMinute(0, () => this.#release()),
      this.#everyMinute(REPORTER_AFTER_MS, () => this.#report()),
    ];
    for (const endless of [...pollers, ...schedules]) endless.catch((error: unknown) => this.#crash(error));
    await this.clock.run(this.#watch(isDone));
    this.isOver = true;
    if (this.#crashed !== null) throw this.#crashed;
  }

  #crashed: Error | null = null;

  #crash(error: unknown): void {
    this.#crashed ??= error instanceof Error ? error : new Error(String(error));
  }

  async #watch(isDone: () => boolean): Promise<void> {
    const { leastMs, mostMs } = this.storm;
    while (this.#crashed === null && this.sinceMs < mostMs) {
      if (this.sinceMs >= leastMs && isDone()) return;
      await this.clock.sleep(1000);
    }
  }

  async #everyMinute(offsetMs: number, run: () => Promise<void>): Promise<void> {
    await this.clock.sleep(offsetMs);
    while (!this.isOver) {
      run().catch((error: unknown) => this.#crash(error));
      await this.clock.sleep(MINUTE_MS);
    }
  }

  environment(part: 'intake' | 'releaser' | 'reporter', megabytes: number): Environment {
    return new Environment(this.#around, part, megabytes);
  }

  failed(step: string): void {
    this.failures.set(step, (this.failures.get(step) ?? 0) + 1);
  }

  /** Counts the run of a function of ours, and what failed in it. */
  ended(at: Environment, startedMs: number, megabytes: number): void {
    this.tally.countRuns(1, megabytes, this.clock.nowMs - startedMs);
    this.faults += at.takeFaults();
  }

  /** One run of the consumer. */
  async consume(
    at: Environment,
    targets: MeteredTargets,
    queue: StormQueue,
    messages: readonly Message[],
  ): Promise<readonly Processed[]> {
    const { timeoutMs, megabytes } = this.packaged.consumer;
    const startedMs = this.clock.nowMs;
    this.batches++;
    await at.compute(messages.length * CPU_MS.perRecord);
    const processed = await processBatch(
      messages.map((message) => queue.recordOf(message)),
      {
        policy: this.storm.policy,
        ports: {
          ledger: this.#meteredLedger(at),
          archive: meteredArchive(this.archive, at),
          reinvoker: targets,
          targets,
          giver: new MemoryGiver(),
          fetcher: new MemoryFetcher(),
          hider: meteredHider(queue, at),
          waker: meteredWaker(at, () => {
            void this.#release();
          }),
        },
        nowMs: this.nowMs,
        deadlineMs: this.nowMs() + timeoutMs,
        onFailure: (step) => this.failed(`consumer: ${step}`),
      },
    );
    this.ended(at, startedMs, megabytes);
    return processed;
  }

  meteredTargets(at: Environment, name: string): MeteredTargets {
    return new MeteredTargets(this.targets, at, name, this.unanswered, ({ n, requestId, atMs }) => {
      const index = n % this.storm.targets.length;
      this.queues[index]?.send(n, requestId, atMs);
    });
  }

  #meteredLedger(at: Environment): Ledger {
    return meteredLedger(this.ledger, at, (deathId) => this.unanswered.add(numberOfDeath(deathId)));
  }

  async #release(): Promise<void> {
    const { timeoutMs, megabytes } = this.packaged.releaser;
    await this.clock.sleep(START_MS);
    const owner = `releaser-${++this.#runs}`;
    const at = this.environment('releaser', megabytes);
    const targets = this.meteredTargets(at, owner);
    const startedMs = this.nowMs();
    try {
      await releaseDue({
        policy: this.storm.policy,
        ports: {
          circuits: meteredCircuits(this.ledger, at),
          ledger: this.#meteredLedger(at),
          archive: meteredArchive(this.archive, at),
          reinvoker: targets,
          caller: targets,
          giver: new MemoryGiver(),
          targets,
          watcher: targets,
        },
        owner,
        nowMs: this.nowMs,
        sleep: this.clock.sleep,
        stopAtMs: startedMs + RUN_MS,
        deadlineMs: startedMs + timeoutMs,
        randomId: () => this.dice.text(),
        onFailure: (step) => this.failed(`releaser: ${step}`),
        onStep: (step) => this.steps.push({ ...step, atMs: this.sinceMs }),
      });
    } catch (error) {
      if (this.storm.faultShare === 0) throw error;
      this.failed('releaser: read groups');
    }
    this.ended(at, startedMs, megabytes);
  }

  async #report(): Promise<void> {
    const { timeoutMs, megabytes } = this.packaged.reporter;
    const at = this.environment('reporter', megabytes);
    const startedMs = this.nowMs();
    try {
      await reportPending({
        outbox: meteredOutbox(this.ledger, at),
        publisher: meteredPublisher(at, () => this.alerts++),
        sender: { service: 'storm', region: 'eu-west-1', archiveBucket: 'storm-archive' },
        limits: this.storm.policy.alerts,
        nowMs: this.nowMs,
        deadlineMs: startedMs + timeoutMs,
        onFailure: () => this.failed('reporter: publish'),
      });
    } catch (error) {
      if (this.storm.faultShare === 0) throw error;
      this.failed('reporter: read alerts');
    }
    this.ended(at, startedMs, megabytes);
  }
}
