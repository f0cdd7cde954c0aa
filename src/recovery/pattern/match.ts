import { isObject } from '../json.ts';
import { isInNetwork } from './address.ts';
import type { Bound, Node, Pattern, Scalar, Test, TextTest } from './pattern.ts';

/** Whether the event matches. A value that is no object matches no pattern. Linear in the event for each test of the pattern. */
export function matches(pattern: Pattern, event: unknown): boolean {
  return isObject(event) && matchesObject(pattern, event, event);
}

type Members = Readonly<Record<string, unknown>>;

/** `root`: the whole event, which alone can say that something is nowhere in it. */
function matchesObject(pattern: Pattern, value: Members, root: Members): boolean {
  return (
    pattern.fields.every(({ name, node }) => matchesNode(node, memberOf(value, name), root)) &&
    pattern.alternatives.every((patterns) => patterns.some((one) => matchesObject(one, value, root)))
  );
}

function memberOf(value: Members, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function matchesNode(node: Node, value: unknown, root: Members): boolean {
  switch (node.kind) {
    case 'within': {
      // Of a list one and the same element must match all that the pattern says of it.
      const objects = [...elementsOf(value)].filter(isObject);
      // A pattern of nothing but absences also matches where there is no object at all.
      if (objects.length === 0) return matchesObject(node.pattern, NOTHING, root);
      return objects.some((object) => matchesObject(node.pattern, object, root));
    }
    case 'leaf': {
      const scalars = [...elementsOf(value)].filter(isScalar);
      return node.tests.some((test) => passes(test, scalars, root));
    }
  }
}

const NOTHING: Members = {};

/** The value, or what a list holds, lists within lists opened. Nothing where there is no value. */
function* elementsOf(value: unknown): Generator {
  if (!Array.isArray(value)) {
    if (value !== undefined) yield value;
    return;
  }
  for (const element of value) yield* elementsOf(element);
}

export function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

function passes(test: Test, scalars: readonly Scalar[], root: Members): boolean {
  switch (test.kind) {
    case 'absent':
      return !hasScalarAt(root, test.path);
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
      return typeof value === 'number' && isAbove(value, test.from) && isBelow(value, test.to);
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
