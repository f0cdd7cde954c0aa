import { describe, expect, test } from '@jest/globals';
import { dlqRecord, QUEUE_PREFIX } from '../support/dlq-record.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';
import { queuePolicy as policy } from '../support/test-policy.ts';

const ATTRIBUTES = {
  tenant: { stringValue: 'blue', stringListValues: [], binaryListValues: [], dataType: 'String.tenant' },
  stamp: { binaryValue: 'AAEC', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
};

function moved(n: number, change: { queue?: string; source?: string; group?: string; body?: string } = {}) {
  const {
    queue = 'queue-dlq',
    source = 'orders-queue',
    group,
    body = `{"n":${n}, "amount": 42.50}`,
  } = change;
  const record = dlqRecord({ requestId: null, messageId: `m-${n}`, body, queue });
  return {
    ...record,
    receiptHandle: `handle-${n}`,
    messageAttributes: ATTRIBUTES,
    attributes: {
      ...Object(record['attributes']),
      DeadLetterQueueSourceArn: `${QUEUE_PREFIX}${source}`,
      ...(group === undefined ? {} : { MessageGroupId: group }),
    },
  };
}

function inOrder(n: number, group: string, body?: string) {
  return moved(n, {
    queue: 'orders-dlq.fifo',
    source: 'orders.fifo',
    group,
    ...(body === undefined ? {} : { body }),
  });
}

function world(): SimulatedWorld {
  const made = new SimulatedWorld();
  made.policy = policy;
  return made;
}

async function outcomes(of: SimulatedWorld): Promise<unknown[]> {
  const processed = await of.poll();
  if (processed === 'crashed') throw new Error('nobody asked for a crash');
  return processed.map(({ outcome }) => (outcome.kind === 'done' ? outcome.how : outcome.why));
}

describe('a message that SQS moved', () => {
  test('goes back to its queue as it was: body, attributes of every type, and the tenant of a fair queue', async () => {
    const of = world();
    of.send(moved(1, { group: 'tenant-blue' }));
    expect(await outcomes(of)).toEqual(['reinvoked']);
    expect(of.giver.given).toMatchObject([
      {
        queue: 'orders-queue',
        message: { body: '{"n":1, "amount": 42.50}', attributes: ATTRIBUTES, groupId: 'tenant-blue' },
      },
    ]);
    expect(of.lambda.handedOver).toEqual([]);
    expect(of.archive.in('accepted')).toMatchObject([{ form: 'sqs-redrive', reinvocations: 1 }]);
  });

  test('goes back once: when it comes again, under the id that the queue gave it, it is parked', async () => {
    const of = world();
    of.send(moved(1));
    await of.poll();
    const again = { ...moved(1), messageId: of.giver.given[0]?.messageId, receiptHandle: 'again' };
    of.send(again);
    expect(await outcomes(of)).toEqual(['parked']);
    expect(of.giver.given).toHaveLength(1);
    expect(of.archive.in('parked')).toMatchObject([
      { origin: 'm-1', reinvocations: 1, reason: 'reinvocation-died' },
    ]);
  });

  test('may be any text: a queue takes more than JSON', async () => {
    const of = world();
    of.send(moved(1, { body: 'order 7, two boxes' }));
    expect(await outcomes(of)).toEqual(['reinvoked']);
    expect(of.giver.given[0]?.message.body).toBe('order 7, two boxes');
  });

  test('from a queue that is not declared is archived, and nothing is sent anywhere', async () => {
    const of = world();
    of.send(moved(1, { source: 'payroll' }));
    expect(await outcomes(of)).toEqual(['archived']);
    expect(of.giver.given).toEqual([]);
  });

  test('of another shape is another cause: poison of one kind does not park the rest', async () => {
    const of = world();
    of.send(...Array.from({ length: 8 }, (_, n) => moved(n)));
    expect((await outcomes(of)).filter((one) => one === 'reinvoked')).toHaveLength(5);
    of.send(moved(100, { body: '{"another":{"shape":1}}' }));
    expect(await outcomes(of)).toEqual(['reinvoked']);
  });

  test('that the queue refuses for now waits; that it refuses for good is parked', async () => {
    const of = world();
    of.giver.answers.push({ kind: 'refused', error: 'RequestThrottled' });
    of.send(moved(1));
    expect(await outcomes(of)).toEqual(['refused']);
    of.giver.answers.push({ kind: 'rejected', error: 'QueueDoesNotExist' });
    of.send(moved(2));
    expect(await outcomes(of)).toEqual(['parked']);
    expect(of.archive.in('parked')).toMatchObject([{ reason: 'target-rejected' }]);
  });

  test('loses nothing wherever the consumer is stopped, and repeats only between sending and writing it down', async () => {
    const whole = world();
    whole.send(moved(1));
    await whole.poll();
    for (const side of ['before', 'after'] as const) {
      for (let call = 1; call <= whole.calls.length; call++) {
        const of = world();
        of.send(moved(1));
        await of.poll({ call, side });
        await of.drain();
        const where = `${side} ${whole.calls[call - 1]}`;
        const mayRepeat = ['after giver.give', 'before ledger.accepted'].includes(where);
        expect({ where, sent: of.giver.given.length }).toEqual({ where, sent: mayRepeat ? 2 : 1 });
      }
    }
  });
});

describe('a FIFO queue', () => {
  test('gets its messages one after the other, in their groups, under ids that were never used', async () => {
    const of = world();
    of.send(inOrder(1, 'a'), inOrder(2, 'b'), inOrder(3, 'a'));
    expect(await outcomes(of)).toEqual(['reinvoked', 'reinvoked', 'reinvoked']);
    expect(of.giver.given.map(({ message }) => [message.groupId, message.deduplicationId])).toEqual([
      ['a', 'dlq-m-1-1'],
      ['b', 'dlq-m-2-1'],
      ['a', 'dlq-m-3-1'],
    ]);
  });

  test('has no message pass one of its group that could not be sent', async () => {
    const of = world();
    of.giver.answers.push({ kind: 'uncertain', error: 'TimeoutError' });
    of.send(inOrder(1, 'a'), inOrder(2, 'b'), inOrder(3, 'a'));
    // The first cannot wait in a FIFO queue, where it would hold up its group: it is parked, and so is what comes behind it.
    expect(await outcomes(of)).toEqual(['parked', 'reinvoked', 'parked']);
    expect(of.giver.given.map(({ message }) => message.groupId)).toEqual(['b']);
    expect(of.archive.in('parked').map(({ reason }) => reason)).toEqual([
      'no-queue-to-wait-in',
      'behind-a-parked-one',
    ]);
  });

  test('has no message pass one of its group that is parked', async () => {
    const of = world();
    of.send(inOrder(1, 'a'));
    await of.poll();
    const died = { ...inOrder(1, 'a'), messageId: of.giver.given[0]?.messageId, receiptHandle: 'again' };
    of.send(died, inOrder(2, 'a', '{"another":"shape"}'), inOrder(3, 'b', '{"another":"shape"}'));
    expect(await outcomes(of)).toEqual(['parked', 'parked', 'reinvoked']);
    expect(of.archive.in('parked').map(({ reason }) => reason)).toEqual([
      'reinvocation-died',
      'behind-a-parked-one',
    ]);
  });

  test('has no message pass one of its group that goes back to its queue', async () => {
    const of = world();
    await of.ledger.claim('m-1', 'another-delivery', of.nowMs, of.nowMs + 20_000);
    of.send(inOrder(1, 'a'), inOrder(2, 'a'), inOrder(3, 'b'));
    expect(await outcomes(of)).toEqual(['in-other-hands', 'behind-another', 'reinvoked']);
    await of.drain();
    expect(of.giver.given.map(({ message }) => message.body.slice(0, 6))).toEqual([
      '{"n":3',
      '{"n":1',
      '{"n":2',
    ]);
  });

  test('has nothing held behind a message that is done already', async () => {
    const of = world();
    of.send(inOrder(1, 'a'));
    await of.poll();
    of.send(inOrder(1, 'a'), inOrder(2, 'a'));
    expect(await outcomes(of)).toEqual(['duplicate', 'reinvoked']);
  });

  test('has no message pass one of its group that could not even be begun', async () => {
    const of = world();
    of.policy = {
      ...policy,
      targets: policy.targets.map((target) => ({ ...target, mode: 'act' as const })),
      intakes: policy.intakes.map((intake) => ({ ...intake, adopted: true })),
    };
    of.ledger.looks = async () => {
      throw new Error('throttled');
    };
    of.giver.answers.push({ kind: 'uncertain', error: 'none is expected' });
    of.send(inOrder(1, 'a'));
    await of.ledger.claim('m-1', 'another-delivery', of.nowMs, of.nowMs + 20_000);
    expect(await outcomes(of)).toEqual(['in-other-hands']);
    of.nowMs += 150_000;
    of.send(inOrder(2, 'a')); // its first look, which is not counted; the second look at the other one cannot be
    expect(await outcomes(of)).toEqual(['failed', 'behind-another']);
    expect(of.giver.given).toEqual([]);
  });

  test('is not sent to without a group, which it would not take', async () => {
    const of = world();
    const record = dlqRecord({ requestId: null, messageId: 'm-1', body: '{}' });
    const named = { stringValue: `${QUEUE_PREFIX}orders.fifo`, dataType: 'String' };
    of.send({ ...record, messageAttributes: { RULE_ARN: named, TARGET_ARN: named } });
    of.nowMs += 1;
    await of.drain();
    expect(of.giver.given).toEqual([]);
    expect(of.archive.in('parked')).toMatchObject([{ reason: 'no-message-group' }]);
  });
});

function text(stringValue: string) {
  return { stringValue, dataType: 'String' };
}

describe('what a rule or a schedule could not deliver to a queue', () => {
  test('is sent there as a body alone: the attributes were EventBridge’s', async () => {
    const of = world();
    const record = dlqRecord({ requestId: null, messageId: 'm-1', body: '{"orderId":1}' });
    of.send({
      ...record,
      messageAttributes: {
        RULE_ARN: text('arn:aws:events:eu-west-1:000000000000:rule/r'),
        TARGET_ARN: text(`${QUEUE_PREFIX}orders-queue`),
        ERROR_CODE: text('TIMEOUT'),
      },
    });
    expect(await outcomes(of)).toEqual(['waiting']);
    await of.drain();
    expect(of.giver.given).toMatchObject([
      { queue: 'orders-queue', message: { body: '{"orderId":1}', groupId: null } },
    ]);
    expect(of.giver.given[0]?.message.attributes).toBeUndefined();
  });
});

describe('two messages of one body', () => {
  test('are two: one that was sent before the other went back is not its death', async () => {
    const of = world();
    const tick = '{"tick":true}';
    of.nowMs += 600_000; // both were sent ten minutes ago
    of.send(moved(1, { body: tick }));
    expect(await outcomes(of)).toEqual(['reinvoked']);
    of.nowMs += 120_000;
    of.send(moved(2, { body: tick }));
    expect(await outcomes(of)).toEqual(['reinvoked']);
    expect(of.ledger.circuits.closed).toHaveLength(0);
  });
});

describe('an event with credentials', () => {
  test.each([
    [
      'codepipeline-job',
      '{"CodePipeline.job":{"data":{"artifactCredentials":{"secretAccessKey":"s3cr3t"}}}}',
    ],
    [
      'cloudformation-custom-resource',
      '{"RequestType":"Create","ResponseURL":"https://x/?Signature=s","StackId":"arn"}',
    ],
    ['api-request', '{"httpMethod":"POST","headers":{"aUtHoRiZaTiOn":"Bearer t"},"requestContext":{}}'],
    ['api-request', '{"requestContext":{"eventType":"CONNECT"},"headers":{"Authorization":"Bearer t"}}'],
    ['api-request', '{"type":"TOKEN","authorizationToken":"allow"}'],
    ['api-request', '{"info":{"fieldName":"f"},"arguments":{},"request":{"headers":{"x-api-key":"k"}}}'],
    ['codepipeline-job', '[{"a":1},{"CodePipeline.job":{}}]'],
    [
      'codepipeline-job',
      '{"requestContext":{"functionArn":"f","condition":"c"},"requestPayload":{"CodePipeline.job":{}}}',
    ],
    [
      'cloudformation-custom-resource',
      JSON.stringify({ Records: [{ body: '{"RequestType":"Create","ResponseURL":"u","StackId":"s"}' }] }),
    ],
    ['api-request', '{"version":"2.0","routeKey":"$default","cookies":["session=1"],"requestContext":{}}'],
  ])('of kind %s is parked for a person and marked, whatever its error', async (credentials, body) => {
    for (const message of [
      'connect ECONNREFUSED 10.0.0.7:5432',
      'Validation failed: no total',
      'Task timed out after 3.00 seconds',
    ]) {
      const of = world();
      of.send(dlqRecord({ body, message }));
      await of.drain();
      expect(of.lambda.handedOver).toEqual([]);
      expect(of.archive.in('parked')).toMatchObject([{ reason: 'holds-credentials', credentials }]);
      expect(of.ledger.circuits.closed).toEqual([expect.stringContaining('|credentials|')]);
      expect(of.archive.in('parked')[0]?.group).toContain('|credentials|');
    }
  });

  test('is told from one of the same service that shows none', async () => {
    const of = world();
    of.send(
      dlqRecord({
        body: '{"httpMethod":"GET","headers":{"accept":"*/*"},"requestContext":{}}',
        message: 'Task timed out after 3.00 seconds',
      }),
    );
    await of.drain();
    expect(of.lambda.handedOver).toHaveLength(1);
  });
});
