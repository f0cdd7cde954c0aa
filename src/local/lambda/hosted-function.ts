import {
  LATEST,
  lastModifiedNow,
  type FunctionDefinition,
  type QualifiedSettings,
  type TemplateFunction,
} from './function-definition.ts';
import { FunctionPool, type StartEnvironment } from './function-pool.ts';

/** A function under one of its qualifiers. */
export type CalledFunction = {
  readonly hosted: HostedFunction;
  /** Has the code and configuration that run under the qualifier, as they are now. */
  readonly pool: FunctionPool;
  readonly qualifier: string;
  readonly settings: QualifiedSettings;
};

/** A function with its versions. `$LATEST` can be changed; a published version keeps what the template defines. */
export class HostedFunction {
  readonly name: string;
  readonly arn: string;
  /** Runs of all versions at the same time, at most; null = no limit of its own; 0 = stopped. */
  reservedConcurrency: number | null;
  readonly #qualifiers: ReadonlyMap<string, QualifiedSettings>;
  readonly #latest: FunctionPool;
  /** By number. */
  readonly #published: ReadonlyMap<string, FunctionPool>;
  #running = 0;

  constructor(
    { definition, reservedConcurrency, qualifiers }: TemplateFunction,
    startEnvironment: StartEnvironment,
  ) {
    this.name = definition.name;
    this.arn = definition.arn;
    this.reservedConcurrency = reservedConcurrency;
    this.#qualifiers = qualifiers;
    this.#latest = new FunctionPool(definition, startEnvironment);
    const numbers = [...qualifiers.values()].map(({ version }) => version);
    this.#published = new Map(
      numbers
        .filter((version) => version !== LATEST)
        .map((version) => [version, new FunctionPool({ ...definition, version }, startEnvironment)]),
    );
  }

  /** The function under a qualifier, null when it has no such one. */
  find(qualifier: string): CalledFunction | null {
    const settings = this.#qualifiers.get(qualifier);
    if (settings === undefined) return null;
    const pool = settings.version === LATEST ? this.#latest : this.#published.get(settings.version);
    return pool === undefined ? null : { hosted: this, pool, qualifier, settings };
  }

  /** Names of its aliases. */
  get aliases(): readonly string[] {
    return [...this.#qualifiers.keys()].filter((qualifier) => !isVersion(qualifier));
  }

  /** Does what occupies one of the function's concurrent runs; null, and nothing is done, when none is free. */
  async occupying<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.reservedConcurrency !== null && this.#running >= this.reservedConcurrency) return null;
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  /** Changes code or configuration of `$LATEST`, for every invocation from now on; gives what it is then. */
  async update(change: Partial<FunctionDefinition>): Promise<FunctionDefinition> {
    const definition = { ...this.#latest.definition, ...change, lastModified: lastModifiedNow() };
    await this.#latest.update(definition);
    return definition;
  }

  async killAll(): Promise<void> {
    await Promise.all([this.#latest, ...this.#published.values()].map((pool) => pool.killAll()));
  }
}

/** An alias cannot be named like a version. */
export function isVersion(qualifier: string): boolean {
  return qualifier === LATEST || /^\d+$/.test(qualifier);
}
