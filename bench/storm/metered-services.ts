import type { TargetFacts } from '../../src/recovery/handover.ts';
import type {
  Archive,
  Caller,
  CallResult,
  Hider,
  InvokeResult,
  Publisher,
  Reinvoker,
  TargetReader,
  TargetWatcher,
  Waker,
} from '../../src/recovery/ports.ts';
import type { MemoryArchive } from '../../test/support/memory-archive.ts';
import { KNOWN_TARGET } from '../../test/support/simulated-world.ts';
import { QUEUE_PREFIX } from '../../test/support/dlq-record.ts';
import { PortFault, type Environment } from './environment.ts';
import { CPU_MS } from './latencies.ts';
import { numberOf } from './storm.ts';
import { queueName, type StormQueue } from './storm-queue.ts';
import type { Death, StormTargets } from './storm-targets.ts';
import type { ApiCall } from './tally.ts';

/** The archive as one function calls it. All of a batch's events are of one intake. */
export function meteredArchive(inner: MemoryArchive, at: Environment): Archive {
  return {
    store: (placement, entries) =>
      entries.length === 0
        ? Promise.resolve([])
        : at.call(
            [{ api: 'S3 PutObject' }],
            () => inner.store(placement, entries),
            entries.length * CPU_MS.perEntry,
          ),
    read: (place) => at.call([{ api: 'S3 GetObject' }], () => inner.read(place), CPU_MS.perEntry),
    // What is read together is of one object, and of a batch: its bytes fit into one read.
    readAll: (places) =>
      at.call([{ api: 'S3 GetObject' }], () => inner.readAll(places), places.length * CPU_MS.perEntry),
  };
}

export function meteredHider(queue: StormQueue, at: Environment): Hider {
  const MESSAGES_PER_CALL = 10;
  return {
    hide: (arn, messages) => {
      if (messages.length === 0) return Promise.resolve(new Set());
      const calls = Array.from({ length: Math.ceil(messages.length / MESSAGES_PER_CALL) }, (): ApiCall => ({
        api: 'SQS ChangeMessageVisibilityBatch',
      }));
      return at.callInTurn(calls, () => queue.hide(arn, messages));
    },
  };
}

export function meteredWaker(at: Environment, wake: () => void): Waker {
  return { wake: () => at.call([{ api: 'Lambda Invoke (async)' }], wake) };
}

export function meteredPublisher(at: Environment, count: () => void): Publisher {
  return { publish: () => at.call([{ api: 'SNS Publish' }], count) };
}

/** Facts are read again after this long, as the adapter does in each execution environment. */
const FRESH_FOR_MS = 5 * 60_000;

/** What hands events over to the storm's targets, and looks at them. */
export class MeteredTargets implements Reinvoker, Caller, TargetReader, TargetWatcher {
  readonly #targets: StormTargets;
  readonly #at: Environment;
  readonly #onDeath: (death: Death) => void;
  readonly #readAtMs = new Map<string, number>();
  /** Events whose call failed, or was not answered, after its target had run: what may then run again. */
  readonly unanswered: Set<number>;
  #calls = 0;
  readonly #name: string;

  constructor(
    targets: StormTargets,
    at: Environment,
    name: string,
    unanswered: Set<number>,
    onDeath: (death: Death) => void,
  ) {
    this.#targets = targets;
    this.#at = at;
    this.#name = name;
    this.unanswered = unanswered;
    this.#onDeath = onDeath;
  }

  async facts({ key }: { readonly key: string }): Promise<TargetFacts> {
    const readAtMs = this.#readAtMs.get(key);
    const facts = { ...KNOWN_TARGET, deadLetterArn: `${QUEUE_PREFIX}${queueName(key)}` };
    if (readAtMs !== undefined && this.#at.nowMs - readAtMs < FRESH_FOR_MS) return facts;
    await this.#at.call(
      [{ api: 'Lambda GetFunctionConfiguration' }, { api: 'Lambda GetFunctionEventInvokeConfig' }],
      () => this.#readAtMs.set(key, this.#at.nowMs),
    );
    return facts;
  }

  look({ key }: { readonly key: string }): ReturnType<TargetWatcher['look']> {
    return this.#at.call(
      [{ api: 'Lambda GetFunctionConfiguration' }, { api: 'Lambda GetFunctionConcurrency' }],
      () => this.#targets.look(key),
    );
  }

  queueReturnMs(): Promise<number> {
    return Promise.reject(new Error('no target of a storm is a queue'));
  }

  async call(_target: unknown, payload: string): Promise<CallResult> {
    const requestId = this.#nextId();
    return this.#answered(payload, [{ api: 'Lambda Invoke' }], async () => {
      const run = await this.#targets.run(payload);
      return run.kind === 'done'
        ? { kind: 'succeeded', requestId, answer: 'null' }
        : { kind: 'died', requestId, error: run.error };
    });
  }

  async reinvoke(_target: unknown, payload: string): Promise<InvokeResult> {
    const requestId = this.#nextId();
    return this.#answered(payload, [{ api: 'Lambda Invoke (async)' }], () => {
      void this.#runAccepted(payload, requestId);
      return { kind: 'accepted', requestId };
    });
  }

  async #runAccepted(payload: string, requestId: string): Promise<void> {
    const death = await this.#targets.runAccepted(payload, requestId);
    if (death !== null) this.#onDeath(death);
  }

  /** The adapters never reject: a call that fails is refused, or nobody knows what came of it. */
  async #answered<T>(
    payload: string,
    calls: readonly ApiCall[],
    effect: () => T | Promise<T>,
  ): Promise<T | Exclude<InvokeResult, { kind: 'accepted' | 'rejected' }>> {
    try {
      return await this.#at.call(calls, effect);
    } catch (error) {
      if (!(error instanceof PortFault)) throw error;
      if (error.name === 'timed-out-after-the-effect') this.unanswered.add(numberOf(payload));
      return { kind: error.name === 'throttled' ? 'refused' : 'uncertain', error: error.name };
    }
  }

  /** As Lambda makes them: UUIDs, and no two alike. */
  #nextId(): string {
    return `${this.#name}-${++this.#calls}`;
  }
}
