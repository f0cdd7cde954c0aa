import { isMap, isSeq, type Node } from 'yaml';
import { CATEGORIES, type Category } from '../recovery/category.ts';
import { FORMS } from '../recovery/dead-event.ts';
import { ERROR_FACTS, FACTS } from '../recovery/facts.ts';
import { isObject } from '../recovery/json.ts';
import { compilePattern, type PatternProblem } from '../recovery/pattern/compile.ts';
import { matches } from '../recovery/pattern/match.ts';
import type { Field, Fields, Pattern } from '../recovery/pattern/pattern.ts';
import { RULE_ACTIONS, type PolicyRule, type RuleAction } from '../recovery/policy.ts';
import { isReported } from '../recovery/alerts.ts';
import { fillStage } from './names.ts';
import { nearest } from './nearest.ts';
import type { PolicyReader } from './policy-reader.ts';
import type { Entry } from './yaml-reader.ts';

const KEYS = ['name', 'when', 'category', 'do', 'release'] as const;
const RELEASES = ['auto', 'manual'] as const;

/** What the rules may speak of. */
export type Declared = {
  readonly targets: readonly string[];
  readonly intakes: readonly string[];
  /** What `{stage}` stands for in their names. */
  readonly stage: string;
};

/** Reads the rules of a policy. Everything that is wrong is reported to the reader, with its place. */
export function readRules(reader: PolicyReader, entry: Entry, declared: Declared): readonly PolicyRule[] {
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
  readonly #reader: PolicyReader;
  readonly #node: Node;
  readonly #declared: Declared;

  constructor(reader: PolicyReader, node: Node, declared: Declared) {
    this.#reader = reader;
    this.#node = node;
    this.#declared = declared;
  }

  read(): PolicyRule | null {
    const fields = this.#reader.fields(this.#node, null, 'a rule', KEYS);
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
    if (name !== null && !isReported(name)) {
      this.#reader.problem(this.#node, `${name} is the name of a built-in rule of which nobody is told`);
    }
    if (release === 'manual' && (action === 'reinvoke' || action === 'wait')) {
      this.#reader.problem(
        fields.get('do')?.keyNode ?? this.#node,
        `do: ${action} brings events back by machine, release: manual leaves that to a person: say one of them`,
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
    const written = this.#reader.plain(entry.value);
    if (written === undefined) return null;
    const value = withStage(written, this.#declared.stage);
    const compiled = compilePattern(value);
    const problems = [
      ...(compiled.kind === 'problems' ? compiled.problems : []),
      ...wrongFacts(value, this.#declared),
    ];
    for (const { path, message } of problems) {
      this.#reader.problem(this.#reader.nodeAt(entry.value, path) ?? entry.keyNode, message);
    }
    return compiled.kind === 'pattern' ? compiled.pattern : null;
  }
}

type Path = PatternProblem['path'];
type Members = Readonly<Record<string, unknown>>;

/**
 * Facts that a pattern names and no dead event has, and values that none of them ever is. `declared`: null where a target or an intake
 * may have any name.
 */
export function wrongFacts(pattern: unknown, declared: Declared | null): readonly PatternProblem[] {
  if (!isObject(pattern)) return [];
  return eachField(pattern, [], (name, value, at) => {
    const fact = FACTS.find((one) => one === name);
    switch (fact) {
      case undefined:
        return [unknown(at, name, FACTS, 'a dead event')];
      case 'error':
        return isObject(value) ? wrongErrorFacts(value, at) : [notMembers(fact, at)];
      case 'payload':
        return isObject(value) ? [] : [notMembers(fact, at)];
      case 'attempt':
      case 'ageSeconds':
        return wrongValues(fact, value, at, 'number');
      case 'source':
        return wrongValues(fact, value, at, 'text');
      case 'form':
        return impossible(fact, value, at, FORMS);
      case 'target':
        return impossible(fact, value, at, declared?.targets ?? null);
      case 'intake':
        return impossible(fact, value, at, declared?.intakes ?? null);
    }
  });
}

/** `known`: all values that the fact can have; null where they are not known. */
function impossible(
  fact: string,
  value: unknown,
  path: Path,
  known: readonly string[] | null,
): readonly PatternProblem[] {
  const wrong = wrongValues(fact, value, path, 'text');
  if (wrong.length > 0 || !Array.isArray(value) || known === null) return wrong;
  const values: readonly unknown[] = value;
  return values.flatMap((one, index) => {
    const compiled = compilePattern({ fact: [one] });
    if (compiled.kind === 'problems' || (isObject(one) && Object.hasOwn(one, 'exists'))) return [];
    if (known.some((name) => matches(compiled.pattern, { fact: name }))) return [];
    const near = typeof one === 'string' ? nearest(one, known) : null;
    const advice = near === null ? `they are ${known.join(', ') || 'none'}` : `did you mean ${near}?`;
    const said = typeof one === 'string' ? one : JSON.stringify(one);
    return [{ path: [...path, index], message: `no ${fact} is ever ${said}: ${advice}` }];
  });
}

/** The problems of each field, those within `$or` too. */
function eachField(
  pattern: Members,
  path: Path,
  problemsOf: (name: string, value: unknown, path: Path) => readonly PatternProblem[],
): readonly PatternProblem[] {
  return Object.entries(pattern).flatMap(([name, value]) => {
    const at = [...path, name];
    if (name !== '$or') return problemsOf(name, value, at);
    const alternatives: readonly unknown[] = Array.isArray(value) ? value : [];
    return alternatives.flatMap((one, index) =>
      isObject(one) ? eachField(one, [...at, index], problemsOf) : [],
    );
  });
}

function wrongErrorFacts(error: Members, path: Path): readonly PatternProblem[] {
  return eachField(error, path, (name, value, at) =>
    ERROR_FACTS.some((fact) => fact === name)
      ? wrongValues(`error.${name}`, value, at, 'text')
      : [unknown(at, name, ERROR_FACTS, 'an error')],
  );
}

function notMembers(fact: string, path: Path): PatternProblem {
  return { path, message: `${fact} has members: name one of them, as in { ${fact}: { MEMBER: [ … ] } }` };
}

/** Values of another type than the fact has: they never match. */
function wrongValues(
  fact: string,
  value: unknown,
  path: Path,
  type: 'text' | 'number',
): readonly PatternProblem[] {
  if (isObject(value)) return [{ path, message: `${fact} is a ${type}: give a list of values` }];
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  return values.flatMap((one, index) => {
    const isOther = isObject(one)
      ? Object.hasOwn(one, 'numeric') && type === 'text'
      : typeof one !== (type === 'text' ? 'string' : type);
    const advice = type === 'text' ? 'put the value into quotes' : 'write the value without quotes';
    return isOther ? [{ path: [...path, index], message: `${fact} is always a ${type}: ${advice}` }] : [];
  });
}

/** The pattern with the stage's name in what it says of targets and intakes, as their own names have it. */
function withStage(pattern: unknown, stage: string): unknown {
  if (!isObject(pattern)) return pattern;
  return Object.fromEntries(
    Object.entries(pattern).map(([name, value]) => {
      if (name === 'target' || name === 'intake') return [name, textsFilled(value, stage)];
      if (name !== '$or' || !Array.isArray(value)) return [name, value];
      return [name, value.map((one: unknown) => withStage(one, stage))];
    }),
  );
}

function textsFilled(value: unknown, stage: string): unknown {
  if (typeof value === 'string') return fillStage(value, stage) ?? value;
  if (Array.isArray(value)) return value.map((one: unknown) => textsFilled(one, stage));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, textsFilled(one, stage)]));
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
  return narrow.anyOf.every((one) => wide.anyOf.some((wider) => saysLess(wider, one)));
}

function saysLess(wide: Fields, narrow: Fields): boolean {
  return wide.every((field) => narrow.some((other) => isWider(field, other)));
}

function isWider(wide: Field, narrow: Field): boolean {
  if (wide.name !== narrow.name) return false;
  const [one, other] = [wide.node, narrow.node];
  if (one.kind === 'within' && other.kind === 'within') return saysLess(one.fields, other.fields);
  if (one.kind !== 'leaf' || other.kind !== 'leaf') return false;
  return other.tests.every((test) =>
    one.tests.some((wider) => same(wider, test) || (wider.kind === 'exists' && test.kind !== 'absent')),
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
