import type { TargetFacts } from '../../src/recovery/handover.ts';
import type { FunctionTarget } from '../../src/recovery/policy.ts';
import type { InvokeResult, Reinvoker, TargetReader } from '../../src/recovery/ports.ts';

/** The most that Lambda accepts asynchronously. */
const ASYNC_BYTES = 1024 * 1024;

/** Functions in memory, by name: they take whatever they are handed, unless told otherwise. */
export class MemoryLambda implements Reinvoker, TargetReader {
  readonly functions = new Map<string, TargetFacts>();
  readonly handedOver: { target: string; payload: string; requestId: string | null }[] = [];
  /** What the next hand-overs are answered with; the default is to accept. */
  answer: (requestId: string) => InvokeResult = (requestId) => ({ kind: 'accepted', requestId });

  async facts(target: FunctionTarget): Promise<TargetFacts> {
    return this.#known(target) ?? { kind: 'missing' };
  }

  async reinvoke(target: FunctionTarget, payload: string): Promise<InvokeResult> {
    if (this.#known(target) === undefined) return { kind: 'rejected', error: 'ResourceNotFoundException' };
    if (Buffer.byteLength(payload) > ASYNC_BYTES) {
      return { kind: 'rejected', error: 'RequestTooLargeException' };
    }
    const result = this.answer(`re-${this.handedOver.length + 1}-00000000`);
    const requestId = result.kind === 'accepted' ? result.requestId : null;
    this.handedOver.push({ target: target.key, payload, requestId });
    return result;
  }

  #known({ functionName, qualifier }: FunctionTarget): TargetFacts | undefined {
    return this.functions.get(qualifier === null ? functionName : `${functionName}:${qualifier}`);
  }
}
