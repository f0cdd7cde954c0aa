import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAddress, parseNetwork } from '../../src/recovery/pattern/address.ts';
import { compilePattern } from '../../src/recovery/pattern/compile.ts';
import { matches } from '../../src/recovery/pattern/match.ts';
import { compiledPattern } from '../support/compiled-pattern.ts';

function doesMatch(pattern: unknown, event: unknown): boolean {
  return matches(compiledPattern(pattern), event);
}

function problemsOf(pattern: unknown): string[] {
  const compiled = compilePattern(pattern);
  if (compiled.kind === 'pattern') return [];
  return compiled.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** Operator, pattern of the field `a`, values of `a` that match, values that do not. `undefined`: there is no `a`. */
const OPERATORS: readonly (readonly [string, readonly unknown[], readonly unknown[], readonly unknown[]])[] =
  [
    [
      'exact text',
      ['warehouse'],
      ['warehouse', ['x', 'warehouse']],
      ['Warehouse', 'ware', '', null, undefined, {}],
    ],
    ['exact number', [300], [300, 3e2, [1, 300]], ['300', 300.5, null, undefined]],
    ['exact null', [null], [null, [null]], ['', 0, false, undefined, 'null']],
    ['exact boolean', [false], [false], [true, 'false', 0, null, undefined]],
    ['empty text', [''], [''], [null, ' ', undefined]],
    ['one of several', ['credit', 'debit', 7], ['credit', 'debit', 7], ['cash', '7']],
    [
      'prefix',
      [{ prefix: 'eu-' }],
      ['eu-west-1', 'eu-', ['us-1', 'eu-1']],
      ['EU-west-1', 'us-eu-', 7, null, undefined],
    ],
    [
      'prefix in any case',
      [{ prefix: { 'equals-ignore-case': 'Eu-' } }],
      ['EU-west-1', 'eu-1'],
      ['us-1', undefined],
    ],
    ['suffix', [{ suffix: '.png' }], ['a.png', '.png'], ['a.PNG', 'a.png ', undefined]],
    ['suffix in any case', [{ suffix: { 'equals-ignore-case': '.Png' } }], ['a.PNG'], ['a.jpg']],
    ['equals-ignore-case', [{ 'equals-ignore-case': 'aLiCe' }], ['alice', 'ALICE'], ['alice ', 7, undefined]],
    [
      'anything-but a text',
      [{ 'anything-but': 'initial' }],
      ['other', '', 7, null, true, ['initial', 'x']],
      ['initial', ['initial'], undefined, []],
    ],
    ['anything-but texts', [{ 'anything-but': ['a', 'b'] }], ['c', 7], ['a', 'b', undefined]],
    ['anything-but numbers', [{ 'anything-but': [100, 200] }], [300, '100'], [100, 200.0, undefined]],
    [
      'anything-but a prefix',
      [{ 'anything-but': { prefix: 'us-' } }],
      ['eu-1', 7, null],
      ['us-1', undefined],
    ],
    ['anything-but prefixes', [{ 'anything-but': { prefix: ['us-', 'ap-'] } }], ['eu-1'], ['us-1', 'ap-1']],
    ['anything-but a suffix', [{ 'anything-but': { suffix: '.png' } }], ['a.jpg'], ['a.png', undefined]],
    [
      'anything-but in any case',
      [{ 'anything-but': { 'equals-ignore-case': ['a', 'b'] } }],
      ['c'],
      ['A', 'b', undefined],
    ],
    [
      'anything-but a wildcard',
      [{ 'anything-but': { wildcard: '*/lib/*' } }],
      ['/usr/bin/x'],
      ['/usr/lib/x', undefined],
    ],
    ['numeric equals', [{ numeric: ['=', 301.8] }], [301.8, 3.018e2], [301, '301.8', null, undefined]],
    ['numeric below', [{ numeric: ['<', 10] }], [9.999, -5], [10, 11, '1', undefined]],
    ['numeric up to', [{ numeric: ['<=', 10] }], [10], [10.001]],
    ['numeric above', [{ numeric: ['>', 10] }], [10.001], [10]],
    ['numeric range', [{ numeric: ['>', 0, '<=', 5] }], [5, 0.1, [9, 3]], [0, 5.1, [0, 6], undefined]],
    ['numeric from', [{ numeric: ['>=', 10] }], [10, 10.5], [9.999]],
    ['numeric range with its ends', [{ numeric: ['>=', 1, '<', 5] }], [1, 4.9], [0.9, 5]],
    ['numeric range of one number', [{ numeric: ['>=', 5, '<=', 5] }], [5], [4.9, 5.1]],
    [
      'anything-but an empty text in any case',
      [{ 'anything-but': { 'equals-ignore-case': '' } }],
      ['a'],
      [''],
    ],
    [
      'wildcards whose ends need all of the text',
      [{ wildcard: 'ab*ab*ba' }],
      ['ababba', 'abxabxba'],
      ['abba', 'abbaba', 'abaxba'],
    ],
    ['exists', [{ exists: true }], ['', null, 0, false, [1]], [undefined, {}, [], { b: 1 }]],
    ['exists not', [{ exists: false }], [undefined, {}, [], { b: 1 }], ['', null, 0, [1], [[2]]]],
    [
      'cidr',
      [{ cidr: '10.0.0.0/24' }],
      ['10.0.0.0', '10.0.0.255'],
      ['10.0.1.0', '10.0.0', '10.0.0.256', 7, '::a00:1', undefined],
    ],
    [
      'cidr of IPv6',
      [{ cidr: '2001:db8::/32' }],
      ['2001:db8::1', '2001:DB8:ffff::'],
      ['2001:db9::1', '10.0.0.1'],
    ],
    [
      'wildcard',
      [{ wildcard: 'dir/*.png' }],
      ['dir/a.png', 'dir/.png', 'dir/a/b.png'],
      ['dir/a.jpg', 'adir/a.png', undefined],
    ],
    ['wildcards', [{ wildcard: '*a*b*' }], ['ab', 'xaxbx', 'aab'], ['ba', 'a', '']],
    ['an escaped wildcard', [{ wildcard: 'a\\*b\\\\*' }], ['a*b\\', 'a*b\\c'], ['axb\\', 'a*b']],
    ['wildcards that must not overlap', [{ wildcard: 'ab*ba' }], ['abba', 'abxba'], ['aba', 'ab', 'ba']],
    ['a field or its absence', [{ exists: false }, 'x'], [undefined, 'x'], ['y']],
  ];

describe('an operator', () => {
  test.each(OPERATORS)('%s', (_, field, matching, others) => {
    for (const a of matching)
      expect({ a, matches: doesMatch({ a: field }, { a }) }).toEqual({ a, matches: true });
    for (const a of others)
      expect({ a, matches: doesMatch({ a: field }, { a }) }).toEqual({ a, matches: false });
  });
});

describe('a pattern', () => {
  const event = {
    source: 'shop.orders',
    detail: {
      state: 'running',
      total: 42.5,
      items: [
        { sku: 'A-1', left: 0 },
        { sku: 'B-2', left: 7 },
      ],
      tags: [['x'], ['y', 'z']],
    },
  };

  test.each([
    ['all of its fields must match', { source: ['shop.orders'], detail: { state: ['stopped'] } }, false],
    ['fields that it does not name do not count', { detail: { state: ['running'] } }, true],
    ['a list of lists is one list', { detail: { tags: ['z'] } }, true],
    [
      'one element must match all that is said of it',
      { detail: { items: { sku: ['A-1'], left: [0] } } },
      true,
    ],
    ['two elements do not make one', { detail: { items: { sku: ['A-1'], left: [7] } } }, false],
    ['what is not there is absent at any depth', { other: { deep: { x: [{ exists: false }] } } }, true],
    ['what one element has is not absent', { detail: { items: { left: [{ exists: false }] } } }, false],
    ['a pattern where a value stands matches nothing', { source: { x: ['y'] } }, false],
    ['a list where an object stands matches nothing', { detail: ['running'] }, false],
    ['the prototype is no member', { constructor: [{ exists: true }] }, false],
    ['one alternative is enough', { $or: [{ source: ['other'] }, { detail: { state: ['running'] } }] }, true],
    ['no alternative is not', { $or: [{ source: ['other'] }, { detail: { state: ['stopped'] } }] }, false],
    [
      'alternatives stand beside fields',
      { source: ['other'], $or: [{ detail: { state: ['running'] } }, { a: [1] }] },
      false,
    ],
    [
      'alternatives nest',
      { $or: [{ a: [1] }, { source: ['shop.orders'], $or: [{ b: [1] }, { detail: { total: [42.5] } }] }] },
      true,
    ],
    [
      'alternatives within a field',
      { detail: { $or: [{ state: ['stopped'] }, { total: [{ numeric: ['>', 42] }] }] } },
      true,
    ],
    [
      'alternatives may say more of an object that stands beside them',
      { detail: { state: ['running'] }, $or: [{ detail: { total: [42.5] } }, { detail: { b: [1] } }] },
      true,
    ],
    [
      'one element must match what is said of it beside and within alternatives',
      { detail: { items: { sku: ['A-1'] } }, $or: [{ detail: { items: { left: [7] } } }, { b: [1] }] },
      false,
    ],
    [
      'the element that does is enough',
      { detail: { items: { sku: ['B-2'] } }, $or: [{ detail: { items: { left: [7] } } }, { b: [1] }] },
      true,
    ],
  ])('%s', (_, pattern, expected) => {
    expect(doesMatch(pattern, event)).toBe(expected);
  });

  test('opens lists however deeply they nest', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}"x"${']'.repeat(50_000)}`);
    expect(doesMatch({ a: ['x'] }, { a: deep })).toBe(true);
    expect(doesMatch({ a: { b: [{ exists: false }] } }, { a: deep })).toBe(true);
  });

  test('asks the whole event once what is nowhere in it, however many elements want to know', () => {
    let looks = 0;
    const items = Array.from(
      { length: 1000 },
      () =>
        new Proxy(
          {},
          {
            getOwnPropertyDescriptor: () => {
              looks++;
              return undefined;
            },
          },
        ),
    );
    expect(doesMatch({ items: { deleted: [{ exists: false }], urgent: [true] } }, { items })).toBe(false);
    expect(looks).toBeLessThanOrEqual(3 * items.length);
  });

  test('compares no number beyond what EventBridge compares', () => {
    expect(doesMatch({ at: [{ numeric: ['>', 0] }] }, { at: 5e9 })).toBe(true);
    expect(doesMatch({ at: [{ numeric: ['>', 0] }] }, { at: 1_700_000_000_000 })).toBe(false);
  });

  test.each([null, 7, 'text', [{ source: 'shop.orders' }], undefined])(
    'never matches %j, which is no object',
    (value) => {
      expect(doesMatch({ a: [{ exists: false }] }, value)).toBe(false);
    },
  );
});

describe('what is wrong with a pattern', () => {
  test.each([
    ['no object', ['x'], ': a pattern is an object'],
    ['no field', {}, ': a pattern without fields'],
    ['a bare value', { a: 'x' }, 'a: a field takes a list'],
    ['an empty list', { a: [] }, 'a: an empty list matches nothing'],
    ['an unknown operator', { a: [{ contains: 'x' }] }, 'a.0.contains: contains is no operator'],
    [
      'the engine’s own word for a value',
      { a: [{ exactly: 'x' }] },
      'a.0.exactly: exactly is no operator that EventBridge documents: write the value itself',
    ],
    ['a sign where numeric stands', { a: [{ '>=': 5 }] }, 'write { numeric: [">=", …] }'],
    ['a regular expression', { a: [{ regex: 'x.*' }] }, 'write prefix, suffix, wildcard'],
    [
      'a word that nobody knows',
      { a: [{ near: 'x' }] },
      'it has prefix, suffix, equals-ignore-case, wildcard',
    ],
    ['two operators at once', { a: [{ prefix: 'x', suffix: 'y' }] }, 'a.0: a value is'],
    ['a list within a list', { a: [['x']] }, 'a.0: a value is'],
    ['a prefix that is no text', { a: [{ prefix: 7 }] }, 'a.0.prefix: prefix takes a text'],
    ['two wildcards in a row', { a: [{ wildcard: 'a**b' }] }, 'a.0.wildcard: two wildcards'],
    ['a stray backslash', { a: [{ wildcard: 'a\\b' }] }, 'a.0.wildcard: a backslash'],
    [
      'anything-but of two types',
      { a: [{ 'anything-but': ['x', 7] }] },
      'a.0.anything-but: anything-but takes',
    ],
    ['anything-but of null', { a: [{ 'anything-but': null }] }, 'a.0.anything-but: anything-but takes'],
    [
      'anything-but a number range',
      { a: [{ 'anything-but': { numeric: ['>', 1] } }] },
      'a.0.anything-but: anything-but takes one of { prefix, suffix, equals-ignore-case, wildcard }, not numeric',
    ],
    ['an empty range', { a: [{ numeric: ['>', 5, '<', 5] }] }, 'a.0.numeric: no number lies'],
    ['a range upside down', { a: [{ numeric: ['<', 5, '>', 1] }] }, 'a.0.numeric: numeric takes'],
    ['a number beyond the limit', { a: [{ numeric: ['>', 6e9] }] }, 'a.0.numeric: EventBridge compares'],
    ['a number of seven decimals', { a: [{ numeric: ['>', 0.1234567] }] }, 'of up to 6 decimals'],
    ['a lower end that is all decimals', { a: [{ numeric: ['>', 1e-7, '<', 1] }] }, 'of up to 6 decimals'],
    ['an upper end of seven decimals', { a: [{ numeric: ['>', 0, '<', 0.1234567] }] }, 'of up to 6 decimals'],
    [
      'anything-but a number of seven decimals',
      { a: [{ 'anything-but': 0.1234567 }] },
      'a.0.anything-but: EventBridge compares',
    ],
    [
      'anything-but a number beyond the limit',
      { a: [{ 'anything-but': [7, 5e9 + 1] }] },
      'a.0.anything-but: EventBridge compares',
    ],
    ['a range of three parts', { a: [{ numeric: ['>', 5, '<'] }] }, 'a.0.numeric: numeric takes'],
    ['a range of five parts', { a: [{ numeric: ['>', 5, '<', 6, 7] }] }, 'a.0.numeric: numeric takes'],
    ['a range that is no list', { a: [{ numeric: '>5' }] }, 'a.0.numeric: numeric takes'],
    ['a range without an end', { a: [{ numeric: ['>', 5, '<', 'x'] }] }, 'a.0.numeric: numeric takes'],
    ['a range without an operator', { a: [{ numeric: ['~', 5] }] }, 'a.0.numeric: numeric takes'],
    ['a range of two lower ends', { a: [{ numeric: ['>', 5, '>', 6] }] }, 'a.0.numeric: numeric takes'],
    [
      'a range that begins with its end',
      { a: [{ numeric: ['=', 5, '<', 6] }] },
      'a.0.numeric: numeric takes',
    ],
    ['an upper end beyond the limit', { a: [{ numeric: ['>', 1, '<', 6e9] }] }, 'a.0.numeric: EventBridge'],
    [
      'a range that excludes one of its ends',
      { a: [{ numeric: ['>=', 5, '<', 5] }] },
      'a.0.numeric: no number',
    ],
    [
      'a prefix of two words',
      { a: [{ prefix: { 'equals-ignore-case': 'x', suffix: 'y' } }] },
      'a.0.prefix: prefix takes a text',
    ],
    ['a prefix of another operator', { a: [{ prefix: { suffix: 'x' } }] }, 'a.0.prefix: prefix takes a text'],
    [
      'a text operator of a number',
      { a: [{ 'equals-ignore-case': 7 }] },
      'a.0.equals-ignore-case: equals-ignore',
    ],
    ['anything-but nothing', { a: [{ 'anything-but': [] }] }, 'a.0.anything-but: anything-but takes'],
    [
      'anything-but no prefixes',
      { a: [{ 'anything-but': { prefix: [] } }] },
      'a.0.anything-but.prefix: an empty list excludes nothing',
    ],
    [
      'anything-but two operators',
      { a: [{ 'anything-but': { prefix: 'x', suffix: 'y' } }] },
      'a.0.anything-but: anything-but takes one of { prefix, suffix',
    ],
    ['an alternative that is no pattern', { $or: [{ a: [1] }, 7] }, '$or: $or takes a list of two'],
    ['an address range without digits', { a: [{ cidr: '10.0.0.0/x' }] }, 'a.0.cidr: cidr takes'],
    ['an address range of too many bits', { a: [{ cidr: '10.0.0.0/33' }] }, 'a.0.cidr: cidr takes'],
    ['an address range of two masks', { a: [{ cidr: '10.0.0.0/8/8' }] }, 'a.0.cidr: cidr takes'],
    ['an address range that is no text', { a: [{ cidr: 7 }] }, 'a.0.cidr: cidr takes'],
    ['an address without its bits', { a: [{ cidr: '10.0.0.0' }] }, 'a.0.cidr: cidr takes'],
    ['exists of a text', { a: [{ exists: 'true' }] }, 'a.0.exists: exists takes'],
    ['one alternative', { $or: [{ a: [1] }] }, '$or: $or takes a list of two'],
    [
      'an operator as an alternative',
      { $or: [{ prefix: ['x'] }, { a: [1] }] },
      '$or.0.prefix: prefix within $or',
    ],
    [
      'an operator’s name below an alternative',
      { $or: [{ a: { b: { numeric: [1] } } }, { a: [1] }] },
      '$or.0.a.b.numeric: numeric within $or',
    ],
    [
      'an operator’s name in an alternative of an alternative',
      { x: { $or: [{ a: [1], $or: [{ cidr: [1] }, { b: [1] }] }, { c: [1] }] } },
      'x.$or.0.$or.0.cidr: cidr within $or',
    ],
    [
      'a name that may become an operator, within $or',
      { $or: [{ regex: [1] }, { a: [1] }] },
      '$or.0.regex: regex within $or',
    ],
    ['a numeric sign as a field within $or', { $or: [{ a: [1] }, { '<=': [1] }] }, '$or.1.<=: <= within $or'],
    [
      'a field inside and beside $or',
      { a: [1], $or: [{ a: [2] }, { b: [1] }] },
      '$or.0.a: a stands beside $or',
    ],
    [
      'a field inside and beside $or, two alternatives deep',
      { a: [1], $or: [{ x: [1], $or: [{ a: [2] }, { b: [1] }] }, { c: [1] }] },
      '$or.0.$or.0.a: a stands beside $or',
    ],
    [
      'a field within an object inside and beside $or',
      { a: { b: [1], c: [1] }, $or: [{ a: { b: [2] } }, { d: [1] }] },
      '$or.0.a.b: a.b stands beside $or',
    ],
    [
      'more alternatives than EventBridge takes',
      Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`f${n}`, { $or: [{ a: [1] }, { b: [1] }] }])),
      'f9: the alternatives multiply',
    ],
    ['a number that loses its last digits', { id: [2 ** 53 + 2] }, 'id.0: a number of so many digits'],
    [
      'a number that loses its last digits, excluded',
      { id: [{ 'anything-but': [2 ** 53 + 2] }] },
      'id.0.anything-but: EventBridge compares numbers from -5000000000 to 5000000000 only, of up to 6 decimals',
    ],
    [
      'anything-but an empty prefix',
      { a: [{ 'anything-but': { prefix: '' } }] },
      'a.0.anything-but.prefix: prefix takes a text here',
    ],
    [
      'anything-but a prefix in any case',
      { a: [{ 'anything-but': { prefix: { 'equals-ignore-case': 'x' } } }] },
      'a.0.anything-but.prefix: prefix takes a text here',
    ],
    [
      'a pattern without end',
      JSON.parse(`${'{"a":'.repeat(20_000)}["x"]${'}'.repeat(20_000)}`),
      'the pattern is nested too deeply',
    ],
    [
      'alternatives without end',
      JSON.parse(`${'{"$or":[{"x":[1]},'.repeat(20_000)}{"x":[1]}${']}'.repeat(20_000)}`),
      'the pattern is nested too deeply',
    ],
    [
      'wildcard beside equals-ignore-case',
      { a: [{ wildcard: 'x*' }, { 'equals-ignore-case': 'y' }] },
      'a: wildcard and equals-ignore-case',
    ],
  ])('is said of %s, with its place', (_, pattern, expected) => {
    expect(problemsOf(pattern).join('\n')).toContain(expected);
  });

  test.each([
    'prefix',
    'suffix',
    'equals-ignore-case',
    'wildcard',
    'anything-but',
    'numeric',
    'cidr',
    'exists',
  ])('a field within $or cannot be named as the operator %s', (name) => {
    expect(problemsOf({ $or: [{ a: [1] }, { [name]: ['x'] }] }).join()).toContain(
      `$or.1.${name}: ${name} within $or`,
    );
  });

  test.each([
    ['equals', 'write the value itself'],
    ['null', 'write null itself'],
    ['in', 'write the values themselves'],
    ['not', 'write { anything-but: … }'],
    ['not-equals', 'write { anything-but: … }'],
    ['contains', 'write { wildcard: "*text*" }'],
    ['matches', 'write prefix, suffix, wildcard'],
    ['=', 'write { numeric: ["=", …] }'],
    ['<', 'write { numeric: ["<", …] }'],
    ['>', 'write { numeric: [">", …] }'],
    ['not-wildcard', 'write { anything-but: { wildcard: … } }'],
    ['not-equals-ignore-case', 'write { anything-but: { equals-ignore-case: … } }'],
  ])('to whom writes %s, as elsewhere, it is said what EventBridge has for it: %s', (word, advice) => {
    expect(problemsOf({ a: [{ [word]: 'x' }] }).join()).toContain(`a.0.${word}: ${word} is no operator`);
    expect(problemsOf({ a: [{ [word]: 'x' }] }).join()).toContain(advice);
  });

  test('is nothing where an operator’s name is a field’s, outside of $or', () => {
    expect(doesMatch({ prefix: ['x'], a: { numeric: [1] } }, { prefix: 'x', a: { numeric: 1 } })).toBe(true);
    expect(doesMatch({ prefix: ['x'], $or: [{ a: [1] }, { b: [1] }] }, { prefix: 'x', b: 1 })).toBe(true);
  });

  test('is nothing for the largest numbers and all six decimals', () => {
    for (const n of [5e9, -5e9, 4_999_999_999.999999, 0.000001, -0.000001, 301.8, 0.1 + 0.7]) {
      const kept = Number(n.toFixed(6));
      expect(doesMatch({ a: [{ numeric: ['=', kept] }] }, { a: kept })).toBe(true);
      expect(doesMatch({ a: [{ 'anything-but': kept }] }, { a: kept })).toBe(false);
    }
  });

  test('is said all at once', () => {
    expect(problemsOf({ a: 'x', b: { c: [] }, d: [{ prefix: 1 }, { nope: 1 }] })).toHaveLength(4);
  });

  test('is never a throw, whatever the pattern is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        compilePattern(value);
      }),
    );
  });
});

function escape(part: string): string {
  return part.replaceAll(/[\\*]/g, '\\$&');
}

describe('for any text', () => {
  const text = fc.string({ maxLength: 12 });

  test('prefix, suffix and wildcard say what the language’s own words say', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, whole) => {
        expect(doesMatch({ x: [{ prefix: a }] }, { x: a + whole })).toBe(true);
        expect(doesMatch({ x: [{ suffix: b }] }, { x: whole + b })).toBe(true);
        expect(doesMatch({ x: [{ wildcard: `${escape(a)}*${escape(b)}` }] }, { x: a + whole + b })).toBe(
          true,
        );
        expect(doesMatch({ x: [{ wildcard: escape(whole) }] }, { x: whole })).toBe(true);
      }),
    );
  });

  test('wildcards agree with a regular expression', () => {
    const part = fc.stringMatching(/^[ab]{0,2}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.stringMatching(/^[ab]{0,10}$/),
        (parts, value) => {
          const wildcard = parts.join('*');
          fc.pre(!wildcard.includes('**'));
          const expression = new RegExp(`^${parts.join('.*')}$`);
          expect(doesMatch({ x: [{ wildcard }] }, { x: value })).toBe(expression.test(value));
        },
      ),
    );
  });

  test('anything-but is the contrary of the same test wherever there is a value', () => {
    fc.assert(
      fc.property(text, text, (value, other) => {
        const operators = other === '' ? ['equals-ignore-case'] : ['prefix', 'suffix', 'equals-ignore-case'];
        for (const operator of operators) {
          const same = doesMatch({ x: [{ [operator]: other }] }, { x: value });
          expect(doesMatch({ x: [{ 'anything-but': { [operator]: other } }] }, { x: value })).toBe(!same);
        }
        expect(doesMatch({ x: [{ 'anything-but': other }] }, { x: value })).toBe(value !== other);
      }),
    );
  });

  test('exists and its contrary never agree', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue()), (event) => {
        const isThere = doesMatch({ a: [{ exists: true }] }, event);
        expect(doesMatch({ a: [{ exists: false }] }, event)).toBe(!isThere);
      }),
    );
  });
});

describe('an address', () => {
  test.each([
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    '1::',
    '2001:db8::ff00:42:8329',
    '::ffff:10.0.0.1',
    '1:2:3:4:5:6:7:8',
  ])('%s is one', (text) => {
    expect(parseAddress(text)).not.toBeNull();
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.0.0.1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '1:2:3:4:5:6:7::8:9',
    '::1.2.3',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test('range counts its bits', () => {
    expect(parseNetwork('10.0.0.7/24')).toEqual(parseNetwork('10.0.0.0/24'));
    for (const wrong of ['10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/a', '10.0.0.0/24/1'])
      expect(parseNetwork(wrong)).toBeNull();
  });
});
