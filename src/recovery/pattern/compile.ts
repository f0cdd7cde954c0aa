import { isObject } from '../json.ts';
import { parseNetwork } from './address.ts';
import { isScalar } from './match.ts';
import type { Bound, Field, Node, Pattern, Test, TextTest } from './pattern.ts';

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
  const pattern = compiler.pattern(value, [], []);
  const { problems } = compiler;
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'pattern', pattern };
}

type Path = readonly (string | number)[];

const NO_PATTERN: Pattern = { fields: [], alternatives: [] };
const NO_TEST: readonly Test[] = [];

/** EventBridge's limits of numbers. */
const MOST_NUMBER = 5e9;

const TEXT_OPERATORS = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'] as const;
const OPERATORS: readonly string[] = [...TEXT_OPERATORS, 'anything-but', 'numeric', 'cidr', 'exists'];

class Compiler {
  readonly problems: PatternProblem[] = [];

  /** `path`: where it stands in the pattern. `names`: the members that lead to it in an event. */
  pattern(value: unknown, path: Path, names: readonly string[]): Pattern {
    if (!isObject(value)) return this.#wrong(path, 'a pattern is an object of fields', NO_PATTERN);
    const entries = Object.entries(value);
    if (entries.length === 0) return this.#wrong(path, 'a pattern without fields says nothing', NO_PATTERN);
    const fields: Field[] = [];
    const alternatives: (readonly Pattern[])[] = [];
    for (const [name, member] of entries) {
      if (name === '$or') alternatives.push(this.#alternatives(member, [...path, name], names));
      else fields.push({ name, node: this.#node(member, [...path, name], [...names, name]) });
    }
    this.#lintOr(value, path);
    return { fields, alternatives };
  }

  #alternatives(value: unknown, path: Path, names: readonly string[]): readonly Pattern[] {
    if (!Array.isArray(value) || value.length < 2 || !value.every(isObject)) {
      return this.#wrong(
        path,
        '$or takes a list of two or more patterns; otherwise EventBridge reads it as the name of a field',
        [],
      );
    }
    return value.map((one, index) => {
      const reserved = Object.keys(one).find((name) => OPERATORS.includes(name));
      if (reserved !== undefined) {
        this.#wrong(
          [...path, index, reserved],
          `${reserved} within $or is an operator's name: EventBridge then reads $or as the name of a field`,
          null,
        );
      }
      return this.pattern(one, [...path, index], names);
    });
  }

  /** Beside and within an `$or` EventBridge keeps one list per field: which, nobody should have to know. */
  #lintOr(value: Readonly<Record<string, unknown>>, path: Path): void {
    const within = Object.hasOwn(value, '$or') ? value['$or'] : undefined;
    if (!Array.isArray(within)) return;
    const beside = new Set(Object.keys(value).filter((name) => name !== '$or'));
    within.forEach((one: unknown, index) => {
      if (!isObject(one)) return;
      for (const name of Object.keys(one).filter((key) => beside.has(key))) {
        this.#wrong(
          [...path, '$or', index, name],
          `${name} stands beside $or and within it: EventBridge lets the one replace the other; say it in each alternative`,
          null,
        );
      }
    });
  }

  #node(value: unknown, path: Path, names: readonly string[]): Node {
    if (isObject(value)) return { kind: 'within', pattern: this.pattern(value, path, names) };
    if (!Array.isArray(value)) {
      return this.#wrong(path, 'a field takes a list of values, or a pattern of its own', {
        kind: 'leaf',
        tests: NO_TEST,
      });
    }
    if (value.length === 0) this.#wrong(path, 'an empty list matches nothing', null);
    const tests = value.flatMap((one: unknown, index) => this.#test(one, [...path, index], names));
    this.#lintList(tests, path);
    return { kind: 'leaf', tests };
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
    if (isScalar(value)) return [{ kind: 'equals', value }];
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
        return this.#wrong(at, `${operator} is no operator: it takes ${OPERATORS.join(', ')}`, NO_TEST);
    }
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
    return [{ kind: 'anything-but', values: values.filter(isScalar) }];
  }

  #anythingButText(operand: Readonly<Record<string, unknown>>, path: Path): readonly Test[] {
    const [entry, ...more] = Object.entries(operand);
    const operator = TEXT_OPERATORS.find((one) => one === entry?.[0]);
    if (entry === undefined || operator === undefined || more.length > 0) {
      return this.#wrong(path, `anything-but takes one of { ${TEXT_OPERATORS.join(', ')} }`, NO_TEST);
    }
    const operands: readonly unknown[] = Array.isArray(entry[1]) ? entry[1] : [entry[1]];
    if (operands.length === 0) this.#wrong([...path, operator], 'an empty list excludes nothing', null);
    const tests = operands.flatMap((one) => this.#textTest(operator, one, [...path, operator]));
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
    if (bounds.some(({ bound }) => Math.abs(bound.value) > MOST_NUMBER)) {
      return this.#wrong(path, 'EventBridge compares numbers from -5e9 to 5e9 only', NO_TEST);
    }
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
