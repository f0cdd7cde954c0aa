import { mergeEvidence } from '../../src/recovery/merge.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLetter } from '../../src/recovery/forms/read-letter.ts';
import { parseLetter, type Letter } from '../../src/recovery/letter.ts';
import { destinationBody, dlqRecord, QUEUE_PREFIX, snsEnvelope, snsRecord } from '../support/dlq-record.ts';
import { testFunction, testIntake, testPolicy } from '../support/test-policy.ts';

const NOW = 1_790_000_100_000;

function parsed(value: unknown): Letter {
  const record = parseLetter(value);
  if (record === null) throw new Error('the test wants a record that can be parsed');
  return record;
}

function read(value: unknown): ReturnType<typeof readLetter> {
  return readLetter(parsed(value), testPolicy, NOW);
}

describe('a message of a Lambda dead-letter queue', () => {
  test('is read with its target from the intake, its error and the time of its death', () => {
    const body = '{"b": 1, "a": 42.50}';
    const record = dlqRecord({ body, message: 'boom', requestId: 'f00d0000-0000-4000-8000-00000000beef' });
    expect(read(record)).toEqual({
      deathId: 'f00d0000-0000-4000-8000-00000000beef',
      form: 'lambda-dlq',
      intake: 'orders-dlq',
      senderIsDeclared: true,
      sourceArn: `${QUEUE_PREFIX}orders-dlq`,
      target: 'orders',
      error: { code: '200', type: null, message: 'boom' },
      payload: {
        kind: 'present',
        text: body,
        sizeBytes: 20,
        source: 'custom',
        bornAtMs: null,
        credentials: null,
      },
      diedAtMs: 1_790_000_000_000,
    });
  });

  test('is read without an error code, as a function stopped by zero concurrency leaves it', () => {
    expect(read(dlqRecord({ code: null, message: null })).error).toEqual({
      code: null,
      type: null,
      message: null,
    });
  });

  test('has a payload for every JSON text, whatever its spacing and numbers, to the byte', () => {
    const spaced = fc
      .tuple(fc.json(), fc.constantFrom('', ' ', '\n', '\t '))
      .map(([json, space]) => `${space}${json}${space}`);
    const odd = fc.constantFrom(
      '42.50',
      '12345678901234567890',
      '1e400',
      '{"a":1,"a":2}',
      '"\\ud800"',
      'null',
    );
    fc.assert(
      fc.property(fc.oneof(spaced, odd), (body) => {
        expect(read(dlqRecord({ body })).payload).toMatchObject({ kind: 'present', text: body });
      }),
    );
  });

  test('has no payload when its body is not JSON', () => {
    for (const body of ['', 'order 7', '{', '{"a":01}', "{'a':1}"]) {
      expect(read(dlqRecord({ body })).payload).toMatchObject({ kind: 'absent', reason: 'payload-not-json' });
    }
  });

  test('names no target when it lies in a queue that is no intake', () => {
    for (const queue of ['other-dlq', 'ORDERS-DLQ', 'orders-dlq2']) {
      expect(read(dlqRecord({ queue }))).toMatchObject({ intake: null, target: null });
    }
    expect(
      read({ ...dlqRecord(), eventSourceARN: 'arn:aws:sns:eu-west-1:000000000000:orders-dlq' }),
    ).toMatchObject({
      intake: null,
    });
  });
});

describe('a dead letter that came through a topic', () => {
  const attributes = {
    RequestID: { Type: 'String', Value: 'f00d0000-0000-4000-8000-00000000beef' },
    ErrorCode: { Type: 'Number', Value: '200' },
    ErrorMessage: { Type: 'String', Value: 'boom' },
  };

  test('is read from its envelope, and its payload is the message within', () => {
    const body = '{ "a": 42.50, "big": 12345678901234567890, "s": "\\u00e9 é" }';
    const envelope = snsEnvelope(body, attributes);
    expect(read(dlqRecord({ requestId: null, body: envelope }))).toMatchObject({
      deathId: 'f00d0000-0000-4000-8000-00000000beef',
      form: 'lambda-dlq',
      target: 'orders',
      error: { code: '200', type: null, message: 'boom' },
      payload: { kind: 'present', text: body },
      diedAtMs: Date.UTC(2026, 10, 24, 10),
    });
  });

  test('has one envelope opened and never two: what lies within is the sender’s', () => {
    const inner = snsEnvelope('{"a":1}', attributes);
    expect(read(dlqRecord({ requestId: null, body: snsEnvelope(inner, {}) }))).toMatchObject({
      form: 'sns-subscription',
      payload: { kind: 'absent' },
    });
    const asPayload = read(dlqRecord({ requestId: null, body: snsEnvelope(inner, attributes) }));
    expect(asPayload.payload).toMatchObject({ kind: 'present', text: inner });
  });

  test('is what its attributes say, even when its body imitates an envelope', () => {
    const envelope = snsEnvelope('{"a":1}', attributes);
    expect(read(dlqRecord({ body: envelope })).payload).toMatchObject({ kind: 'present', text: envelope });
  });

  test('is read as well when the topic delivers it straight to the consumer', () => {
    const policy = { ...testPolicy, intakes: [testIntake('q', 'orders', { topic: 'orders-failures' })] };
    const record = snsRecord({ message: 'boom', topic: 'orders-failures', requestId: 'f00d0000-beef' });
    expect(readLetter(parsed(record), policy, NOW)).toMatchObject({
      deathId: 'f00d0000-beef',
      form: 'lambda-dlq',
      intake: 'q',
      target: 'orders',
    });
  });
});

describe('a destination record', () => {
  function readBody(options: Parameters<typeof destinationBody>[0]): ReturnType<typeof readLetter> {
    return read(dlqRecord({ requestId: null, body: destinationBody(options) }));
  }

  test('is read with the function it names, the error’s type, and the payload as it stands in the text', () => {
    const payload = '{ "n":42.50, "big":12345678901234567890 , "s":"\\u00e9"}';
    expect(readBody({ payload, errorType: 'OrderError', message: 'boom' })).toMatchObject({
      deathId: '0a1b2c3d-0000-4000-8000-000000000001',
      form: 'lambda-destination',
      target: 'orders',
      error: { code: '200', type: 'OrderError', message: 'boom' },
      payload: { kind: 'present', text: payload },
      diedAtMs: 1_790_000_000_000,
    });
  });

  test('is read from within an SNS envelope', () => {
    const body = snsEnvelope(destinationBody({ payload: '{ "n":42.50 }' }), {});
    expect(read(dlqRecord({ requestId: null, body }))).toMatchObject({
      form: 'lambda-destination',
      payload: { kind: 'present', text: '{ "n":42.50 }' },
    });
  });

  test('gives any payload exactly, whatever its JSON', () => {
    fc.assert(
      fc.property(fc.json(), (payload) => {
        expect(readBody({ payload }).payload).toMatchObject({ kind: 'present', text: payload });
      }),
    );
  });

  test.each([
    ['an alias that is not declared', 'arn:aws:lambda:eu-west-1:000000000000:function:orders:live'],
    ['another function', 'arn:aws:lambda:eu-west-1:000000000000:function:payouts'],
    ['a function of another account', 'arn:aws:lambda:eu-west-1:111111111111:function:orders'],
    ['a function of another region', 'arn:aws:lambda:us-east-1:000000000000:function:orders'],
    ['no function', 'orders'],
  ])('names no target when it is from %s', (_, functionArn) => {
    expect(readBody({ functionArn })).toMatchObject({ form: 'lambda-destination', target: null });
  });

  test('finds the alias that is declared', () => {
    const live = testFunction('orders', { key: 'orders:live', qualifier: 'live' });
    const policy = { ...testPolicy, targets: [...testPolicy.targets, live] };
    const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:orders:live';
    const record = parsed(dlqRecord({ requestId: null, body: destinationBody({ functionArn }) }));
    expect(readLetter(record, policy, NOW)).toMatchObject({ target: 'orders:live' });
  });

  test.each([
    [
      'throttled',
      { statusCode: 429, condition: 'EventAgeExceeded' },
      { code: '429', type: 'EventAgeExceeded' },
    ],
    [
      'stopped',
      { statusCode: null, condition: 'ZeroReservedConcurrency' },
      { code: null, type: 'ZeroReservedConcurrency' },
    ],
    ['deleted', { statusCode: 404 }, { code: '404', type: 'RetriesExhausted' }],
  ])('of a function that was %s has its condition for a type', (_, options, error) => {
    expect(readBody(options).error).toEqual({ ...error, message: null, condition: error.type });
  });

  test('says what its stack shows, also beside the dead letter of the same death', () => {
    const trace = [
      'Error: boom',
      '    at book (/var/task/orders.js:3:9)',
      'Caused by: StoreError: no answer',
    ];
    const shown = {
      condition: 'RetriesExhausted',
      causes: [{ from: 'stack', type: 'StoreError', message: 'no answer' }],
      frame: '/var/task/orders.js book',
    };
    const record = readBody({ trace });
    expect(record.error).toEqual({ code: '200', type: 'Error', message: 'boom', ...shown });
    const letter = read(dlqRecord({ message: 'boom, cut' }));
    expect(mergeEvidence(letter, record).error).toEqual({
      code: '200',
      type: 'Error',
      message: 'boom, cut',
      ...shown,
    });
  });

  test('of a success is no failure, and one without its payload has none', () => {
    expect(readBody({ condition: 'Success' }).payload).toMatchObject({
      kind: 'absent',
      reason: 'not-a-failure',
    });
    expect(readBody({ payload: null }).payload).toMatchObject({ kind: 'absent', reason: 'payload-missing' });
  });
});

describe('any other record', () => {
  test.each([
    ['no request id', { requestId: null }],
    ['a request id that is no id', { requestId: 'a b\nc' }],
    ['a request id that would not fit the ledger', { requestId: 'x'.repeat(3000) }],
  ])('with %s is foreign, has no payload and no target', (_, options) => {
    expect(read(dlqRecord(options))).toMatchObject({
      form: 'foreign',
      target: null,
      payload: { kind: 'absent', reason: 'foreign-record' },
    });
  });

  test('that imitates a dead-letter message in its body is foreign', () => {
    const body = JSON.stringify(dlqRecord());
    expect(read(dlqRecord({ requestId: null, body }))).toMatchObject({ form: 'foreign' });
  });

  test('of any shape is read without throwing, and never gets a payload that is not its body', () => {
    const anything = fc.anything({ withNullPrototype: true, withSparseArray: true });
    const record = fc.record({
      messageId: fc.string({ minLength: 1 }),
      body: fc.oneof(fc.string(), fc.json()),
      attributes: anything,
      messageAttributes: fc.oneof(
        anything,
        fc.record({ RequestID: anything, ErrorCode: anything, ErrorMessage: anything }),
        fc.constant(JSON.parse('{"__proto__":{"RequestID":{"stringValue":"0a1b2c3d-polluted"}}}')),
      ),
      eventSourceARN: anything,
    });
    fc.assert(
      fc.property(record, (value) => {
        const event = read(value);
        if (event.payload.kind === 'present') expect(event.payload.text).toBe(value.body);
        expect(event.deathId.length).toBeLessThanOrEqual(Math.max(128, value.messageId.length));
      }),
      { numRuns: 500 },
    );
  });
});

test('what is no record at all is refused, not thrown at', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(() => parseLetter(value)).not.toThrow();
    }),
  );
  expect(parseLetter({ body: 'x' })).toBeNull();
  expect(parseLetter({ messageId: 'm' })).toBeNull();
});
