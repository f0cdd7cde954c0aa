import { randomUUID } from 'node:crypto';
import type { InvocationResult } from './execution-environment.ts';
import { LATEST, type FunctionDefinition, type QualifiedSettings } from './function-definition.ts';
import type { FunctionPool } from './function-pool.ts';

export type InvocationType = 'Event' | 'RequestResponse';

/** What the local Lambda remembers of one run of a function. */
export type InvocationRecord = {
  readonly functionName: string;
  /** The alias or version that was called, null for the unqualified function. */
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

/** A function under one of its qualifiers. */
export type CalledFunction = {
  readonly definition: FunctionDefinition;
  readonly qualifier: string;
  readonly settings: QualifiedSettings;
};

/** The result of a run, or that the function's concurrency did not allow it. */
export type RunResult = (InvocationResult & { readonly requestId: string }) | { readonly kind: 'throttled' };

/** Runs functions and keeps a record of each run. */
export class LambdaService {
  readonly records: InvocationRecord[] = [];
  readonly listeners = new Set<(record: InvocationRecord) => void>();
  readonly #pools: ReadonlyMap<string, FunctionPool>;
  readonly #running = new Map<string, number>();
  #stopped = false;
  /** A process whose event loop is busy does not see that this one has ended. */
  readonly #killAll = (): void => void this.#end();

  constructor(pools: ReadonlyMap<string, FunctionPool>) {
    this.#pools = pools;
    process.once('exit', this.#killAll);
  }

  /** The function of that name and qualifier (null: unqualified), null when there is none. */
  find(functionName: string, qualifier: string | null): CalledFunction | null {
    const definition = this.#pools.get(functionName)?.definition;
    const settings = definition?.qualifiers.get(qualifier ?? LATEST);
    if (definition === undefined || settings === undefined) return null;
    return { definition, qualifier: qualifier ?? LATEST, settings };
  }

  /** Runs a function once, if its concurrency allows. Rejects when the function is not of this service, or it has stopped. */
  async run(
    called: CalledFunction,
    payload: string,
    how: { readonly type: InvocationType; readonly requestId?: string; readonly attempt?: number },
  ): Promise<RunResult> {
    const { definition, qualifier } = called;
    const pool = this.#pools.get(definition.name);
    if (pool === undefined) throw new Error(`there is no function ${definition.name}`);
    if (this.#stopped) throw new Error('the local Lambda has stopped');
    const running = this.#running.get(definition.name) ?? 0;
    if (running >= (definition.reservedConcurrency ?? Number.POSITIVE_INFINITY)) return { kind: 'throttled' };
    this.#running.set(definition.name, running + 1);
    const requestId = how.requestId ?? randomUUID();
    const record: InvocationRecord = {
      functionName: definition.name,
      qualifier: qualifier === LATEST ? null : qualifier,
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
    const functionArn = qualifier === LATEST ? definition.arn : `${definition.arn}:${qualifier}`;
    const result = await pool.invoke({ requestId, payload, functionArn });
    this.#running.set(definition.name, (this.#running.get(definition.name) ?? 1) - 1);
    record.endedAtMs = Date.now();
    record.outcome =
      result.kind === 'success'
        ? result
        : { kind: 'error', errorType: result.error.errorType, errorMessage: result.error.errorMessage };
    this.#tell(record);
    return { ...result, requestId };
  }

  async killEnvironments(functionName: string): Promise<void> {
    await this.#pools.get(functionName)?.killAll();
  }

  /** Ends all processes; none is started any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    process.removeListener('exit', this.#killAll);
    await this.#end();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.killAll()));
  }

  #tell(record: InvocationRecord): void {
    for (const listener of this.listeners) listener(record);
  }
}
