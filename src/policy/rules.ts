import { isMap, isSeq, type Node } from 'yaml';
import { CATEGORIES, type Category } from '../recovery/category.ts';
import { FORMS } from '../recovery/dead-event.ts';
import { ERROR_FACTS, FACTS } from '../recovery/facts.ts';
import { isObject } from '../recovery/json.ts';
import { compilePattern, type PatternProblem } from '../recovery/pattern/compile.ts';
import type { Field, Pattern } from '../recovery/pattern/pattern.ts';
import { RULE_ACTIONS, type PolicyRule, type RuleAction } from '../recovery/policy.ts';
import { nearest } from './nearest.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

const KEYS = ['name', 'when', 'category', 'do', 'release'] as const;
const RELEASES = ['auto', 'manual'] as const;

/** What the rules may speak of. */
export type Declared = { readonly targets: readonly string[]; readonly intakes: readonly string[] };

/** Reads the rules of a policy. Everything that is wrong is reported to the reader, with its place. */
export function readRules(reader: YamlReader, entry: Entry, declared: Declared): readonly PolicyRule[] {
  if (!isSeq(entry.value)) {
    reader.problem(
      entry.value ?? entry.keyNode,
      'rules must be a list, each with name, when, and category or do',
    );
    return [];
  }
  const rules: { readonly rule: PolicyRule; readonly node: Node | null }[] = [];
  for (const item of entry.value.items) {
    const node = isMap(item) ? item : null;
    if (node === null) {
      reader.problem(entry.keyNode, 'a rule must be a mapping with name, when, and category or do');
      continue;
    }
    const rule = new RuleReader(reader, node, declared).read();
    if (rule === null) continue;
    const before = rules.find((one) => one.rule.name === rule.name);
    if (before !== undefined)
      reader.problem(node, `the rule ${rule.name} stands twice: give each a name of its own`);
    const wider = rules.find((one) => covers(one.rule.when, rule.when));
    if (wider !== undefined) {
      reader.problem(
        node,
        `the rule ${rule.name} can never be reached: ${wider.rule.name} before it claims all that it would`,
      );
    }
    rules.push({ rule, node });
  }
  return rules.map(({ rule }) => rule);
}

class RuleReader {
  readonly #reader: YamlReader;
  readonly #node: Node;
  readonly #declared: Declared;

  constructor(reader: YamlReader, node: Node, declared: Declared) {
    this.#reader = reader;
    this.#node = node;
    this.#declared = declared;
  }

  read(): PolicyRule | null {
    const fields = new Map<string, Entry>();
    for (const entry of this.#reader.entries(this.#node, null, 'a rule')) {
      const near = nearest(entry.key, KEYS);
      const advice = near === null ? `it takes ${KEYS.join(', ')}` : `did you mean ${near}?`;
      if (!KEYS.some((key) => key === entry.key)) {
        this.#reader.problem(entry.keyNode, `${entry.key} is unknown in a rule: ${advice}`);
      } else fields.set(entry.key, entry);
    }
    const name = this.#reader.text(fields.get('name')?.value ?? null);
    if (name === null || name === '')
      this.#reader.problem(this.#node, 'a rule needs a name: it is recorded with every event that it claims');
    const when = this.#pattern(fields.get('when'));
    const category = this.#oneOf<Category>(fields.get('category'), CATEGORIES);
    const action = this.#oneOf<RuleAction>(fields.get('do'), RULE_ACTIONS);
    const release = this.#oneOf(fields.get('release'), RELEASES);
    if (!fields.has('category') && !fields.has('do') && !fields.has('release')) {
      this.#reader.problem(
        this.#node,
        'a rule must say something of what it claims: category, do, or release',
      );
    }
    if (name === null || when === null) return null;
    return { name, when, category, action, isManual: release === 'manual' };
  }

  #oneOf<T extends string>(entry: Entry | undefined, known: readonly T[]): T | null {
    if (entry === undefined) return null;
    const text = this.#reader.text(entry.value);
    const found = known.find((one) => one === text);
    if (found !== undefined) return found;
    this.#reader.problem(entry.value ?? entry.keyNode, `${entry.key} must be one of ${known.join(', ')}`);
    return null;
  }

  #pattern(entry: Entry | undefined): Pattern | null {
    if (entry === undefined) {
      this.#reader.problem(this.#node, 'a rule needs when: an event pattern over the facts of a dead event');
      return null;
    }
    const value = this.#reader.plain(entry.value);
    const compiled = compilePattern(value);
    const problems = [
      ...(compiled.kind === 'problems' ? compiled.problems : []),
      ...(isObject(value) ? this.#unknownFacts(value, []) : []),
    ];
    for (const { path, message } of problems) {
      this.#reader.problem(this.#reader.nodeAt(entry.value, path) ?? entry.keyNode, message);
    }
    return compiled.kind === 'pattern' ? compiled.pattern : null;
  }

  /** Facts that no dead event has, and values that none of them ever is. */
  #unknownFacts(pattern: Readonly<Record<string, unknown>>, path: PatternProblem['path']): PatternProblem[] {
    return Object.entries(pattern).flatMap(([name, value]): PatternProblem[] => {
      const at = [...path, name];
      if (name === '$or') {
        const alternatives: readonly unknown[] = Array.isArray(value) ? value : [];
        return alternatives.flatMap((one, index) =>
          isObject(one) ? this.#unknownFacts(one, [...at, index]) : [],
        );
      }
      if (name === 'attempt')
        return [{ path: at, message: 'attempt comes with a later version: leave it out for now' }];
      if (!FACTS.some((fact) => fact === name)) return [unknown(at, name, FACTS, 'a dead event')];
      if (name === 'error' && isObject(value)) {
        return Object.keys(value)
          .filter((key) => key !== '$or' && !ERROR_FACTS.some((fact) => fact === key))
          .map((key) => unknown([...at, key], key, ERROR_FACTS, 'an error'));
      }
      return this.#impossible(name, value, at);
    });
  }

  /** All values that the fact can have; null where they are not known. */
  #valuesOf(fact: string): readonly string[] | null {
    switch (fact) {
      case 'form':
        return FORMS;
      case 'target':
        return this.#declared.targets;
      case 'intake':
        return this.#declared.intakes;
      default:
        return null;
    }
  }

  #impossible(name: string, value: unknown, path: PatternProblem['path']): PatternProblem[] {
    const known = this.#valuesOf(name);
    if (known === null || !Array.isArray(value)) return [];
    const values: readonly unknown[] = value;
    return values.flatMap((one, index) => {
      if (typeof one !== 'string' || known.includes(one)) return [];
      const near = nearest(one, known);
      const advice = near === null ? `they are ${known.join(', ') || 'none'}` : `did you mean ${near}?`;
      return [{ path: [...path, index], message: `no ${name} is ever ${one}: ${advice}` }];
    });
  }
}

function unknown(
  path: PatternProblem['path'],
  name: string,
  known: readonly string[],
  what: string,
): PatternProblem {
  const near = nearest(name, known);
  const advice = near === null ? `it has ${known.join(', ')}` : `did you mean ${near}?`;
  return { path, message: `${what} has no ${name}: ${advice}` };
}

/** Whether the first pattern matches all that the second does: it says less, and what it says in the same words. */
function covers(wide: Pattern, narrow: Pattern): boolean {
  return (
    wide.fields.every((field) => narrow.fields.some((other) => isWider(field, other))) &&
    wide.alternatives.every((one) => narrow.alternatives.some((other) => same(one, other)))
  );
}

function isWider(wide: Field, narrow: Field): boolean {
  if (wide.name !== narrow.name) return false;
  const [one, other] = [wide.node, narrow.node];
  if (one.kind === 'within' && other.kind === 'within') return covers(one.pattern, other.pattern);
  if (one.kind !== 'leaf' || other.kind !== 'leaf') return false;
  return other.tests.every((test) => one.tests.some((wider) => same(wider, test)));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
