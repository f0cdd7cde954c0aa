import { randomUUID } from 'node:crypto';
import type { InvocationResult } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';
import type { FunctionPool } from './function-pool.ts';

export type InvocationType = 'Event' | 'RequestResponse';

/** What the local Lambda remembers of one run of a function. */
export type InvocationRecord = {
  readonly functionName: string;
  readonly qualifier: string | null;
  readonly requestId: string;
  /** 1 for the first try of an event. */
  readonly attempt: number;
  readonly invocationType: InvocationType;
  /** The payload's text as the function got it. */
  readonly payload: string;
  readonly startedAtMs: number;
  endedAtMs: number | null;
  outcome:
    | { readonly kind: 'running' }
    | { readonly kind: 'success'; readonly response: string }
    | { readonly kind: 'error'; readonly errorType: string | null; readonly errorMessage: string | null };
};

/** Runs functions and keeps a record of each run. */
export class LambdaService {
  readonly records: InvocationRecord[] = [];
  readonly listeners = new Set<(record: InvocationRecord) => void>();
  readonly #pools: ReadonlyMap<string, FunctionPool>;

  constructor(pools: ReadonlyMap<string, FunctionPool>) {
    this.#pools = pools;
  }

  /** The function of that name, null when there is none. */
  find(functionName: string): FunctionDefinition | null {
    return this.#pools.get(functionName)?.definition ?? null;
  }

  /** Runs a function once. Rejects only when there is no such function. */
  async run(
    functionName: string,
    payload: string,
    how: { readonly type: InvocationType; readonly requestId?: string; readonly attempt?: number },
  ): Promise<InvocationResult & { readonly requestId: string }> {
    const pool = this.#pools.get(functionName);
    if (pool === undefined) throw new Error(`there is no function ${functionName}`);
    const requestId = how.requestId ?? randomUUID();
    const record: InvocationRecord = {
      functionName,
      qualifier: null,
      requestId,
      attempt: how.attempt ?? 1,
      invocationType: how.type,
      payload,
      startedAtMs: Date.now(),
      endedAtMs: null,
      outcome: { kind: 'running' },
    };
    this.records.push(record);
    this.#tell(record);
    const result = await pool.invoke(requestId, payload);
    record.endedAtMs = Date.now();
    record.outcome =
      result.kind === 'success'
        ? result
        : {
            kind: 'error',
            errorType: result.error.errorType,
            errorMessage: result.error.errorMessage,
          };
    this.#tell(record);
    return { ...result, requestId };
  }

  async killEnvironments(functionName: string): Promise<void> {
    await this.#pools.get(functionName)?.killAll();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.killAll()));
  }

  #tell(record: InvocationRecord): void {
    for (const listener of this.listeners) listener(record);
  }
}
