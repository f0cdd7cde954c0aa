import { processBatch, type Processed } from '../../src/handlers/consumer/process-batch.ts';
import type { Ports } from '../../src/handlers/consumer/run.ts';
import type { TargetFacts } from '../../src/recovery/handover.ts';
import type { CompiledPolicy, TargetPolicy } from '../../src/recovery/policy.ts';
import type { HiddenMessage, InvokeResult } from '../../src/recovery/ports.ts';
import { QUEUE_PREFIX } from './dlq-record.ts';
import { MemoryArchive } from './memory-archive.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { testPolicy } from './test-policy.ts';

const CONSUMER_TIMEOUT_MS = 25_000;
/** As the stack sets it: six times the consumer's timeout. */
const VISIBILITY_MS = 6 * CONSUMER_TIMEOUT_MS;

type Message = { record: Record<string, unknown>; visibleAtMs: number };

/** A target that takes whatever it is handed, has its dead-letter queue at the intake, and Lambda's defaults. */
export const KNOWN_TARGET: TargetFacts = {
  kind: 'known',
  timeoutSeconds: 3,
  deadLetterArn: `${QUEUE_PREFIX}orders-dlq`,
  onFailureArn: null,
  onSuccessArn: null,
  retries: 2,
  maxEventAgeSeconds: 21_600,
};

/** Where a consumer crashes: at which call to a port, and on which side of that call's effect. */
export type CrashPoint = { readonly call: number; readonly side: 'before' | 'after' };

/** A queue, a clock, ports in memory and a consumer that can be crashed. */
export class SimulatedWorld {
  nowMs = 1_790_000_000_000;
  facts: TargetFacts = KNOWN_TARGET;
  policy: CompiledPolicy = testPolicy;
  readonly ledger = new MemoryLedger();
  readonly archive = new MemoryArchive();
  /** Payloads that the target was handed, in order, with the request id that each got. */
  readonly handedOver: { target: string; payload: string; requestId: string | null }[] = [];
  readonly failures: string[] = [];
  /** What the target answers; the default is to accept. */
  answer: (requestId: string) => InvokeResult = (requestId) => ({ kind: 'accepted', requestId });
  /** Port calls made by the last consumer. */
  calls: string[] = [];
  readonly #queue: Message[] = [];

  send(...records: Record<string, unknown>[]): void {
    for (const record of records) this.#queue.push({ record, visibleAtMs: this.nowMs });
  }

  /** Messages still in the queue, hidden or not. */
  get queued(): readonly Record<string, unknown>[] {
    return this.#queue.map((message) => message.record);
  }

  /** One poll: what is visible goes to a consumer as one batch; what it answers is done leaves the queue. */
  async poll(crash?: CrashPoint): Promise<readonly Processed[] | 'crashed'> {
    const batch = this.#queue.filter((message) => message.visibleAtMs <= this.nowMs);
    for (const message of batch) message.visibleAtMs = this.nowMs + VISIBILITY_MS;
    const deadlineMs = this.nowMs + CONSUMER_TIMEOUT_MS;
    const crashed = new Crash();
    this.calls = [];
    const processed = await Promise.race([
      crashed.happened,
      processBatch(
        batch.map((message) => message.record),
        {
          policy: this.policy,
          ports: this.#ports(crash, crashed),
          nowMs: () => this.nowMs,
          deadlineMs,
          onFailure: (step, messageId) => this.failures.push(`${step}: ${messageId}`),
        },
      ),
    ]);
    if (processed === 'crashed') return processed;
    const done = new Set(
      processed.filter((item) => item.outcome.kind === 'done').map((item) => item.subject.messageId),
    );
    for (const message of batch) {
      if (done.has(String(message.record['messageId']))) {
        this.#queue.splice(this.#queue.indexOf(message), 1);
      }
    }
    return processed;
  }

  /** Polls, passing the time in between, until the queue is empty. Gives up loudly. */
  async drain(): Promise<void> {
    for (let round = 0; this.#queue.length > 0; round++) {
      if (round > 50) throw new Error(`the queue does not empty: ${this.failures.join(', ')}`);
      this.nowMs = Math.max(this.nowMs, Math.min(...this.#queue.map((message) => message.visibleAtMs)));
      await this.poll();
    }
  }

  #ports(crash: CrashPoint | undefined, crashed: Crash): Ports {
    const guard = <T extends object>(name: string, port: T): T =>
      crashable(port, async (method, effect) => {
        if (crashed.isOver) return crashed.forever();
        const call = this.calls.push(`${name}.${method}`);
        if (call !== crash?.call) return effect();
        if (crash.side === 'after') await effect();
        crashed.happen();
        return crashed.forever();
      });
    return {
      ledger: guard('ledger', this.ledger),
      archive: guard('archive', this.archive),
      reinvoker: guard('reinvoker', {
        reinvoke: async (target: TargetPolicy, payload: string) => {
          const result = this.answer(`re-${this.handedOver.length + 1}-00000000`);
          const requestId = result.kind === 'accepted' ? result.requestId : null;
          this.handedOver.push({ target: target.key, payload, requestId });
          return result;
        },
      }),
      targets: guard('targets', { facts: async () => this.facts }),
      hider: guard('hider', {
        hide: async (_queueArn: string, messages: readonly HiddenMessage[]) => {
          for (const { receiptHandle, seconds } of messages) {
            const message = this.#queue.find((item) => item.record['receiptHandle'] === receiptHandle);
            if (message !== undefined) message.visibleAtMs = this.nowMs + seconds * 1000;
          }
          return new Set<string>();
        },
      }),
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
