/**
 * EventBridge event patterns, compiled. A pattern is a tree: inner nodes name members of the event, leaves are lists of tests
 * of which one must hold. Sources: the EventBridge user guide, "Event pattern syntax" and "Comparison operators".
 */

/** One of its choices must match: what `$or` says is multiplied out, so that one list's element must fit all of a choice. */
export type Pattern = { readonly anyOf: readonly Fields[] };

/** All of them must match. */
export type Fields = readonly Field[];

export type Field = { readonly name: string; readonly node: Node };

export type Node =
  | { readonly kind: 'within'; readonly fields: Fields }
  /** One test must hold for one of the values that are there. */
  | { readonly kind: 'leaf'; readonly tests: readonly Test[] };

/** EventBridge compares numbers from minus this to this; beyond, none is above or below another. */
export const MOST_NUMBER = 5e9;

/** Any value that is no object and no list. */
export type Scalar = string | number | boolean | null;

export type Test =
  | { readonly kind: 'equals'; readonly value: Scalar }
  | TextTest
  /** A value is there, and it is none of these. */
  | { readonly kind: 'anything-but'; readonly values: readonly Scalar[] }
  | { readonly kind: 'anything-but-text'; readonly tests: readonly TextTest[] }
  | { readonly kind: 'numeric'; readonly from: Bound | null; readonly to: Bound | null }
  | { readonly kind: 'cidr'; readonly network: Network }
  | { readonly kind: 'exists' }
  /** No value is there, under the whole way from the event's root. */
  | { readonly kind: 'absent'; readonly path: readonly string[] };

/** Tests that only texts can pass. */
export type TextTest =
  | { readonly kind: 'prefix'; readonly text: string; readonly anyCase: boolean }
  | { readonly kind: 'suffix'; readonly text: string; readonly anyCase: boolean }
  | { readonly kind: 'equals-ignore-case'; readonly text: string }
  /** The literal texts between the wildcards, in their order. */
  | { readonly kind: 'wildcard'; readonly parts: readonly string[] };

export type Bound = { readonly value: number; readonly isIncluded: boolean };

/**
 * An address range as the number of its first address, in decimal digits, and how many bits of it count. A pattern is plain JSON:
 * it is compiled into the bundle.
 */
export type Network = { readonly version: 4 | 6; readonly first: string; readonly bits: number };
