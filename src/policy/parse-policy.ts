import type { Node } from 'yaml';
import type { CompiledPolicy, IntakePolicy, InvocationMode, TargetPolicy } from '../recovery/policy.ts';
import { parseDurationSeconds } from './duration.ts';
import { fillStage, queueNameProblem, readFunctionReference } from './names.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problems.ts';
import { YamlReader, type Entry } from './yaml-reader.ts';

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: CompiledPolicy }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Lambda stops a chain of invocations near 16; a re-invocation may run three times, so five is the most that is safe. */
const MOST_ATTEMPTS = 5;
/** SQS hides a message for at most twelve hours. */
const LONGEST_WAIT_SECONDS = 12 * 3600;
/** SQS keeps a message for at most fourteen days: nothing in an intake can be older. */
const LONGEST_AGE_SECONDS = 14 * 86_400;
const LARGEST_FACTOR = 10;

const DEFAULTS: CompiledPolicy['defaults'] = {
  maxAttempts: 4,
  backoff: { firstSeconds: 30, factor: 2, maxSeconds: 15 * 60 },
  maxAgeSeconds: LONGEST_AGE_SECONDS,
};

/** Words of the policy that this version does not know yet: refused by name, so that nobody relies on them in vain. */
const LATER = ['rules', 'sources', 'alerts'];

/**
 * Parses and checks a policy file for one stage. Everything that is wrong is reported at once, in the order of the file:
 * unknown keys, duplicates, impossible values, an intake without a declared target.
 */
export function parsePolicy(text: string, options: { readonly stage: string }): ParsedPolicy {
  const reader = new YamlReader(text);
  const policy = new PolicyParser(reader, options.stage).parse();
  const { problems } = reader;
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'policy', policy };
}

class PolicyParser {
  readonly #reader: YamlReader;
  readonly #stage: string;

  constructor(reader: YamlReader, stage: string) {
    this.#reader = reader;
    this.#stage = stage;
  }

  parse(): CompiledPolicy {
    const { root } = this.#reader;
    const fields = this.#fields(root, 'the policy', ['targets', 'intakes', 'defaults']);
    const targetsNode = this.#required(
      root,
      fields,
      'targets',
      'name the functions that events may be handed to',
    );
    const intakesNode = this.#required(
      root,
      fields,
      'intakes',
      'name the queues on which dead events arrive',
    );
    const targets = targetsNode === null ? [] : this.#targets(targetsNode);
    const intakes = intakesNode === null ? [] : this.#intakes(intakesNode, targets);
    const defaults = fields.get('defaults');
    return { targets, intakes, defaults: defaults === undefined ? DEFAULTS : this.#defaults(defaults.value) };
  }

  #targets(node: Node): TargetPolicy[] {
    return this.#named(node, 'targets').flatMap(({ name, entry }) => {
      const fields = this.#fields(entry.value, `target ${name}`, ['invocation']);
      const reference = readFunctionReference(name);
      if (typeof reference === 'string') {
        this.#reader.problem(entry.keyNode, reference);
        return [];
      }
      return [{ key: name, ...reference, invocation: this.#invocation(fields.get('invocation')) }];
    });
  }

  #invocation(entry: Entry | undefined): InvocationMode {
    if (entry === undefined) return 'auto';
    const mode = this.#reader.scalar(entry.value);
    if (mode === 'sync' || mode === 'async' || mode === 'auto') return mode;
    this.#reader.problem(entry.value ?? entry.keyNode, 'invocation must be sync, async or auto');
    return 'auto';
  }

  #intakes(node: Node, targets: readonly TargetPolicy[]): IntakePolicy[] {
    return this.#named(node, 'intakes').flatMap(({ name, entry }) => {
      const wrong = queueNameProblem(name);
      if (wrong !== null) this.#reader.problem(entry.keyNode, wrong);
      const fields = this.#fields(entry.value, `intake ${name}`, ['target', 'topic']);
      const targetNode = this.#required(
        entry.keyNode,
        fields,
        'target',
        `intake ${name} holds events that do not name their function`,
      );
      if (targetNode === null) return [];
      const target = fillStage(String(this.#reader.scalar(targetNode) ?? ''), this.#stage);
      if (target === null || !targets.some(({ key }) => key === target)) {
        const declared = targets.map(({ key }) => key).join(', ') || 'none';
        this.#reader.problem(
          targetNode,
          `target ${target ?? ''} is not declared under targets (${declared})`,
        );
        return [];
      }
      return [{ key: name, target, topic: this.#topic(fields.get('topic')) }];
    });
  }

  #topic(entry: Entry | undefined): string | null {
    if (entry === undefined) return null;
    const name = fillStage(String(this.#reader.scalar(entry.value) ?? ''), this.#stage);
    if (name !== null && queueNameProblem(name) === null) return name;
    this.#reader.problem(
      entry.value ?? entry.keyNode,
      'topic must be the name of the topic that feeds the queue',
    );
    return null;
  }

  #defaults(node: Node | null): CompiledPolicy['defaults'] {
    const fields = this.#fields(node, 'defaults', ['maxAttempts', 'backoff', 'maxAge']);
    return {
      maxAttempts:
        this.#number(fields.get('maxAttempts'), {
          least: 1,
          most: MOST_ATTEMPTS,
          whole: true,
          why: "Lambda's guard stops longer chains",
        }) ?? DEFAULTS.maxAttempts,
      backoff: this.#backoff(fields.get('backoff')),
      maxAgeSeconds:
        this.#seconds(fields.get('maxAge'), LONGEST_AGE_SECONDS, 'SQS keeps a message for 14 days') ??
        DEFAULTS.maxAgeSeconds,
    };
  }

  #backoff(entry: Entry | undefined): CompiledPolicy['defaults']['backoff'] {
    if (entry === undefined) return DEFAULTS.backoff;
    const fields = this.#fields(entry.value, 'backoff', ['first', 'factor', 'max']);
    const limit = 'SQS hides a message for at most 12 hours';
    const firstSeconds =
      this.#seconds(fields.get('first'), LONGEST_WAIT_SECONDS, limit) ?? DEFAULTS.backoff.firstSeconds;
    const maxSeconds =
      this.#seconds(fields.get('max'), LONGEST_WAIT_SECONDS, limit) ?? DEFAULTS.backoff.maxSeconds;
    const factor =
      this.#number(fields.get('factor'), {
        least: 1,
        most: LARGEST_FACTOR,
        whole: false,
        why: 'a wait must not shrink, nor leap to its maximum at once',
      }) ?? DEFAULTS.backoff.factor;
    if (firstSeconds > maxSeconds) {
      this.#reader.problem(
        entry.value,
        `backoff: first (${firstSeconds}s) is longer than max (${maxSeconds}s)`,
      );
    }
    return { firstSeconds, factor, maxSeconds };
  }

  #number(
    entry: Entry | undefined,
    limits: { least: number; most: number; whole: boolean; why: string },
  ): number | null {
    if (entry === undefined) return null;
    const value = this.#reader.scalar(entry.value);
    const { least, most, whole, why } = limits;
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return value;
    const kind = whole ? 'a whole number' : 'a number';
    this.#reader.problem(
      entry.value ?? entry.keyNode,
      `${entry.key} must be ${kind} from ${least} to ${most}: ${why}`,
    );
    return null;
  }

  #seconds(entry: Entry | undefined, mostSeconds: number, why: string): number | null {
    if (entry === undefined) return null;
    const seconds = parseDurationSeconds(String(this.#reader.scalar(entry.value) ?? ''));
    if (seconds !== null && seconds >= 1 && seconds <= mostSeconds) return seconds;
    const message =
      seconds === null
        ? `${entry.key} must be a duration such as 30s, 15m, 12h or 14d`
        : `${entry.key} must be from 1s to ${mostSeconds}s: ${why}`;
    this.#reader.problem(entry.value ?? entry.keyNode, message);
    return null;
  }

  /** Entries whose keys are names, with the stage filled in. Two that become the same name are reported. */
  #named(node: Node, what: string): { name: string; entry: Entry }[] {
    const seen = new Set<string>();
    return this.#reader.entries(node, what).flatMap((entry) => {
      const name = fillStage(entry.key, this.#stage);
      if (name === null) {
        this.#reader.problem(entry.keyNode, `${entry.key}: {stage} is the only placeholder`);
        return [];
      }
      if (seen.has(name)) {
        this.#reader.problem(entry.keyNode, `${name} stands twice in ${what}: remove one`);
        return [];
      }
      seen.add(name);
      return [{ name, entry }];
    });
  }

  /** The entries of a mapping with fixed keys; unknown ones are reported, with the nearest known one. */
  #fields(node: Node | null, what: string, known: readonly string[]): ReadonlyMap<string, Entry> {
    const fields = new Map<string, Entry>();
    for (const entry of this.#reader.entries(node, what)) {
      if (known.includes(entry.key)) fields.set(entry.key, entry);
      else this.#reader.problem(entry.keyNode, unknownKey(entry.key, what, known));
    }
    return fields;
  }

  #required(at: Node | null, fields: ReadonlyMap<string, Entry>, key: string, why: string): Node | null {
    const entry = fields.get(key);
    if (entry?.value !== undefined && entry.value !== null) return entry.value;
    this.#reader.problem(entry?.keyNode ?? at, `${key} is missing: ${why}`);
    return null;
  }
}

function unknownKey(key: string, what: string, known: readonly string[]): string {
  if (what === 'the policy' && LATER.includes(key))
    return `${key} come with a later version: remove them for now`;
  if (what.startsWith('target ') && key === 'queue') {
    return 'queue: targets that are queues come with a later version; name a function';
  }
  const near = nearest(key, known);
  const advice = near === null ? `it takes ${known.join(', ')}` : `did you mean ${near}?`;
  return `${key} is unknown in ${what}: ${advice}`;
}
