import { ExecutionEnvironment, type FunctionCall, type InvocationResult } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';

/** The execution environments of one function: an idle one is used again, else a new one is started. */
export class FunctionPool {
  readonly definition: FunctionDefinition;
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #start: () => ExecutionEnvironment;

  constructor(definition: FunctionDefinition, start: () => ExecutionEnvironment) {
    this.definition = definition;
    this.#start = start;
  }

  async invoke(call: FunctionCall): Promise<InvocationResult> {
    const environment = this.#take();
    const result = await environment.invoke(call);
    if (environment.isAlive) this.#idle.push(environment);
    else this.#all.delete(environment);
    return result;
  }

  async killAll(): Promise<void> {
    const all = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    await Promise.all(all.map((environment) => environment.kill()));
  }

  #take(): ExecutionEnvironment {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isAlive) return idle;
      this.#all.delete(idle);
    }
    const environment = this.#start();
    this.#all.add(environment);
    return environment;
  }
}
