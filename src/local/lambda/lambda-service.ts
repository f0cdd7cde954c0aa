import { randomUUID } from 'node:crypto';
import type { InvocationResult } from './execution-environment.ts';
import { LATEST } from './function-definition.ts';
import type { CalledFunction, HostedFunction } from './hosted-function.ts';

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

/** The result of a run, or that the function's concurrency did not allow it. */
export type RunResult = (InvocationResult & { readonly requestId: string }) | { readonly kind: 'throttled' };

type HowToRun = {
  readonly type: InvocationType;
  /** Default: a new one. */
  readonly requestId?: string;
  /** Default: 1. */
  readonly attempt?: number;
};

/** Runs functions and keeps a record of each run. */
export class LambdaService {
  readonly records: InvocationRecord[] = [];
  readonly listeners = new Set<(record: InvocationRecord) => void>();
  readonly #functions: ReadonlyMap<string, HostedFunction>;
  #stopped = false;
  /** A process whose event loop is busy does not see that this one has ended. */
  readonly #killAll = (): void => void this.#end();

  constructor(functions: ReadonlyMap<string, HostedFunction>) {
    this.#functions = functions;
    process.once('exit', this.#killAll);
  }

  /** The function of that name and qualifier (null: unqualified), null when there is none. */
  find(functionName: string, qualifier: string | null): CalledFunction | null {
    return this.#functions.get(functionName)?.find(qualifier ?? LATEST) ?? null;
  }

  /** Runs a function once, if its concurrency allows. Rejects when the service has stopped. */
  async run(called: CalledFunction, payload: string, how: HowToRun): Promise<RunResult> {
    if (this.#stopped) throw new Error('the local Lambda has stopped');
    const result = await called.hosted.occupying(() => this.#runNow(called, payload, how));
    return result ?? { kind: 'throttled' };
  }

  async #runNow(
    { hosted, pool, qualifier }: CalledFunction,
    payload: string,
    how: HowToRun,
  ): Promise<InvocationResult & { readonly requestId: string }> {
    const requestId = how.requestId ?? randomUUID();
    const record: InvocationRecord = {
      functionName: hosted.name,
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
    const functionArn = qualifier === LATEST ? hosted.arn : `${hosted.arn}:${qualifier}`;
    const result = await pool.invoke({ requestId, payload, functionArn });
    record.endedAtMs = Date.now();
    record.outcome =
      result.kind === 'success'
        ? result
        : { kind: 'error', errorType: result.error.errorType, errorMessage: result.error.errorMessage };
    this.#tell(record);
    return { ...result, requestId };
  }

  async killEnvironments(functionName: string): Promise<void> {
    await this.#functions.get(functionName)?.killAll();
  }

  /** Ends all processes; none is started any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    process.removeListener('exit', this.#killAll);
    await this.#end();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((hosted) => hosted.killAll()));
  }

  #tell(record: InvocationRecord): void {
    for (const listener of this.listeners) listener(record);
  }
}
