import { isObject } from '../json.ts';
import { isInNetwork } from './address.ts';
import { MOST_NUMBER, type Bound, type Fields, type Node, type Pattern } from './pattern.ts';
import type { Scalar, Test, TextTest } from './pattern.ts';

/** Whether the event matches. A value that is no object matches no pattern. Linear in the event for each test of the pattern. */
export function matches(pattern: Pattern, event: unknown): boolean {
  if (!isObject(event)) return false;
  const isAbsent = absencesIn(event);
  return pattern.anyOf.some((fields) => matchesFields(fields, event, isAbsent));
}

type Members = Readonly<Record<string, unknown>>;
type AbsentTest = Extract<Test, { kind: 'absent' }>;
type IsAbsent = (test: AbsentTest) => boolean;

/** Only the whole event can say that something is nowhere in it; it is asked once, however many elements ask. */
function absencesIn(event: Members): IsAbsent {
  const answers = new Map<string, boolean>();
  return ({ path }) => {
    const key = JSON.stringify(path);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = !hasScalarAt(event, path);
    answers.set(key, answer);
    return answer;
  };
}

function matchesFields(fields: Fields, value: Members, isAbsent: IsAbsent): boolean {
  return fields.every(({ name, node }) => matchesNode(node, memberOf(value, name), isAbsent));
}

function memberOf(value: Members, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function matchesNode(node: Node, value: unknown, isAbsent: IsAbsent): boolean {
  switch (node.kind) {
    case 'within': {
      // Of a list one and the same element must match all that the pattern says of it.
      const objects = elementsOf(value).filter(isObject);
      // A pattern of nothing but absences also matches where there is no object at all.
      if (objects.length === 0) return matchesFields(node.fields, NOTHING, isAbsent);
      return objects.some((object) => matchesFields(node.fields, object, isAbsent));
    }
    case 'leaf': {
      const scalars = elementsOf(value).filter(isScalar);
      return node.tests.some((test) => passes(test, scalars, isAbsent));
    }
  }
}

const NOTHING: Members = {};

/**
 * The value, or what a list holds, lists within lists opened, in no order. Nothing where there is no value. Not recursive:
 * lists nest as deep as a sender likes.
 */
function elementsOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  const found: unknown[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (Array.isArray(one)) for (const element of one) open.push(element);
    else found.push(one);
  }
  return found;
}

export function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

function passes(test: Test, scalars: readonly Scalar[], isAbsent: IsAbsent): boolean {
  switch (test.kind) {
    case 'absent':
      return isAbsent(test);
    case 'exists':
      return scalars.length > 0;
    case 'equals':
    case 'anything-but':
    case 'anything-but-text':
    case 'numeric':
    case 'cidr':
    case 'prefix':
    case 'suffix':
    case 'equals-ignore-case':
    case 'wildcard':
      return scalars.some((scalar) => holds(test, scalar));
  }
}

function holds(test: Exclude<Test, { kind: 'absent' | 'exists' }>, value: Scalar): boolean {
  switch (test.kind) {
    case 'equals':
      return value === test.value;
    case 'anything-but':
      return !test.values.includes(value);
    case 'anything-but-text':
      return !test.tests.some((one) => typeof value === 'string' && holdsOfText(one, value));
    case 'numeric':
      return isComparable(value) && isAbove(value, test.from) && isBelow(value, test.to);
    case 'cidr':
      return typeof value === 'string' && isInNetwork(value, test.network);
    case 'prefix':
    case 'suffix':
    case 'equals-ignore-case':
    case 'wildcard':
      return typeof value === 'string' && holdsOfText(test, value);
  }
}

function holdsOfText(test: TextTest, text: string): boolean {
  switch (test.kind) {
    case 'prefix':
      return test.anyCase ? fold(text).startsWith(fold(test.text)) : text.startsWith(test.text);
    case 'suffix':
      return test.anyCase ? fold(text).endsWith(fold(test.text)) : text.endsWith(test.text);
    case 'equals-ignore-case':
      return fold(text) === fold(test.text);
    case 'wildcard':
      return holdsWildcard(test.parts, text);
  }
}

function fold(text: string): string {
  return text.toLowerCase();
}

/** Greedy from the left, the last part from the right: each part is looked for once, so hostile texts cost no more. */
function holdsWildcard(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end;
}

function isComparable(value: Scalar): value is number {
  return typeof value === 'number' && Math.abs(value) <= MOST_NUMBER;
}

function isAbove(value: number, bound: Bound | null): boolean {
  return bound === null || value > bound.value || (bound.isIncluded && value === bound.value);
}

function isBelow(value: number, bound: Bound | null): boolean {
  return bound === null || value < bound.value || (bound.isIncluded && value === bound.value);
}

/** Whether any value is there on this way, through whatever lists. */
function hasScalarAt(value: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  for (const element of elementsOf(value)) {
    if (name === undefined) {
      if (isScalar(element)) return true;
    } else if (isObject(element) && hasScalarAt(memberOf(element, name), rest)) return true;
  }
  return false;
}
