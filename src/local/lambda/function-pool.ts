import { ExecutionEnvironment, type FunctionCall, type InvocationResult } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';

export type StartEnvironment = (definition: FunctionDefinition) => ExecutionEnvironment;

/** The execution environments of one version of a function: an idle one is used again, else a new one is started. */
export class FunctionPool {
  #definition: FunctionDefinition;
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #start: StartEnvironment;

  constructor(definition: FunctionDefinition, start: StartEnvironment) {
    this.#definition = definition;
    this.#start = start;
  }

  /** As it is now. */
  get definition(): FunctionDefinition {
    return this.#definition;
  }

  /** Every invocation from now on runs what is defined here; those that run already end on what they began with. */
  async update(definition: FunctionDefinition): Promise<void> {
    this.#definition = definition;
    await Promise.all(this.#idle.splice(0).map((environment) => this.#discard(environment)));
  }

  async invoke(call: FunctionCall): Promise<InvocationResult> {
    const environment = this.#take();
    const result = await environment.invoke(call);
    if (environment.isAlive && environment.definition === this.#definition) this.#idle.push(environment);
    else await this.#discard(environment);
    return result;
  }

  async killAll(): Promise<void> {
    const all = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    await Promise.all(all.map((environment) => environment.kill()));
  }

  async #discard(environment: ExecutionEnvironment): Promise<void> {
    this.#all.delete(environment);
    await environment.kill();
  }

  #take(): ExecutionEnvironment {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isAlive) return idle;
      this.#all.delete(idle);
    }
    const environment = this.#start(this.#definition);
    this.#all.add(environment);
    return environment;
  }
}
