import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import {
  MEMBER_BYTES,
  MEMBER_EVENTS,
  packLines,
  unpackLines,
  unpackObject,
} from '../../src/aws/archive-object.ts';

const sectioned = fc.array(fc.record({ text: fc.json(), section: fc.constantFrom('a', 'b', 'c') }), {
  maxLength: 200,
});

describe('an archive object', () => {
  test('is one gzip stream of all its lines for any gzip reader', () => {
    fc.assert(
      fc.property(sectioned, (lines) => {
        const { body } = packLines(lines);
        const text = lines.length === 0 ? '' : gunzipSync(body).toString('utf8');
        expect(text).toBe(lines.map((line) => `${line.text}\n`).join(''));
      }),
    );
  });

  test('gives each line by its byte range alone', () => {
    fc.assert(
      fc.property(sectioned, (lines) => {
        const { body, places } = packLines(lines);
        const found = places.map(
          (at) => unpackLines(body.subarray(at.offsetBytes, at.offsetBytes + at.lengthBytes))[at.line],
        );
        expect(found).toEqual(lines.map((line) => line.text));
      }),
    );
  });

  test('gives all its lines with the places under which each is read alone', () => {
    fc.assert(
      fc.property(sectioned, (lines) => {
        const { body, places } = packLines(lines);
        const found = unpackObject(Uint8Array.from(body));
        expect(found).toEqual(lines.map(({ text }, index) => ({ text, place: places[index] })));
      }),
    );
  });

  test('says so when it is cut, changed, or none at all', () => {
    const { body } = packLines([{ text: '{"a":1}', section: 'a' }]);
    const changed = Buffer.from(body);
    changed[body.length - 5] = (changed[body.length - 5] ?? 0) ^ 1;
    for (const wrong of [body.subarray(0, -1), body.subarray(0, 12), changed, Buffer.from('{"a":1}')]) {
      expect(() => unpackObject(wrong)).toThrow();
    }
  });

  test('never holds two groups, too many events or too many bytes in one member', () => {
    const large = fc.array(
      fc.record({ text: fc.string({ minLength: 0, maxLength: 30_000 }), section: fc.constantFrom('a', 'b') }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(large, (lines) => {
        const { places } = packLines(lines);
        const members = Map.groupBy(lines, (line) => places[lines.indexOf(line)]?.offsetBytes);
        for (const member of members.values()) {
          expect(new Set(member.map((line) => line.section)).size).toBe(1);
          expect(member.length).toBeLessThanOrEqual(MEMBER_EVENTS);
          const bytes = member.reduce((sum, line) => sum + Buffer.byteLength(line.text) + 1, 0);
          if (member.length > 1) expect(bytes).toBeLessThanOrEqual(MEMBER_BYTES);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('says so when what is read is no member', () => {
    expect(() => unpackLines(Buffer.from('not gzip'))).toThrow();
  });
});
