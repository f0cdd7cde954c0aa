import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLetter } from '../../src/recovery/forms/read-letter.ts';
import type { DeadEvent, Payload } from '../../src/recovery/dead-event.ts';
import { judge } from '../../src/recovery/judge.ts';
import { bareLetter, parseLetter, type Letter } from '../../src/recovery/letter.ts';
import { destinationBody, dlqRecord, QUEUE_PREFIX, snsEnvelope, snsRecord } from '../support/dlq-record.ts';
import { queuePolicy as policy, testIntake } from '../support/test-policy.ts';

const NOW = 1_790_000_000_000;
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:orders';

function parsed(record: Record<string, unknown>): Letter {
  const letter = parseLetter(record);
  if (letter === null) throw new Error('the record is a letter');
  return letter;
}

function attributes(values: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
  );
}

type Parts = {
  readonly body: string;
  readonly messageAttributes?: Record<string, string>;
  readonly systemAttributes?: Record<string, string>;
  readonly queue?: string;
};

function recordOf({
  body,
  messageAttributes = {},
  systemAttributes = {},
  queue,
}: Parts): Record<string, unknown> {
  const record = dlqRecord({
    requestId: null,
    body,
    messageId: 'm-1',
    ...(queue === undefined ? {} : { queue }),
  });
  return {
    ...record,
    messageAttributes: attributes(messageAttributes),
    attributes: { ...Object(record['attributes']), ...systemAttributes },
  };
}

function read(parts: Parts): DeadEvent {
  return readLetter(parsed(recordOf(parts)), policy, NOW);
}

const RULE = {
  RULE_ARN: 'arn:aws:events:eu-west-1:000000000000:rule/r',
  TARGET_ARN: FUNCTION,
  ERROR_CODE: 'TIMEOUT',
};
const SCHEDULE = {
  SCHEDULE_ARN: 'arn:aws:scheduler:eu-west-1:000000000000:schedule/default/s',
  TARGET_ARN: FUNCTION,
};

function streamBody(info: Record<string, unknown>, rest: string = ''): string {
  const head = JSON.stringify({
    requestContext: {
      requestId: 'stream-request',
      functionArn: FUNCTION,
      condition: 'RetryAttemptsExhausted',
    },
    responseContext: { statusCode: 200 },
    version: '1.0',
    timestamp: '2026-11-24T10:00:00.000Z',
    ...info,
  });
  return rest === '' ? head : `${head.slice(0, -1)},${rest}}`;
}

const KINESIS = {
  KinesisBatchInfo: {
    streamArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/clicks',
    shardId: 'shardId-000000000001',
    startSequenceNumber: '49650000000000000000000000000000000000000000000000000017',
    endSequenceNumber: '49650000000000000000000000000000000000000000000000000021',
    approximateArrivalOfFirstRecord: '2026-11-24T09:00:00.000Z',
  },
};

function eventBridge(detail: string): string {
  return `{"id":"e-1","detail-type":"Lambda Function Invocation Result - Failure","source":"lambda","time":"2026-11-24T10:00:00Z","detail":${detail}}`;
}

/** A JSON text whose payload is this, as each form carries it; and how to read the payload back. */
const CARRIERS: readonly (readonly [string, (payload: string) => Record<string, unknown>])[] = [
  ['a dead letter', (body) => dlqRecord({ body })],
  [
    'a dead letter within an envelope',
    (body) => {
      const values = { RequestID: { Type: 'String', Value: 'f00d0000-beef' } };
      return recordOf({ body: snsEnvelope(body, values) });
    },
  ],
  [
    'a dead letter that a topic delivers',
    (body) => snsRecord({ message: 'm', topic: 'orders-failures-2', requestId: 'f00d0000-beef', body }),
  ],
  ['a destination record', (payload) => recordOf({ body: destinationBody({ payload }) })],
  [
    'a destination record within an envelope',
    (payload) => recordOf({ body: snsEnvelope(destinationBody({ payload }), {}) }),
  ],
  [
    'a destination record through EventBridge',
    (payload) => recordOf({ body: eventBridge(destinationBody({ payload })) }),
  ],
  ['a rule that could not deliver', (body) => recordOf({ body, messageAttributes: RULE })],
  ['a schedule that could not deliver', (body) => recordOf({ body, messageAttributes: SCHEDULE })],
  [
    'a message that SQS moved',
    (body) =>
      recordOf({ body, systemAttributes: { DeadLetterQueueSourceArn: `${QUEUE_PREFIX}orders-queue` } }),
  ],
];

/** JSON texts as senders write them: any spacing, escapes, duplicate keys, numbers that no double holds. */
const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'null',
      'true',
      '42.50',
      '12345678901234567890',
      '-0',
      '1e400',
      '0.1E-7',
      '"\\u00e9\\/"',
      '"\\ud83d"',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
    fc
      .tuple(space(), fc.array(tie('value'), { maxLength: 4 }))
      .map(([s, items]) => `[${s}${items.join(`${s},${s}`)}${s}]`),
    fc
      .tuple(
        space(),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'requestPayload', '__proto__', 'detail'), tie('value')), {
          maxLength: 4,
        }),
      )
      .map(([s, members]) => `{${s}${members.map(([k, v]) => `"${k}"${s}:${s}${v}`).join(`${s},`)}${s}}`),
  ),
})).value;

function space(): fc.Arbitrary<string> {
  return fc.constantFrom('', ' ', '\n', '\t ', '\r\n  ');
}

function textOf(payload: Payload): string | null {
  return payload.kind === 'present' ? payload.text : null;
}

describe('the payload', () => {
  test.each(CARRIERS)('of %s comes out byte for byte, whatever JSON it is', (_, carry) => {
    fc.assert(
      fc.property(jsonText, (payload) => {
        // A queue's record is JSON itself on its way: the body's escapes are those of the service, not of the payload.
        const record: unknown = JSON.parse(JSON.stringify(carry(payload)));
        const event = readLetter(
          parsed(Object(record)),
          {
            ...policy,
            intakes: [...policy.intakes, testIntake('t', 'orders', { topic: 'orders-failures-2' })],
          },
          NOW,
        );
        expect(textOf(event.payload)).toBe(payload);
      }),
      { numRuns: 300 },
    );
  });

  test('of a stream’s batch at an S3 destination is the batch, as an object or as a text', () => {
    const batch = '{ "Records" : [ {"eventSource":"aws:kinesis","n":42.50} ] }';
    const asObject = readLetter(bareLetter(streamBody(KINESIS, `"payload": ${batch}`)), policy, NOW);
    const asText = readLetter(
      bareLetter(streamBody(KINESIS, `"payload":${JSON.stringify(batch)}`)),
      policy,
      NOW,
    );
    for (const { payload, form } of [asObject, asText]) {
      expect({ form, text: textOf(payload) }).toEqual({ form: 'stream-batch', text: batch });
    }
  });
});

describe('recognition', () => {
  test('goes by attributes before bodies: a body is the sender’s and can imitate anything', () => {
    const imitated = destinationBody({});
    const forms = [
      read({ body: imitated, messageAttributes: SCHEDULE }),
      read({ body: imitated, messageAttributes: RULE }),
      readLetter(parsed(dlqRecord({ body: imitated })), policy, NOW),
      read({ body: imitated, systemAttributes: { DeadLetterQueueSourceArn: `${QUEUE_PREFIX}orders-queue` } }),
      read({ body: imitated }),
    ].map(({ form }) => form);
    expect(forms).toEqual([
      'scheduler',
      'eventbridge-rule',
      'lambda-dlq',
      'sqs-redrive',
      'lambda-destination',
    ]);
  });

  test('takes a dead letter of Lambda that SQS has moved on for a dead letter of Lambda', () => {
    const record = dlqRecord();
    const moved = {
      ...record,
      attributes: { ...Object(record['attributes']), DeadLetterQueueSourceArn: `${QUEUE_PREFIX}x` },
    };
    expect(readLetter(parsed(moved), policy, NOW).form).toBe('lambda-dlq');
  });

  test.each([
    ['a Kinesis batch', streamBody(KINESIS), 'stream-batch'],
    [
      'a Kafka batch',
      streamBody({ KafkaBatchInfo: { recordsInfo: { 'a-0': { firstRecordOffset: '1' } } } }),
      'stream-batch',
    ],
    [
      'a pipe',
      JSON.stringify({ context: { partnerResourceArn: 'arn:pipe', condition: 'c' }, ...KINESIS }),
      'pipe',
    ],
    [
      'a bus, by its body',
      JSON.stringify({ busArn: 'b', subscriberArn: 's', failedMessages: [] }),
      'eventbridge-bus',
    ],
    [
      'an IoT rule',
      JSON.stringify({ ruleName: 'r', failures: [], base64OriginalPayload: 'e30=' }),
      'iot-rule',
    ],
    ['an envelope with somebody’s message', snsEnvelope('{"a":1}', {}), 'sns-subscription'],
    [
      'a notification about somebody’s object',
      JSON.stringify({
        Records: [{ eventSource: 'aws:s3', s3: { bucket: { name: 'b' }, object: { key: 'a+b.csv' } } }],
      }),
      'foreign',
    ],
    [
      'a key that is no text',
      JSON.stringify({
        Records: [{ eventSource: 'aws:s3', s3: { bucket: { name: 'b' }, object: { key: '%zz' } } }],
      }),
      'foreign',
    ],
  ])('knows %s', (_, body, form) => {
    expect(read({ body }).form).toBe(form);
  });
});

describe('what SQS moved from a declared queue', () => {
  test('is that, whatever its producers have put into its attributes', () => {
    const systemAttributes = { DeadLetterQueueSourceArn: `${QUEUE_PREFIX}orders-queue` };
    for (const messageAttributes of [RULE, SCHEDULE, { RequestID: 'f00d0000-beef' }]) {
      expect(read({ body: '{}', messageAttributes, systemAttributes })).toMatchObject({
        form: 'sqs-redrive',
        target: 'orders-in',
      });
    }
  });
});

describe('what is not in the message', () => {
  test('of Kafka is said by partition and offsets, however the record is made', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const info = `"KafkaBatchInfo":{"recordsInfo":{"a-0":{"firstRecordOffset":"31","lastRecordOffset":50},"a-1":${deep}}}`;
    expect(read({ body: streamBody({}, info) }).payload).toMatchObject({
      elsewhere: { place: { offsets: 'a-0 31-50, a-1 ?-?' } },
    });
  });

  test('is there until the last moment that there is, at most', () => {
    const last = {
      ...KINESIS.KinesisBatchInfo,
      approximateArrivalOfFirstRecord: '+275760-09-13T00:00:00.000Z',
    };
    expect(read({ body: streamBody({ KinesisBatchInfo: last }) }).payload).toMatchObject({
      elsewhere: { untilMs: 8.64e15 },
    });
  });

  test('of a stream is said with its place, and until when it is there at least', () => {
    expect(read({ body: streamBody(KINESIS) }).payload).toEqual({
      kind: 'absent',
      reason: 'not-in-this-message',
      elsewhere: {
        place: {
          streamArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/clicks',
          shardId: 'shardId-000000000001',
          startSequenceNumber: '49650000000000000000000000000000000000000000000000000017',
          endSequenceNumber: '49650000000000000000000000000000000000000000000000000021',
        },
        untilMs: Date.parse('2026-11-25T09:00:00.000Z'),
      },
    });
  });

  test('of a bucket is said with bucket and key, whose form is that of a form', () => {
    const key = 'aws/lambda/async/orders/2026/11/24/2026-11-24T10.00.00+a%2Bb';
    const body = JSON.stringify({
      Records: [{ eventSource: 'aws:s3', s3: { bucket: { name: 'dead' }, object: { key } } }],
    });
    expect(read({ body })).toMatchObject({
      form: 'lambda-destination',
      target: 'orders',
      payload: {
        elsewhere: {
          place: { bucket: 'dead', key: 'aws/lambda/async/orders/2026/11/24/2026-11-24T10.00.00 a+b' },
        },
      },
    });
  });

  test('was cut by a scheduler is never handed over, whatever the word for it', () => {
    for (const cut of ['true', 'TRUE', 'yes', '']) {
      const event = read({ body: '{"a":1}', messageAttributes: { ...SCHEDULE, IS_PAYLOAD_TRUNCATED: cut } });
      // An empty attribute is none: SQS allows no empty ones.
      expect(event.payload).toMatchObject(
        cut === '' ? { kind: 'present' } : { kind: 'absent', reason: 'payload-truncated' },
      );
    }
  });
});

describe('targets', () => {
  test('of rules and schedules are the declared function or queue that they name, in the intake’s account and region', () => {
    const named = (TARGET_ARN: string): string | null =>
      read({ body: '{}', messageAttributes: { ...RULE, TARGET_ARN } }).target;
    expect(named(FUNCTION)).toBe('orders');
    expect(named(`${QUEUE_PREFIX}orders-queue`)).toBe('orders-in');
    expect(named('arn:aws:sqs:eu-west-1:999999999999:orders-queue')).toBeNull();
    expect(named('arn:aws:sqs:us-east-1:000000000000:orders-queue')).toBeNull();
    expect(named('arn:aws:lambda:us-east-1:000000000000:function:orders')).toBeNull();
    expect(named('arn:aws:states:eu-west-1:000000000000:stateMachine:orders')).toBeNull();
  });

  test('of what SQS moved is the queue that it was moved from, never a function', () => {
    const moved = (source: string): DeadEvent =>
      read({ body: 'any text', systemAttributes: { DeadLetterQueueSourceArn: source } });
    expect(moved(`${QUEUE_PREFIX}orders-queue`)).toMatchObject({
      target: 'orders-in',
      payload: { kind: 'present' },
    });
    expect(moved(`${QUEUE_PREFIX}payroll`).target).toBeNull();
  });

  test('of a dead letter is never a queue: its intake then names the wrong kind of target', () => {
    expect(readLetter(parsed(dlqRecord({ queue: 'queue-dlq' })), policy, NOW).target).toBeNull();
  });

  test('of an undelivered notification is the intake’s queue, which gets the envelope as it is', () => {
    const body = snsEnvelope('{"a":1}', {});
    expect(read({ body, queue: 'queue-dlq' })).toMatchObject({
      target: 'orders-in',
      payload: { text: body },
    });
    expect(read({ body }).payload).toMatchObject({ kind: 'absent', reason: 'not-what-the-target-got' });
  });

  test('of a function’s record is a function, and of a redriven message a queue: a body cannot choose the other', () => {
    const functionArn = `${QUEUE_PREFIX}orders-queue`;
    expect(read({ body: destinationBody({ functionArn }) })).toMatchObject({
      form: 'lambda-destination',
      target: null,
    });
  });

  test('of a record that somebody has at hand may be in any account and region', () => {
    const functionArn = 'arn:aws:lambda:us-east-1:999999999999:function:orders:$LATEST';
    expect(readLetter(bareLetter(destinationBody({ functionArn })), policy, NOW).target).toBe('orders');
  });
});

describe('judgement', () => {
  test.each([
    ['TIMEOUT', 'transient', 'eventbridge-delivery-failed'],
    ['NO_PERMISSIONS', 'misconfigured', 'eventbridge-not-allowed'],
    ['AWS.SimpleQueueService.NonExistentQueue', 'misconfigured', 'aws-resource-missing'],
    ['ThrottlingException', 'transient', 'aws-throttling'],
    ['NEW_CODE', 'unknown', 'nothing-known'],
  ])('of EventBridge’s code %s', (ERROR_CODE, category, rule) => {
    expect(
      judge(read({ body: '{}', messageAttributes: { ...RULE, ERROR_CODE } }), policy, {
        nowMs: NOW,
        attempt: 1,
      }),
    ).toEqual({
      category,
      rule,
    });
  });
});
