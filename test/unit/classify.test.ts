import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CATEGORIES } from '../../src/recovery/category.ts';
import { classify, evidenceFor, RULE_NAMES, RULES } from '../../src/recovery/classify.ts';
import { PhraseIndex } from '../../src/recovery/knowledge/phrase-index.ts';
import { wordsOf } from '../../src/recovery/knowledge/words.ts';
import { AWS_CASES } from './knowledge-cases/aws-cases.ts';
import { CODE_CASES } from './knowledge-cases/code-cases.ts';
import { DEPENDENCY_CASES } from './knowledge-cases/dependency-cases.ts';
import { PLATFORM_CASES } from './knowledge-cases/platform-cases.ts';
import { TRAPS } from './knowledge-cases/traps.ts';

const CASES = [...PLATFORM_CASES, ...AWS_CASES, ...DEPENDENCY_CASES, ...CODE_CASES];
const NOTHING_KNOWN = { category: 'unknown', rule: 'nothing-known' };

function wordsOrAny(part: string): string {
  return part === '*' || part === '**' ? part : wordsOf(part).join(' ');
}

function said(message: string, code: string | null = '200') {
  return classify({ code, type: null, message });
}

describe('what the products document', () => {
  test.each(CASES)('$rule claims $error.type $error.message', ({ category, rule, error }) => {
    expect(classify(error)).toEqual({ category, rule });
  });

  test('every rule claims a case', () => {
    const claimed = new Set(CASES.map((one) => one.rule));
    expect(RULE_NAMES.filter((name) => !claimed.has(name))).toEqual([]);
  });

  test.each(CASES)(
    'the case of $rule is judged alike in capitals: $error.message',
    ({ category, rule, error }) => {
      expect(classify({ ...error, message: error.message?.toUpperCase() ?? null })).toEqual({
        category,
        rule,
      });
    },
  );
});

describe('a word alone is no knowledge', () => {
  test.each(TRAPS)('nothing is known about: %s', (sentence) => {
    expect(said(sentence)).toEqual(NOTHING_KNOWN);
  });

  test('nothing is known of an error without code, type and message', () => {
    expect(classify({ code: null, type: null, message: null })).toEqual(NOTHING_KNOWN);
  });

  test('a part of a word is not the word', () => {
    expect(said('ECONNREFUSEDLY')).toEqual(NOTHING_KNOWN);
    expect(said('xrate exceeded')).toEqual(NOTHING_KNOWN);
    expect(said('notfound')).toEqual(NOTHING_KNOWN);
  });

  test('a class name counts as a type and not as a word of a message', () => {
    expect(classify({ code: '200', type: 'KeyError', message: "'total'" }).category).toBe('defect');
    expect(said('The KeyError of the piano was fixed')).toEqual(NOTHING_KNOWN);
  });

  test('a bare status text is one only when nothing else is said', () => {
    expect(said('Forbidden.').category).toBe('misconfigured');
    expect(said('Forbidden goods')).toEqual(NOTHING_KNOWN);
  });

  test('a bare status text is at most 256 characters long, with all that stands around it', () => {
    expect(said('Forbidden'.padEnd(256, '\n')).category).toBe('misconfigured');
    expect(said('Forbidden'.padEnd(257, '\n'))).toEqual(NOTHING_KNOWN);
  });
});

describe('the order of trust', () => {
  test('the code that the platform alone can set beats every text', () => {
    expect(said('Cannot read properties of undefined', '429').rule).toBe('lambda-throttled-until-too-old');
    expect(said('connect ECONNREFUSED 10.0.0.7:5432', '404').rule).toBe('lambda-function-gone');
  });

  test('a handler that quotes the text of a stopped function is not a stopped function', () => {
    const text = 'Function isconfigured with zero reserved concurrent executions';
    expect(said(text, null).rule).toBe('lambda-function-stopped');
    expect(said(text, '200')).toEqual(NOTHING_KNOWN);
  });

  test('the function’s own timeout is exhausted, a client’s is transient', () => {
    expect(said('Task timed out after 3.00 seconds').category).toBe('exhausted');
    expect(said('Request timed out').category).toBe('transient');
  });

  test('an error code beats the status it came with', () => {
    expect(said('(Service: S3, Status Code: 400, Error Code: NoSuchKey)').rule).toBe('aws-object-missing');
    expect(said('StatusCode: 400, api error ThrottlingException: Rate exceeded').category).toBe('transient');
  });

  test('a wrapped cause beats the class of its wrapper', () => {
    expect(classify({ code: '200', type: 'TypeError', message: 'fetch failed' }).category).toBe('transient');
    expect(
      classify({ code: '200', type: 'SyntaxError', message: 'Unexpected end of JSON input' }).category,
    ).toBe('poison');
  });

  test('a used-up credit is not a rate limit', () => {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    expect(classify({ code: '200', type: 'RateLimitError', message }).category).toBe('misconfigured');
  });

  test('a module that cannot be found is a defect however it is quoted', () => {
    for (const quote of ["'", '"', '`', '’']) {
      expect(said(`Cannot find module ${quote}x${quote}`).category).toBe('defect');
    }
  });
});

describe('the name of a setting', () => {
  const missing = { category: 'misconfigured', rule: 'setting-missing' };

  test.each([
    "'MAIL_HOST'",
    'key not found: "MAIL_HOST"',
    "Value cannot be null. (Parameter 'MAIL_HOST')",
    'MAIL_HOST is required',
    '"MAIL_HOST" must be set',
    'process.env.MAIL_HOST is undefined',
    'MAIL_HOST not configured',
    'Missing MAIL_HOST',
    'missing required `MAIL_HOST` in this stage',
  ])('in capitals and said to be missing: %s', (message) => {
    expect(said(message)).toEqual(missing);
  });

  test.each([
    "'customer_id'",
    "'TOTAL'",
    "'_'",
    "'MAIL_HOST",
    '\'MAIL_HOST"',
    'MAIL_HOST',
    'E_4402',
    'MAIL_HOST was reached',
    'total_sum is required',
    `'${'A_'.repeat(60)}A'`,
  ])('is none, or is not said to be missing: %s', (message) => {
    expect(said(message)).not.toEqual(missing);
  });
});

describe('the tables', () => {
  test('no two rules share a name, and no rule takes the name of the answer for nothing', () => {
    expect(new Set([...RULE_NAMES, NOTHING_KNOWN.rule]).size).toBe(RULE_NAMES.length + 1);
  });

  test('names are kebab-case and categories are known', () => {
    for (const rule of RULES) {
      expect(rule.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(CATEGORIES).toContain(rule.category);
    }
  });

  test('no evidence is written twice', () => {
    const places = RULES.flatMap((rule) => [
      ...[...(rule.types ?? []), ...(rule.names ?? [])].map((one) => `type ${wordsOf(one).join(' ')}`),
      ...[...(rule.names ?? []), ...(rule.phrases ?? [])].map(
        (one) => `message ${one.split(' ').map(wordsOrAny).join(' ')}`,
      ),
    ]);
    expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
  });

  test('a name that counts inside a message is one that no sentence holds by chance', () => {
    const acronyms =
      /^(CLUSTERDOWN|MASTERDOWN|NOAUTH|WRONGPASS|NOPERM|MISCONF|WRONGTYPE|SIG[A-Z]+|ratelimited)$/;
    const code = /[a-z][A-Z]|[A-Z]{2}[a-z]|_|\d|^E[A-Z]{3,}$/;
    const words = RULES.flatMap((rule) => rule.names ?? []).filter(
      (name) => !code.test(name) && !acronyms.test(name),
    );
    expect(words).toEqual([]);
  });

  test('no wording is a single common word', () => {
    const single = RULES.flatMap((rule) => rule.phrases ?? []).filter((phrase) => /^[a-z]+$/i.test(phrase));
    expect(single.filter((word) => word !== 'greylisted' && !/[a-z][A-Z]/.test(word))).toEqual([]);
  });

  test('rules are plain data without patterns, so that no text can make one slow', () => {
    expect(JSON.parse(JSON.stringify(RULES))).toEqual(RULES);
  });

  test('a phrase that would be found everywhere is refused', () => {
    for (const phrase of ['', '...', '*', '**', '* failed', '** failed']) {
      expect(() => new PhraseIndex().add(phrase, 0)).toThrow('begins with a word');
    }
  });

  test('a phrase is short and leaves at most two words open, which bounds the work at each word of a text', () => {
    for (const phrase of RULES.flatMap((rule) => rule.phrases ?? [])) {
      const words = phrase.split(' ');
      expect(words.length).toBeLessThanOrEqual(20);
      expect(words.filter((word) => word === '*').length).toBeLessThanOrEqual(2);
      expect(words.filter((word) => word === '**').length).toBeLessThanOrEqual(1);
    }
  });

  test('a phrase may leave none to seven words open', () => {
    const index = new PhraseIndex();
    index.add('order ** lost', 1);
    const found = (between: string): boolean => index.findIn(wordsOf(`the order ${between} lost it`)).has(1);
    expect(found('')).toBe(true);
    expect(found('4711')).toBe(true);
    expect(found('with id 0a1b2c3d-0000-4000-8000-000000000001')).toBe(true);
    expect(found('1 2 3 4 5 6 7 8')).toBe(false);
    expect(index.findIn(['order']).size).toBe(0);
  });

  test('a phrase added after its first word was looked for is found beside the earlier ones', () => {
    const index = new PhraseIndex();
    index.add('order lost', 1);
    expect(index.findIn(['order', 'lost'])).toEqual(new Set([1]));
    index.add('Order lost', 2);
    expect(index.findIn(['order', 'lost'])).toEqual(new Set([1, 2]));
  });
});

describe('any text', () => {
  const known = new Set([...RULE_NAMES, NOTHING_KNOWN.rule]);
  const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(...TRAPS)), {
    nil: null,
  });

  test('is judged by a known rule with that rule’s category, and never throws', () => {
    fc.assert(
      fc.property(text, text, text, (code, type, message) => {
        const judgement = classify({ code, type, message });
        const rule = RULES.find((one) => one.name === judgement.rule);
        expect(known.has(judgement.rule)).toBe(true);
        expect(judgement.category).toBe(rule?.category ?? 'unknown');
      }),
    );
  });

  test('of 64 KB is judged, whatever it repeats', () => {
    const pieces = [
      ...CASES.map((one) => one.error.message ?? ' '),
      "'",
      '"',
      'a ',
      '* ',
      '\\',
      '\u{1F600}',
      '\uD83D',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...pieces.filter((piece) => piece !== '')), (piece) => {
        const message = piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_536);
        expect(known.has(said(message).rule)).toBe(true);
        expect(known.has(classify({ code: null, type: message, message: null }).rule)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('around a known wording does not hide it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 500 }), fc.nat({ max: 500 }), (before, after) => {
        expect(said(`${'lorem '.repeat(before)}connect ECONNREFUSED${' ipsum'.repeat(after)}`).rule).toBe(
          'connection-refused',
        );
      }),
    );
  });
});

describe('the evidence that a judgement goes by', () => {
  test.each(CASES)('$rule says in what of $error.type $error.message it was found', ({ rule, error }) => {
    expect(evidenceFor(error, rule)).not.toEqual([]);
  });

  test('a part that says nothing is not named', () => {
    const error = { code: '200', type: 'TypeError', message: 'connect ECONNREFUSED 10.0.0.1:5432' };
    const { rule } = classify(error);
    expect(evidenceFor(error, rule)).toEqual(['message']);
  });

  test('the most trusted part is named first', () => {
    const error = {
      code: null,
      type: 'ThrottlingException',
      message: 'ThrottlingException: Rate exceeded',
    };
    expect(evidenceFor(error, classify(error).rule)).toEqual(['type', 'message']);
  });

  test('a rule that is not of the tables has none', () => {
    expect(evidenceFor({ code: '429', type: null, message: null }, 'never replay payouts')).toEqual([]);
  });
});

describe('a code', () => {
  test('that is a service’s name of an error is judged as a type', () => {
    expect(classify({ code: 'ThrottlingException', type: null, message: null })).toMatchObject({
      rule: 'aws-throttling',
    });
  });

  test('that ends in a number is a name all the same', () => {
    expect(classify({ code: 'ER_NO_REFERENCED_ROW_2', type: null, message: null }).category).not.toBe(
      'unknown',
    );
  });

  test('that is a number is a status and no name', () => {
    expect(classify({ code: '200', type: null, message: null })).toEqual(NOTHING_KNOWN);
  });
});
