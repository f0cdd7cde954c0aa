/**
 * The operators of EventBridge event patterns. Source: the EventBridge user guide, "Comparison operators for use in event
 * patterns".
 */

export const TEXT_OPERATORS = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'] as const;

export const OPERATORS: readonly string[] = [...TEXT_OPERATORS, 'anything-but', 'numeric', 'cidr', 'exists'];

const NUMERIC_SIGNS = ['=', '<', '<=', '>', '>='];

/**
 * Names that no field may have within `$or`, however deep: operators, and what may become one. Source: event-ruler, the
 * engine of EventBridge (github.com/aws/event-ruler), "The $or Primitive" and its `Constants.java`.
 */
export const RESERVED_WITHIN_OR: ReadonlySet<string> = new Set([
  ...OPERATORS,
  ...NUMERIC_SIGNS,
  'exactly',
  'html',
  'regex',
  'not-wildcard',
  'not-equals-ignore-case',
  'date-after',
  'date-on-or-after',
  'date-before',
  'date-on-or-before',
  'in-date-range',
  'ip-address-in-range',
  'ip-address-not-in-range',
]);

const THE_VALUE = 'write the value itself';
const NOT = 'write { anything-but: … }';
const NO_EXPRESSION = 'write prefix, suffix, wildcard, or several of them';

/** What says in EventBridge's words what other languages, or its engine alone, have another word for. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['exactly', THE_VALUE],
  ['equals', THE_VALUE],
  ['null', 'write null itself'],
  ['in', 'write the values themselves, one beside the other'],
  ['not', NOT],
  ['not-equals', NOT],
  ['not-wildcard', 'write { anything-but: { wildcard: … } }'],
  ['not-equals-ignore-case', 'write { anything-but: { equals-ignore-case: … } }'],
  ['contains', 'write { wildcard: "*text*" }'],
  ['regex', NO_EXPRESSION],
  ['matches', NO_EXPRESSION],
  ...NUMERIC_SIGNS.map((sign) => [sign, `write { numeric: ["${sign}", …] }`] as const),
]);

/** Says why a word is refused where an operator stands, and what to write. */
export function refusalOf(word: string): string {
  const instead = INSTEAD.get(word) ?? `it has ${OPERATORS.join(', ')}`;
  return `${word} is no operator that EventBridge documents: ${instead}`;
}
