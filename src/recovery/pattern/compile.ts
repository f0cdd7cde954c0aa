import { isObject } from '../json.ts';
import { parseNetwork } from './address.ts';
import { isScalar } from './match.ts';
import { OPERATORS, refusalOf, RESERVED_WITHIN_OR, TEXT_OPERATORS } from './operators.ts';
import { MOST_NUMBER, type Bound, type Field, type Fields, type Pattern } from './pattern.ts';
import type { Scalar, Test, TextTest } from './pattern.ts';

/** Something wrong with a pattern, and where: the names and positions that lead to it. */
export type PatternProblem = { readonly path: readonly (string | number)[]; readonly message: string };

export type CompiledPattern =
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'problems'; readonly problems: readonly PatternProblem[] };

/**
 * Compiles a parsed pattern once. Everything that is wrong is reported at once: what EventBridge refuses, what it takes and
 * means otherwise than it reads, and what can never match.
 */
export function compilePattern(value: unknown): CompiledPattern {
  const compiler = new Compiler();
  const anyOf = compiler.choices(value, [], []);
  const { problems } = compiler;
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'pattern', pattern: { anyOf } };
}

type Path = readonly (string | number)[];

type Choices = readonly Fields[];

const NO_CHOICE: Choices = [[]];
const NO_TEST: readonly Test[] = [];

/** EventBridge's limit of what the alternatives of a pattern may multiply to. */
const MOST_CHOICES = 1000;

/** Deeper than anybody writes: what goes down into a pattern must come to an end before the stack does. */
const MOST_STEPS = 200;

/** What EventBridge's engine keeps of a number after its point. */
const MOST_DECIMALS = 6;

class Compiler {
  readonly problems: PatternProblem[] = [];

  /** `path`: where it stands in the pattern. `names`: the members that lead to it in an event. */
  choices(value: unknown, path: Path, names: readonly string[]): Choices {
    if (path.length > MOST_STEPS) return this.#wrong(path, 'the pattern is nested too deeply', NO_CHOICE);
    if (!isObject(value)) return this.#wrong(path, 'a pattern is an object of fields', NO_CHOICE);
    const entries = Object.entries(value);
    if (entries.length === 0) return this.#wrong(path, 'a pattern without fields says nothing', NO_CHOICE);
    let choices = NO_CHOICE;
    for (const [name, member] of entries) {
      const at = [...path, name];
      if (path.includes('$or')) this.#lintName(name, at);
      const more =
        name === '$or' ? this.#alternatives(member, at, names) : this.#field(name, member, at, names);
      if (choices.length * more.length > MOST_CHOICES) {
        return this.#wrong(at, `the alternatives multiply to more than ${MOST_CHOICES} patterns`, NO_CHOICE);
      }
      choices = choices.flatMap((one) => more.map((other) => together(one, other)));
    }
    this.#lintOr(value, path);
    return choices;
  }

  #alternatives(value: unknown, path: Path, names: readonly string[]): Choices {
    if (!Array.isArray(value) || value.length < 2 || !value.every(isObject)) {
      return this.#wrong(
        path,
        '$or takes a list of two or more patterns; otherwise EventBridge reads it as the name of a field',
        NO_CHOICE,
      );
    }
    return value.flatMap((one, index) => this.choices(one, [...path, index], names));
  }

  #lintName(name: string, path: Path): void {
    if (!RESERVED_WITHIN_OR.has(name)) return;
    this.#wrong(
      path,
      `${name} within $or is a name that EventBridge keeps for operators: it refuses it, or reads $or as the name of a field; test it beside $or`,
      null,
    );
  }

  /** Of one field beside and within an `$or` EventBridge keeps one list: which, nobody should have to know. */
  #lintOr(value: Readonly<Record<string, unknown>>, path: Path): void {
    const { $or: within, ...others } = value;
    if (!Array.isArray(within)) return;
    const beside = new Set(leavesOf(others, path, []).map(({ field }) => field));
    for (const { field, path: at } of leavesOf({ $or: within }, path, [])) {
      if (!beside.has(field)) continue;
      this.#wrong(
        at,
        `${field} stands beside $or and within it: EventBridge lets the one replace the other; say it in each alternative`,
        null,
      );
    }
  }

  #field(name: string, value: unknown, path: Path, outer: readonly string[]): Choices {
    const names = [...outer, name];
    if (!isObject(value)) return [[{ name, node: { kind: 'leaf', tests: this.#tests(value, path, names) } }]];
    return this.choices(value, path, names).map((fields) => [{ name, node: { kind: 'within', fields } }]);
  }

  #tests(value: unknown, path: Path, names: readonly string[]): readonly Test[] {
    if (!Array.isArray(value)) {
      return this.#wrong(path, 'a field takes a list of values, or a pattern of its own', NO_TEST);
    }
    if (value.length === 0) this.#wrong(path, 'an empty list matches nothing', null);
    const tests = value.flatMap((one: unknown, index) => this.#test(one, [...path, index], names));
    this.#lintList(tests, path);
    return tests;
  }

  /** EventBridge takes these two beside each other and then finds neither in all cases. */
  #lintList(tests: readonly Test[], path: Path): void {
    const kinds = new Set(tests.map(({ kind }) => kind));
    if (kinds.has('wildcard') && kinds.has('equals-ignore-case')) {
      this.#wrong(
        path,
        'wildcard and equals-ignore-case in one list do not work together in EventBridge: use two alternatives of $or',
        null,
      );
    }
  }

  #test(value: unknown, path: Path, names: readonly string[]): readonly Test[] {
    if (isScalar(value)) return [{ kind: 'equals', value: this.#exact(value, path) }];
    const [entry, ...more] = isObject(value) ? Object.entries(value) : [];
    if (entry === undefined || more.length > 0) {
      return this.#wrong(
        path,
        `a value is a text, a number, true, false, null, or one of { ${OPERATORS.join(', ')} }`,
        NO_TEST,
      );
    }
    const [operator, operand] = entry;
    const at = [...path, operator];
    switch (operator) {
      case 'prefix':
      case 'suffix':
      case 'equals-ignore-case':
      case 'wildcard':
        return this.#textTest(operator, operand, at);
      case 'anything-but':
        return this.#anythingBut(operand, at);
      case 'numeric':
        return this.#numeric(operand, at);
      case 'cidr':
        return this.#cidr(operand, at);
      case 'exists':
        if (typeof operand !== 'boolean') return this.#wrong(at, 'exists takes true or false', NO_TEST);
        return [operand ? { kind: 'exists' } : { kind: 'absent', path: names }];
      default:
        return this.#wrong(at, refusalOf(operator), NO_TEST);
    }
  }

  /** JSON's numbers lose their last digits here beyond 2^53: an id would be taken for its neighbour. */
  #exact(value: Scalar, path: Path): Scalar {
    return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
      ? this.#wrong(path, 'a number of so many digits cannot be told from its neighbours', value)
      : value;
  }

  #textTest(operator: (typeof TEXT_OPERATORS)[number], operand: unknown, path: Path): readonly TextTest[] {
    if (operator === 'prefix' || operator === 'suffix') {
      const anyCase = isObject(operand) && Object.keys(operand).join() === 'equals-ignore-case';
      const text = anyCase && isObject(operand) ? operand['equals-ignore-case'] : operand;
      if (typeof text === 'string') return [{ kind: operator, text, anyCase }];
      return this.#wrong(path, `${operator} takes a text, or { equals-ignore-case: text }`, []);
    }
    if (typeof operand !== 'string') return this.#wrong(path, `${operator} takes a text`, []);
    return operator === 'wildcard' ? this.#wildcard(operand, path) : [{ kind: operator, text: operand }];
  }

  #wildcard(text: string, path: Path): readonly TextTest[] {
    const parts = [''];
    for (let at = 0; at < text.length; at++) {
      const char = text[at] ?? '';
      const next = text[at + 1] ?? '';
      if (char === '*' && next === '*')
        return this.#wrong(path, 'two wildcards in a row say no more than one', []);
      if (char === '*') parts.push('');
      else {
        if (char === '\\' && next !== '*' && next !== '\\') {
          return this.#wrong(path, 'a backslash stands before * or another backslash only', []);
        }
        if (char === '\\') at++;
        parts[parts.length - 1] += char === '\\' ? next : char;
      }
    }
    return [{ kind: 'wildcard', parts }];
  }

  #anythingBut(operand: unknown, path: Path): readonly Test[] {
    if (isObject(operand)) return this.#anythingButText(operand, path);
    const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const isOfOneType =
      values.every((one) => typeof one === 'string') || values.every((one) => typeof one === 'number');
    if (values.length === 0 || !isOfOneType) {
      return this.#wrong(
        path,
        'anything-but takes a text, a number, a list of texts or of numbers, or { prefix | suffix | equals-ignore-case | wildcard: … }',
        NO_TEST,
      );
    }
    if (!values.every(isKept)) return this.#wrong(path, KEPT_NUMBERS, NO_TEST);
    return [{ kind: 'anything-but', values: values.filter(isScalar) }];
  }

  #anythingButText(operand: Readonly<Record<string, unknown>>, path: Path): readonly Test[] {
    const [entry, ...more] = Object.entries(operand);
    const operator = TEXT_OPERATORS.find((one) => one === entry?.[0]);
    if (entry === undefined || operator === undefined || more.length > 0) {
      const given = Object.keys(operand).join(', ') || 'nothing';
      return this.#wrong(
        path,
        `anything-but takes one of { ${TEXT_OPERATORS.join(', ')} }, not ${given}`,
        NO_TEST,
      );
    }
    const operands: readonly unknown[] = Array.isArray(entry[1]) ? entry[1] : [entry[1]];
    if (operands.length === 0) this.#wrong([...path, operator], 'an empty list excludes nothing', null);
    const takesEmpty = operator === 'wildcard' || operator === 'equals-ignore-case';
    const tests = operands.flatMap((one) => {
      if (typeof one === 'string' && (takesEmpty || one !== '')) {
        return this.#textTest(operator, one, [...path, operator]);
      }
      return this.#wrong([...path, operator], `${operator} takes a text here, and no empty one`, []);
    });
    return [{ kind: 'anything-but-text', tests }];
  }

  #numeric(operand: unknown, path: Path): readonly Test[] {
    const words = 'numeric takes [operator, number] or [">" or ">=", number, "<" or "<=", number]';
    if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4))
      return this.#wrong(path, words, NO_TEST);
    const parts: readonly unknown[] = operand;
    const first = boundOf(parts[0], parts[1]);
    const second = parts.length === 4 ? boundOf(parts[2], parts[3]) : null;
    if (first === null || (parts.length === 4 && second === null)) return this.#wrong(path, words, NO_TEST);
    const bounds = [first, ...(second === null ? [] : [second])];
    if (!bounds.every(({ bound }) => isKept(bound.value))) return this.#wrong(path, KEPT_NUMBERS, NO_TEST);
    if (second !== null && (first.operator !== 'from' || second.operator !== 'to'))
      return this.#wrong(path, words, NO_TEST);
    const isEqual = first.operator === 'both';
    const from = first.operator === 'to' ? null : first.bound;
    const to = isEqual ? first.bound : (second?.bound ?? (first.operator === 'to' ? first.bound : null));
    if (from !== null && to !== null && isEmpty(from, to))
      this.#wrong(path, 'no number lies in this range', null);
    return [{ kind: 'numeric', from, to }];
  }

  #cidr(operand: unknown, path: Path): readonly Test[] {
    const network = typeof operand === 'string' ? parseNetwork(operand) : null;
    if (network === null)
      return this.#wrong(path, 'cidr takes an address range such as 10.0.0.0/24 or 2001:db8::/32', NO_TEST);
    return [{ kind: 'cidr', network }];
  }

  #wrong<T>(path: Path, message: string, instead: T): T {
    this.problems.push({ path, message });
    return instead;
  }
}

/** What both say, the members of an object that both name being of one and the same object. */
function together(one: Fields, other: Fields): Fields {
  const all: Field[] = [...one];
  for (const field of other) {
    const at = all.findIndex(({ name, node }) => name === field.name && node.kind === 'within');
    const same = all[at]?.node;
    if (same?.kind !== 'within' || field.node.kind !== 'within') all.push(field);
    else
      all[at] = {
        name: field.name,
        node: { kind: 'within', fields: together(same.fields, field.node.fields) },
      };
  }
  return all;
}

type Leaf = { readonly field: string; readonly path: Path };

/** The fields of a pattern for which it has values, those of its alternatives too. */
function leavesOf(value: unknown, path: Path, names: readonly string[]): readonly Leaf[] {
  if (path.length > MOST_STEPS) return [];
  if (!isObject(value)) return [{ field: names.join('.'), path }];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = [...path, name];
    if (name !== '$or' || !Array.isArray(member)) return leavesOf(member, at, [...names, name]);
    return member.flatMap((one: unknown, index) => leavesOf(one, [...at, index], names));
  });
}

const KEPT_NUMBERS = `EventBridge compares numbers from -${MOST_NUMBER} to ${MOST_NUMBER} only, of up to ${MOST_DECIMALS} decimals`;

/** Whether EventBridge's engine keeps all of a number. Texts have no such limit. */
function isKept(value: unknown): boolean {
  return (
    typeof value !== 'number' ||
    (Math.abs(value) <= MOST_NUMBER && Number(value.toFixed(MOST_DECIMALS)) === value)
  );
}

type SidedBound = { readonly operator: 'from' | 'to' | 'both'; readonly bound: Bound };

function boundOf(operator: unknown, value: unknown): SidedBound | null {
  if (typeof value !== 'number') return null;
  switch (operator) {
    case '=':
      return { operator: 'both', bound: { value, isIncluded: true } };
    case '>':
      return { operator: 'from', bound: { value, isIncluded: false } };
    case '>=':
      return { operator: 'from', bound: { value, isIncluded: true } };
    case '<':
      return { operator: 'to', bound: { value, isIncluded: false } };
    case '<=':
      return { operator: 'to', bound: { value, isIncluded: true } };
    default:
      return null;
  }
}

function isEmpty(from: Bound, to: Bound): boolean {
  return from.value > to.value || (from.value === to.value && !(from.isIncluded && to.isIncluded));
}
