import type { TargetFacts } from '../../src/recovery/handover.ts';
import type { FunctionTarget, TargetPolicy } from '../../src/recovery/policy.ts';
import type {
  Caller,
  CallResult,
  InvokeResult,
  Reinvoker,
  TargetReader,
  TargetWatcher,
} from '../../src/recovery/ports.ts';
import type { TargetLook } from '../../src/recovery/release/target-look.ts';

/** The most that Lambda accepts asynchronously. */
const ASYNC_BYTES = 1024 * 1024;

export type HandedOver = {
  readonly target: string;
  readonly payload: string;
  readonly requestId: string | null;
  readonly how: 'async' | 'sync';
};

/** Functions in memory, by name: they take whatever they are handed, unless told otherwise. */
export class MemoryLambda implements Reinvoker, Caller, TargetReader, TargetWatcher {
  readonly functions = new Map<string, TargetFacts>();
  readonly handedOver: HandedOver[] = [];
  /** What the next asynchronous hand-overs are answered with; the default is to accept. */
  answer: (requestId: string) => InvokeResult = (requestId) => ({ kind: 'accepted', requestId });
  /** What synchronous calls come to; the default is that the function succeeds. */
  run: (payload: string, requestId: string) => CallResult | Promise<CallResult> = (_, requestId) => ({
    kind: 'succeeded',
    requestId,
    answer: 'null',
  });
  /** What the functions look like; each name that is not in it has never been changed. */
  readonly looks = new Map<string, TargetLook>();
  /** How long a message of a queue can take to come back. */
  returnMs = 60_000;

  async facts(target: FunctionTarget): Promise<TargetFacts> {
    return this.#known(target) ?? { kind: 'missing' };
  }

  async reinvoke(target: FunctionTarget, payload: string): Promise<InvokeResult> {
    if (this.#known(target) === undefined) return { kind: 'rejected', error: 'ResourceNotFoundException' };
    if (Buffer.byteLength(payload) > ASYNC_BYTES) {
      return { kind: 'rejected', error: 'RequestTooLargeException' };
    }
    const result = this.answer(this.#nextId());
    const requestId = result.kind === 'accepted' ? result.requestId : null;
    this.handedOver.push({ target: target.key, payload, requestId, how: 'async' });
    return result;
  }

  async call(target: FunctionTarget, payload: string): Promise<CallResult> {
    if (this.#known(target) === undefined) return { kind: 'rejected', error: 'ResourceNotFoundException' };
    const requestId = this.#nextId();
    this.handedOver.push({ target: target.key, payload, requestId, how: 'sync' });
    return this.run(payload, requestId);
  }

  async look(target: TargetPolicy): Promise<TargetLook> {
    if (target.kind === 'queue') return { kind: 'unseen' };
    const { functionName } = target;
    return this.looks.get(functionName) ?? { kind: 'seen', traits: { code: 1 }, changedAtMs: 0, held: null };
  }

  async queueReturnMs(): Promise<number> {
    return this.returnMs;
  }

  #nextId(): string {
    return `re-${this.handedOver.length + 1}-00000000`;
  }

  #known({ functionName, qualifier }: FunctionTarget): TargetFacts | undefined {
    return this.functions.get(qualifier === null ? functionName : `${functionName}:${qualifier}`);
  }
}
