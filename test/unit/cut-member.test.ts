import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutMember } from '../../src/recovery/cut-member.ts';

const space = fc.constantFrom('', ' ', '\n  ', '\t', '\r\n');
const odd = fc.constantFrom(
  '42.50',
  '-0',
  '1e400',
  '12345678901234567890',
  '"\\ud83d\\ude00 \\"}],{[ \\\\"',
  '"\\ud800"',
  '{"a":1,"a":2}',
  '[ [ ], { } ]',
  'null',
  '{"requestPayload": {"requestPayload": 1}}',
);
const value = fc.oneof(odd, fc.json());

describe('a member that is cut out of a JSON text', () => {
  test('is the very text that stands there, whatever stands around it', () => {
    const other = fc.tuple(fc.string(), value).map(([key, text]) => [`not ${key}`, text] as const);
    const parts = fc.tuple(fc.array(other), value, fc.array(other), space, space);
    fc.assert(
      fc.property(parts, ([before, wanted, after, a, b]) => {
        const members = [...before, ['requestPayload', wanted] as const, ...after];
        const text = members.map(([key, item]) => `${a}${JSON.stringify(key)}${b}:${a}${item}${b}`).join(',');
        expect(cutMember(`${b}{${text}}${a}`, 'requestPayload')).toBe(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  test('agrees with JSON.parse on every object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, name) => {
        const cut = cutMember(JSON.stringify(object), name);
        expect(cut).toBe(Object.hasOwn(object, name) ? JSON.stringify(object[name]) : null);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['{}', null],
    ['{"b":1}', null],
    ['{"x":{"a":1}}', null],
    ['{"\\u0061":1}', '1'],
    ['{"a":1,"a":{"b":2}}', '{"b":2}'],
  ])('of %s is %j', (text, expected) => {
    expect(cutMember(text, 'a')).toBe(expected);
  });

  test('may be nested more deeply than any stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(cutMember(`{"a":${deep},"b":true}`, 'a')).toBe(deep);
  });
});
