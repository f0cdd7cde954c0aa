import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readLetter } from '../../src/recovery/forms/read-letter.ts';
import { parseLetter, type Letter } from '../../src/recovery/letter.ts';
import { dlqRecord, QUEUE_PREFIX } from '../support/dlq-record.ts';
import { testPolicy } from '../support/test-policy.ts';

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
      sourceArn: `${QUEUE_PREFIX}orders-dlq`,
      target: 'orders',
      error: { code: '200', type: null, message: 'boom' },
      payload: {
        kind: 'present',
        text: body,
        sizeBytes: 20,
        sha256: createHash('sha256').update(body).digest('hex'),
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
      expect(read(dlqRecord({ body })).payload).toEqual({ kind: 'absent', reason: 'payload-not-json' });
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
