import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionDefinition } from './function-definition.ts';
import { guardMemory } from './memory-guard.ts';
import { messageSchema, type EnvironmentMessage, type Invocation, type InvocationError } from './protocol.ts';

export type InvocationResult =
  | { readonly kind: 'success'; readonly response: string }
  | { readonly kind: 'error'; readonly error: InvocationError };

/** One call of a function. */
export type FunctionCall = {
  readonly requestId: string;
  readonly payload: string;
  /** As it was called, qualifier included. */
  readonly functionArn: string;
};

/** Lambda allows ten seconds for what runs while a module loads. */
const INIT_LIMIT_MS = 10_000;

/** One process in which a function runs, one invocation at a time. It is thrown away after a failure that ends it. */
export class ExecutionEnvironment {
  readonly definition: FunctionDefinition;
  readonly #process: ChildProcess;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Set until the process has loaded its handler. */
  #ready: Promise<EnvironmentMessage | 'exited' | 'too-slow'>;
  #alive = true;

  constructor(
    definition: FunctionDefinition,
    runtimeEnvironment: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ) {
    this.definition = definition;
    this.#process = fork(join(import.meta.dirname, 'bootstrap.cjs'), [], {
      cwd: definition.codeDirectory,
      env: { ...runtimeEnvironment, ...ownEnvironment(definition) },
      // A second net: V8 may give up before the guard sees the growth.
      execArgv: [`--max-old-space-size=${definition.memoryMegabytes}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    }
    const stopGuard = guardMemory(this.#process.pid ?? 0, definition.memoryMegabytes, () =>
      this.#process.kill('SIGKILL'),
    );
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        stopGuard();
        this.#alive = false;
        // Its last words may still be on their way.
        if (this.#process.connected) this.#process.once('disconnect', () => resolve({ code, signal }));
        else resolve({ code, signal });
      });
    });
    this.#ready = this.#answer(INIT_LIMIT_MS);
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  /** Runs one invocation. Always resolves: whatever goes wrong is an error of the function. */
  async invoke({ requestId, payload, functionArn }: FunctionCall): Promise<InvocationResult> {
    const started = await this.#ready;
    if (typeof started === 'object' && (started.kind === 'init-failed' || started.kind === 'crashed')) {
      await this.#exited;
      return { kind: 'error', error: started.error };
    }
    if (started === 'exited') return this.#whyItExited(requestId);
    if (started === 'too-slow') return this.#timedOut(requestId);
    const limitMs = this.definition.timeoutSeconds * 1000;
    const invocation: Invocation = {
      requestId,
      payload,
      deadlineMs: Date.now() + limitMs,
      functionArn,
    };
    const answer = this.#answer(limitMs);
    // A process that is gone cannot be sent anything; its exit is the answer.
    if (this.#process.connected) this.#process.send(invocation, () => {});
    const message = await answer;
    if (message === 'exited') return this.#whyItExited(requestId);
    if (message === 'too-slow') return this.#timedOut(requestId);
    switch (message.kind) {
      case 'success':
        return { kind: 'success', response: message.response };
      case 'error':
        return { kind: 'error', error: message.error };
      case 'crashed':
      case 'init-failed':
        await this.#exited; // so that nobody takes it for an idle one
        return { kind: 'error', error: message.error };
      case 'ready':
        throw new Error('an execution environment reported twice that it is ready');
    }
  }

  /** Ends the process as the loss of its sandbox would. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  async #timedOut(requestId: string): Promise<InvocationResult> {
    await this.kill();
    const seconds = this.definition.timeoutSeconds.toFixed(2);
    return failure(
      'Sandbox.Timedout',
      `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
    );
  }

  async #whyItExited(requestId: string): Promise<InvocationResult> {
    const { code, signal } = await this.#exited;
    return failure('Runtime.ExitError', `RequestId: ${requestId} Error: ${exitText(code, signal)}`);
  }

  /** The next message of the process, or that it ended, or that it took too long. */
  async #answer(limitMs: number): Promise<EnvironmentMessage | 'exited' | 'too-slow'> {
    const over = new AbortController();
    const { signal } = over;
    try {
      return await Promise.race([
        once(this.#process, 'message', { signal }).then(([message]) => messageSchema.parse(message)),
        delay(limitMs, 'too-slow' as const, { signal }),
        this.#exited.then(() => 'exited' as const),
      ]);
    } finally {
      over.abort();
    }
  }
}

function failure(errorType: string, errorMessage: string): InvocationResult {
  return { kind: 'error', error: { errorType, errorMessage } };
}

const SIGNAL_NAMES: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
};

function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `Runtime exited with error: signal: ${SIGNAL_NAMES[signal] ?? signal}`;
  return code === 0
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${code ?? 1}`;
}

/** The variables that Lambda sets, and those that the function is configured with. */
function ownEnvironment(definition: FunctionDefinition): Record<string, string> {
  return {
    ...definition.environment,
    _HANDLER: definition.handler,
    LAMBDA_TASK_ROOT: definition.codeDirectory,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: definition.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/${randomUUID()}`,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
    TZ: ':UTC',
  };
}
