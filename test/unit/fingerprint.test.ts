import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { traceOf } from '../../src/recovery/error-trace.ts';
import { fingerprint } from '../../src/recovery/fingerprint.ts';
import { CODE_CASES } from './knowledge-cases/code-cases.ts';
import { DEPENDENCY_CASES } from './knowledge-cases/dependency-cases.ts';

function of(message: string | null, type: string | null = null) {
  return fingerprint({ code: '200', type, message });
}

describe('one cause is one group', () => {
  test.each([
    ['ids', 'Order 7f9c2ba4 not found', 'Order 91ab33ef not found'],
    [
      'UUIDs',
      'Order 0e8d3a52-5a4f-4c11-8c7e-3d2f0e9b7a61 failed',
      'Order 91e0b1c2-0000-4c11-8c7e-3d2f0e9b7a61 failed',
    ],
    ['numbers', 'Row 17 of 200 is bad', 'Row 3 of 9 is bad'],
    ['times', 'At 2026-10-01T10:00:00.123Z the job failed', 'At 2026-11-24T09:25:00Z the job failed'],
    ['dates in words', 'Failed on Tue Nov 24 2026 09:25:00 GMT', 'Failed on Wed Dec 2 2026 11:00:00 GMT'],
    ['hosts', 'getaddrinfo ENOTFOUND db-1.eu.example.com', 'getaddrinfo ENOTFOUND cache.example.org'],
    ['addresses', 'connect ECONNREFUSED 10.0.0.7:5432', 'connect ECONNREFUSED 10.9.8.7:6379'],
    ['URLs', 'cannot get https://a.example.com/x?y=1', 'cannot get https://b.example.org/'],
    ['ARNs', 'missing arn:aws:s3:::shop/a', 'missing arn:aws:sqs:eu-west-1:000000000000:jobs'],
    ['e-mail addresses', 'mail to ann@example.com bounced', 'mail to bob.lee@example.org bounced'],
    ['values in double quotes', 'no stock of "green tea"', 'no stock of "oolong"'],
    ['values in single quotes', "no stock of 'green tea'", "no stock of 'oolong'"],
    ['values in typographic quotes', 'no stock of “green tea”', 'no stock of “oolong”'],
    ['values in backquotes', 'no stock of `green tea`', 'no stock of `oolong`'],
    ['words in quotes that are harmless elsewhere', 'no stock of "order"', 'no stock of "payment"'],
    ['keys of a database in small letters', 'Key (kind)=(late fee) exists', 'Key (kind)=(refund) exists'],
    ['keys of a database', 'Key (email)=(ann@x.com) already exists', 'Key (email)=(Bob Lee) already exists'],
    ['named values', 'lookup failed for region=north', 'lookup failed for region=south'],
    [
      'inputs shown by a validator',
      "bad value [input_value='ann smith', x]",
      'bad value [input_value={}, y]',
    ],
    ['inputs that a validator shows bare', 'bad value, input: late fee', 'bad value, input: 7 refunds'],
    ['ids that begin like a name', 'item orderLine77 lost', 'item orderLine78 lost'],
    ['ids that end like a name', 'item 77orderLine lost', 'item 78orderLine lost'],
    ['numbers within punctuation', 'steps 1 - 2 / 3 failed', 'steps 4 failed'],
    ['punctuation', 'connection - refused', 'connection refused'],
    ['names with capitals', 'Customer Ann Smith is blocked', 'Customer Bob Lee is blocked'],
    ['long tokens', 'bad token abcdefghijklmnopqrstuvwxyz', 'bad token zyxwvutsrqponmlkjihgfedcba'],
    ['the number of values', 'ids 1, 2, 3 are bad', 'ids 4 are bad'],
    ['paths', 'cannot read /tmp/a/1.txt', 'cannot read /tmp/b/22.csv'],
  ])('%s do not split it', (_what, one, other) => {
    expect(of(one)).toEqual(of(other));
  });

  test.each([
    ['"', '"'],
    ["'", "'"],
    ['`', '`'],
    ['“', '”'],
    ['„', '“'],
    ['„', '”'],
    ['«', '»'],
    ['‘', '’'],
    ['=(', ')'],
    ['=', ''],
  ])('a value behind %s ends with %s, and at the end of a text that Lambda cut within it', (open, close) => {
    expect(of(`no stock of ${open}tea!${close} found`).text).toBe('no stock of * found');
    expect(of(`no stock of ${open}tea!${close} found`)).toEqual(of(`no stock of ${open}rum?${close} found`));
    expect(of(`no stock of ${open}tea!`)).toEqual(of(`no stock of ${open}rum?${close}`));
  });

  test.each([
    ['"', '"'],
    ["'", "'"],
    ['`', '`'],
    ['“', '”'],
    ['„', '“'],
    ['«', '»'],
    ['‘', '’'],
    ['=(', ')'],
  ])('a value of several words behind %s is one value, cut or not', (open, close) => {
    expect(of(`found ${open}order of goods${close} twice`)).toEqual(of(`found ${open}tea${close} twice`));
    expect(of(`found ${open}order of go`)).toEqual(of(`found ${open}tea`));
  });

  test('capitals of harmless words do not split it', () => {
    expect(of('Connection Refused').hash).toBe(of('connection refused').hash);
  });

  test('numbers in a class name do not split it', () => {
    expect(of('boom', 'Worker17Error')).toEqual(of('boom', 'Worker3Error'));
  });

  test.each([
    ['connect ECONNREFUSED 10.0.0.7:5432', 'connect ETIMEDOUT 10.0.0.7:5432'],
    ['inventory reconciliation mismatch', 'ledger posting rejected'],
    ['cart.chargeCard is not a function', 'cart.sendMail is not a function'],
    ['com.acme.OrderRejectedError: 17', 'com.acme.OrderLostError: 17'],
    ['parrot missing', 'gasket missing'],
    ['gasket sold out', 'gaskets old out'],
  ])('%s and %s are two causes', (one, other) => {
    expect(of(one).hash).not.toBe(of(other).hash);
  });

  test('two classes with one message are two causes', () => {
    expect(of("'x'", 'KeyError').hash).not.toBe(of("'x'", 'LookupError').hash);
  });

  test('two classes without a message are two causes, told by their names', () => {
    expect(of(null, 'KeyError').hash).not.toBe(of(null, 'LookupError').hash);
    expect(of(null, 'KeyError').text).toBe('KeyError:');
    expect(of('', 'KeyError').text).toBe('KeyError:');
  });

  test('a word tells causes apart up to 19 letters, a name from the code up to 59; what is longer may be an id', () => {
    const word = 'q'.repeat(18);
    expect(of(`${word}a lost`).hash).not.toBe(of(`${word}b lost`).hash);
    expect(of(`${word}aa lost`).hash).toBe(of(`${word}bb lost`).hash);
    const name = `Q${'q'.repeat(55)}`;
    expect(of(`${name}Ab lost`).hash).not.toBe(of(`${name}Cd lost`).hash);
    expect(of(`${name}Abb lost`).hash).not.toBe(of(`${name}Cdd lost`).hash);
    expect(of(`${name}Abbb lost`).hash).toBe(of(`${name}Cddd lost`).hash);
  });

  test('an error that says nothing is told by its code', () => {
    expect(fingerprint({ code: '429', type: null, message: null }).text).toBe('code 429, no error text');
    expect(fingerprint({ code: null, type: null, message: null }).text).toBe('no error text');
    for (const code of ['ann@example.com', '491701234567', 'ann404', '404ann']) {
      expect(fingerprint({ code, type: null, message: null })).toEqual(
        fingerprint({ code: null, type: null, message: null }),
      );
    }
  });
});

describe('where in the code an error arose', () => {
  function at(response: unknown) {
    return { code: '200', type: 'Error', message: 'boom', ...traceOf(response, 'Error') };
  }

  function hash(...stackTrace: readonly string[]): string {
    return fingerprint(at({ stackTrace })).hash;
  }

  test.each([
    ['line and column', 'at f (/var/task/a.js:1:1)', 'at f (/var/task/a.js:20:33)'],
    [
      'the digest in the name of a bundle',
      'at f (/var/task/a-4f3a9c11.js:1:1)',
      'at f (/var/task/a-91bb02.js:1:1)',
    ],
    ['names of a minifier', 'at qt (/var/task/a.js:1:1)', 'at e (/var/task/a.js:1:1)'],
    ['the counter of a lambda', 'com.acme.A.lambda$run$0(A.java:1)', 'com.acme.A.lambda$run$7(A.java:9)'],
    ['a state machine', 'at Acme.A.<Run>d__4.MoveNext()', 'at Acme.A.<Run>d__12.MoveNext()'],
  ])('is the same place when a deployment changes %s', (_what, before, after) => {
    expect(hash(before)).toBe(hash(after));
    expect(hash(before)).not.toBe(hash());
  });

  test.each([
    ['file', 'at book (/var/task/orders.js:1:1)', 'at book (/var/task/refunds.js:1:1)'],
    ['function', 'at book (/var/task/orders.js:1:1)', 'at cancel (/var/task/orders.js:1:1)'],
  ])('is another place in another %s', (_what, one, other) => {
    expect(hash(one)).not.toBe(hash(other));
  });

  test('does not depend on the libraries’ frames', () => {
    const own = 'at f (/var/task/a.js:1:1)';
    expect(hash('at g (node:net:1:1)', own, 'at h (/var/runtime/index.mjs:1:1)')).toBe(hash(own));
  });

  test('is told apart by the class of the innermost cause too, and not by its message', () => {
    function of(errorType: string, errorMessage: string): string {
      return fingerprint(at({ cause: { errorType, errorMessage } })).hash;
    }
    expect(of('com.acme.LostException', 'order 1')).toBe(of('com.acme.LostException', 'order 2'));
    expect(of('com.acme.LostException', 'order 1')).not.toBe(of('com.acme.LateException', 'order 1'));
  });

  test('is not shown in the text', () => {
    const stackTrace = ['at margaretHamilton (/var/task/margaret.js:1:1)'];
    expect(fingerprint(at({ stackTrace })).text).toBe('Error: *');
  });
});

describe('the text', () => {
  test.each([
    ['connect ECONNREFUSED 10.0.0.7:5432', 'connect ECONNREFUSED *'],
    [
      "Cannot read properties of undefined (reading 'total')",
      'Cannot read properties of undefined reading *',
    ],
    ['Key (email)=(ann@x.com) already exists', 'Key email * already exists'],
    ['Unexpected token \'o\', "order 4111" is not valid JSON', 'Unexpected token * is not valid JSON'],
    ["Couldn't connect to margaret-hamilton", "Couldn't connect to *"],
    ["We're closed", "We're closed"],
    ['connection - refused', 'connection refused'],
    ['Row 17 failed', 'Row * failed'],
    ['(connection) refused...', 'connection refused'],
    ['bad value, input: late fee', 'bad value'],
    ['missing customer_id', 'missing customer_id'],
    ['missing customer_hamilton', 'missing *'],
    ['ER_NO_REFERENCED_ROW_2: connection', 'ER_NO_REFERENCED_ROW_2 connection'],
    ['ERROR: 40P01 deadlock', 'ERROR 40P01 deadlock'],
    ['mail to user@service.name failed', 'mail to * failed'],
  ])('of %s stays readable', (message, text) => {
    expect(of(message).text).toBe(text);
  });

  test('shows a class name and hides what only stands in its place', () => {
    expect(of('boom', 'com.acme.OrderRejectedException').text).toBe('OrderRejectedException: *');
    for (const type of ['Margaret', '4111', 'annSmithError', 'AnnErrorSmith', `${'A'.repeat(55)}Error`]) {
      expect(of('boom', type).text).toBe('*: *');
    }
    expect(of('boom', `${'A'.repeat(54)}Error`).text).toBe(`${'A'.repeat(54)}Error: *`);
  });

  test('shows harmless words that punctuation joins while they have 50 characters at most', () => {
    const path = `${'order/'.repeat(8)}id`;
    expect(of(`no ${path}`).text).toBe(`no ${path}`);
    expect(of(`no ${path}s`).text).toBe('no *');
    expect(of(`no ${path}/order`).text).toBe('no *');
  });

  test('is all of 200 characters, and ends before the word that would go beyond', () => {
    const refused = Array<string>(10).fill('connection refused').join(' '); // 189 characters
    expect(of(`${refused} connection`).text).toBe(`${refused} connection`);
    expect(of(`${refused} connection failed`).text).toBe(`${refused} connection`);
    expect(of(`${refused} connections`).text).toBe(refused);
  });

  test('has at most 200 characters and the hash 16 hex digits, whatever the error', () => {
    const any = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.string()), {
      nil: null,
    });
    fc.assert(
      fc.property(any, any, (type, message) => {
        const { hash, text } = of(message, type);
        expect(text.length).toBeLessThanOrEqual(200);
        expect(hash).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
    expect(of('connection refused '.repeat(100)).text.length).toBeLessThanOrEqual(200);
  });
});

describe('payloads stay private', () => {
  const cases = [...CODE_CASES, ...DEPENDENCY_CASES].map((one) => one.error.message ?? '');
  const quotes = fc.constantFrom(['"', '"'], ["'", "'"], ['`', '`'], ['“', '”'], ['‘', '’'], ['«', '»']);
  const around = fc.tuple(fc.constantFrom(...cases), fc.constantFrom(...cases));

  function survives(value: string, message: string): boolean {
    return of(message).text.includes(value);
  }

  test('no quoted value of 8 or more characters survives', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), quotes, (value, [open = '', close = '']) => {
        // Spaces alone are nobody's secret, and masks are what we write ourselves.
        fc.pre(/[^\s*]/.test(value));
        expect(survives(value, `Order ${open}${value}${close} was not found`)).toBe(false);
        expect(survives(value, `bad input_value=${open}${value}`)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('no e-mail address, number or id of 8 or more characters survives anywhere in a text', () => {
    const id = fc.stringMatching(/^[a-z0-9]{4}[0-9][A-Za-z0-9_-]{3,30}$/);
    const number = fc.bigInt({ min: 10_000_000n }).map(String);
    const value = fc
      .oneof(fc.emailAddress(), number, id, fc.uuid(), fc.ipV6())
      .filter((one) => one.length >= 8);
    fc.assert(
      fc.property(value, around, (secret, [before, after]) => {
        expect(survives(secret, `${before} ${secret} ${after}`)).toBe(false);
        expect(survives(secret, `${secret}: ${after}`)).toBe(false);
        expect(survives(secret, `key=(${secret}) ${before}=${secret}`)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('no name survives, quoted or not, in capitals or not', () => {
    for (const name of ['Margaret Hamilton', 'margaret hamilton', 'MARGARET_HAMILTON', 'margaret.hamilton']) {
      expect(of(`no such customer ${name} in ${name}`).text).toBe('no such customer * in *');
    }
  });
});

describe('the work', () => {
  test('is bounded: nothing after the first 1,000 characters of a message or a class name is read', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1000, maxLength: 1000 }), fc.string(), (head, tail) => {
        expect(of(head + tail)).toEqual(of(head));
        expect(of('x', head + tail)).toEqual(of('x', head));
      }),
    );
  });

  test('is done for 64 KB of any one character', () => {
    for (const piece of ["'", '"', '(', '=(', '.', ' ', 'a', 'aB', 'input ', '@', '\uD83D']) {
      expect(of(piece.repeat(65_536), piece.repeat(65_536)).hash).toMatch(/^[0-9a-f]{16}$/);
    }
  });
});
