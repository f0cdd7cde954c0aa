import { processBatch, type Processed } from '../../src/handlers/consumer/process-batch.ts';
import type { Ports } from '../../src/handlers/consumer/run.ts';
import { releaseDue } from '../../src/handlers/releaser/release-due.ts';
import type { Step } from '../../src/handlers/releaser/run.ts';
import type { TargetFacts } from '../../src/recovery/handover.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { QUEUE_PREFIX } from './dlq-record.ts';
import { MemoryArchive } from './memory-archive.ts';
import { MemoryFetcher } from './memory-fetcher.ts';
import { MemoryGiver } from './memory-giver.ts';
import { MemoryLambda } from './memory-lambda.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { MemoryQueue } from './memory-queue.ts';
import { testPolicy } from './test-policy.ts';
import { VirtualClock } from './virtual-clock.ts';

const CONSUMER_TIMEOUT_MS = 25_000;
const RELEASER_TIMEOUT_MS = 900_000;
const RELEASER_RUN_MS = 780_000;
/** As the stack sets it: six times the consumer's timeout. */
const VISIBILITY_MS = 6 * CONSUMER_TIMEOUT_MS;

type KnownTarget = Extract<TargetFacts, { kind: 'known' }>;

/** A target that takes whatever it is handed, has its dead-letter queue at the intake, and Lambda's defaults. */
export const KNOWN_TARGET: KnownTarget = {
  kind: 'known',
  timeoutSeconds: 3,
  deadLetterArn: `${QUEUE_PREFIX}orders-dlq`,
  onFailureArn: null,
  onSuccessArn: null,
  retries: 2,
  maxEventAgeSeconds: 21_600,
};

/**
 * Where a consumer crashes: at which call to a port, and on which side of that call's effect. With `method`, calls to that
 * one are counted only.
 */
export type CrashPoint = {
  readonly call: number;
  readonly side: 'before' | 'after';
  readonly method?: string;
};

/** A queue, a clock, ports in memory and a consumer that can be crashed. */
export class SimulatedWorld {
  readonly clock = new VirtualClock(1_790_000_000_000);
  policy: CompiledPolicy = testPolicy;
  readonly ledger = new MemoryLedger();
  readonly archive = new MemoryArchive();
  readonly lambda = new MemoryLambda();
  readonly giver = new MemoryGiver();
  readonly fetcher = new MemoryFetcher();
  readonly queue = new MemoryQueue(() => this.nowMs, VISIBILITY_MS);
  readonly failures: string[] = [];
  /** How often the releaser has been woken. */
  wakes = 0;
  /** What the releaser has said of its groups. */
  readonly steps: Step[] = [];
  #runs = 0;
  #ids = 0;
  /** Port calls made by the last consumer or releaser. */
  calls: string[] = [];

  get nowMs(): number {
    return this.clock.nowMs;
  }

  set nowMs(nowMs: number) {
    this.clock.nowMs = nowMs;
  }

  constructor() {
    this.lambda.functions.set('orders', KNOWN_TARGET);
  }

  send(...records: Record<string, unknown>[]): void {
    this.queue.send(records);
  }

  /** One poll: what is visible goes to a consumer as one batch; what it answers is done leaves the queue. */
  async poll(crash?: CrashPoint): Promise<readonly Processed[] | 'crashed'> {
    const batch = this.queue.receive();
    const crashed = new Crash();
    this.calls = [];
    const work = processBatch(batch, {
      policy: this.policy,
      ports: this.#ports(crash, crashed),
      nowMs: () => this.nowMs,
      deadlineMs: this.nowMs + CONSUMER_TIMEOUT_MS,
      onFailure: (step, messageId) => this.failures.push(`${step}: ${messageId}`),
    });
    const processed = await Promise.race([crashed.happened, work]);
    if (processed === 'crashed') return processed;
    this.queue.remove(batch.filter((_, index) => processed[index]?.outcome.kind === 'done'));
    return processed;
  }

  /** Polls, passing the time in between, until the queue is empty. Gives up loudly. */
  async drain(): Promise<void> {
    for (let round = 0; this.queue.nextAtMs !== null; round++) {
      if (round > 50) throw new Error(`the queue does not empty: ${this.failures.join(', ')}`);
      this.nowMs = Math.max(this.nowMs, this.queue.nextAtMs);
      await this.poll();
    }
  }

  /** One run of the releaser, with the time that it takes. */
  async release(crash?: CrashPoint, runMs = RELEASER_RUN_MS): Promise<'crashed' | 'done'> {
    const crashed = new Crash();
    this.calls = [];
    const guard = this.#guard(crash, crashed);
    const startedMs = this.nowMs;
    const work = releaseDue({
      policy: this.policy,
      ports: {
        circuits: guard('circuits', this.ledger.circuits),
        ledger: guard('ledger', this.ledger),
        archive: guard('archive', this.archive),
        reinvoker: guard('reinvoker', this.lambda),
        caller: guard('caller', this.lambda),
        giver: guard('giver', this.giver),
        targets: guard('targets', this.lambda),
        watcher: guard('watcher', this.lambda),
      },
      owner: `releaser-${++this.#runs}`,
      nowMs: () => this.nowMs,
      sleep: this.clock.sleep,
      stopAtMs: startedMs + runMs,
      deadlineMs: startedMs + RELEASER_TIMEOUT_MS,
      randomId: () => `random-${++this.#ids}`,
      onFailure: (step, what, error) => this.failures.push(`${step}: ${what}: ${String(error)}`),
      onStep: (step) => this.steps.push(step),
    });
    const ended = await this.clock.run(Promise.race([crashed.happened, work]));
    return ended === 'crashed' ? 'crashed' : 'done';
  }

  #guard(crash: CrashPoint | undefined, crashed: Crash): <T extends object>(name: string, port: T) => T {
    return <T extends object>(name: string, port: T): T =>
      crashable(port, async (method, effect) => {
        if (crashed.isOver) return crashed.forever();
        this.calls.push(`${name}.${method}`);
        const counted = this.calls.filter((made) => crash?.method === undefined || made === crash.method);
        const isCounted = crash?.method === undefined || crash.method === `${name}.${method}`;
        if (!isCounted || counted.length !== crash?.call) return effect();
        if (crash.side === 'after') await effect();
        crashed.happen();
        return crashed.forever();
      });
  }

  #ports(crash: CrashPoint | undefined, crashed: Crash): Ports {
    const guard = this.#guard(crash, crashed);
    return {
      ledger: guard('ledger', this.ledger),
      archive: guard('archive', this.archive),
      reinvoker: guard('reinvoker', this.lambda),
      giver: guard('giver', this.giver),
      fetcher: guard('fetcher', this.fetcher),
      targets: guard('targets', this.lambda),
      hider: guard('hider', this.queue),
      waker: guard('waker', { wake: async () => void this.wakes++ }),
    };
  }
}

/** The end of a sandbox: whatever it awaited never comes. */
class Crash {
  isOver = false;
  readonly happened: Promise<'crashed'>;
  #resolve: (value: 'crashed') => void = () => {};

  constructor() {
    this.happened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  happen(): void {
    this.isOver = true;
    this.#resolve('crashed');
  }

  forever(): Promise<never> {
    return new Promise<never>(() => {});
  }
}

/** The port with every method call going through `intercept`. */
function crashable<T extends object>(
  port: T,
  intercept: (method: string, effect: () => Promise<unknown>) => Promise<unknown>,
): T {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) =>
        intercept(String(name), async () => (await Reflect.apply(method, target, args)) as unknown);
    },
  });
}
