import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { GetFunctionConfigurationCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { eventually } from '../support/eventually.ts';
import { startSmallStack } from '../support/small-stack.ts';

/** What goes through the local AWS stays what it was, also where it is odd or large. */

const SOURCE = `
class Odd extends Error {}
exports.handler = async (event) => {
  if (event.odd === 'message') throw Object.assign(new Error(), { message: { code: 7 } });
  if (event.odd === 'name') throw Object.assign(new Error('boom'), { name: 7 });
  if (event.odd === 'stack') throw Object.assign(new Error('boom'), { stack: undefined });
  if (event.odd === 'bare') throw Object.create(null);
  if (event.odd === 'result') return { self: 10n };
  if (event.odd === 'talk') { process.send?.({ kind: 'nonsense' }); return 'talked'; }
  throw new Odd('boom');
};`;

/** The runtime's words for an error that it cannot read. */
const unreadable = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
};

const onceOnly = (name: string): Record<string, unknown> => ({
  Type: 'AWS::Lambda::EventInvokeConfig',
  Properties: { FunctionName: name, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
});

describe('a payload', () => {
  const reports: string[] = [];
  let aws: LocalAws;
  let clients: Clients;

  beforeAll(async () => {
    aws = await startSmallStack(
      {
        functions: {
          failing: {
            source: SOURCE,
            properties: {
              Environment: { Variables: { GREETING: 'hello' } },
              DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Letters', 'Arn'] } },
            },
          },
          adrift: {
            source: SOURCE,
            properties: {
              DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:000000000000:nowhere' },
            },
          },
        },
        resources: {
          Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
          Failing: onceOnly('failing'),
          Adrift: onceOnly('adrift'),
        },
      },
      { onProgress: (line) => reports.push(line) },
    );
    clients = clientsFor(aws);
  });

  afterAll(() => aws.stop());

  async function letterOf(payload: string): Promise<Message | undefined> {
    const accepted = await clients.lambda.send(
      new InvokeCommand({ FunctionName: 'failing', InvocationType: 'Event', Payload: Buffer.from(payload) }),
    );
    const found: Message[] = [];
    const QueueUrl = `${aws.endpoint}/000000000000/letters`;
    await eventually(async () => {
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 1 }),
      );
      found.push(...Messages);
      return found.length > 0;
    });
    expect(found[0]?.MessageAttributes?.['RequestID']?.StringValue).toBe(accepted.$metadata.requestId);
    return found[0];
  }

  test.each([
    ['with characters beyond the basic plane', '{"name":"Zoë 🫖","clef":"𝄞"}'],
    ['with odd spacing and numbers', '\n{ "a" : 12345678901234567890,\t"b":42.50, "a":1e400 }  '],
    ['that is only a string', '"🫖"'],
    ['that is an array', '[ ]'],
  ])('%s dies into the queue byte for byte', async (_, payload) => {
    expect((await letterOf(payload))?.Body).toBe(payload);
  });

  test('that is not UTF-8 is refused as no JSON', async () => {
    const call = clients.lambda.send(
      new InvokeCommand({ FunctionName: 'failing', Payload: Buffer.from([0x22, 0xff, 0x22]) }),
    );
    await expect(call).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
  });

  test('whose dead-letter queue cannot be reached is dropped, and that is reported', async () => {
    const accepted = await clients.lambda.send(
      new InvokeCommand({ FunctionName: 'adrift', InvocationType: 'Event' }),
    );
    await eventually(() => reports.some((line) => line.startsWith('DeadLetterErrors')));
    expect(reports.join('\n')).toContain(accepted.$metadata.requestId);
  });

  test.each([
    ['message', unreadable],
    ['name', unreadable],
    ['stack', { errorType: 'Error', errorMessage: 'boom', trace: [] }],
    ['bare', unreadable],
    [
      'result',
      { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
    ],
  ])('that makes a function fail oddly (%s) is reported as failed', async (odd, expected) => {
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName: 'failing', Payload: JSON.stringify({ odd }) }),
    );
    expect(answer.FunctionError).toBe('Unhandled');
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8'))).toMatchObject(expected);
  });

  test('cannot make a function speak to the local Lambda behind its back', async () => {
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName: 'failing', Payload: '{"odd":"talk"}' }),
    );
    expect(Buffer.from(answer.Payload ?? []).toString('utf8')).toBe('"talked"');
  });

  test('is taken by a function that tells what it is', async () => {
    const told = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'failing' }));
    expect(told).toMatchObject({
      FunctionName: 'failing',
      FunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:failing',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/any',
      Timeout: 3,
      MemorySize: 128,
      CodeSha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      Version: '$LATEST',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Environment: { Variables: { GREETING: 'hello' } },
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:000000000000:letters' },
    });
  });
});

function intakeOf(local: LocalAws): string {
  return `${local.endpoint}/000000000000/intake`;
}

describe('a batch', () => {
  let aws: LocalAws | null = null;

  afterEach(async () => {
    await aws?.stop();
    aws = null;
  });

  async function start(source: string, mapping: Record<string, unknown>): Promise<LocalAws> {
    aws = await startSmallStack({
      functions: { consumer: { source } },
      resources: {
        Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'intake', VisibilityTimeout: 30 } },
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
            FunctionName: { Ref: 'consumerFunction' },
            ...mapping,
          },
        },
      },
    });
    return aws;
  }

  async function hiddenIn(local: LocalAws): Promise<number> {
    const { Attributes } = await clientsFor(local).sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: intakeOf(local), AttributeNames: ['All'] }),
    );
    return Number(Attributes?.['ApproximateNumberOfMessagesNotVisible']);
  }

  test('is never larger than an event may be, and no message is left behind', async () => {
    const local = await start('exports.handler = async () => null', {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
    });
    const { sqs } = clientsFor(local);
    const bodies = Array.from({ length: 12 }, (_, n) => `${n}:${'"'.repeat(900_000)}`);
    await Promise.all(
      bodies.map((MessageBody) =>
        sqs.send(new SendMessageCommand({ QueueUrl: intakeOf(local), MessageBody })),
      ),
    );
    const delivered = (): string[] =>
      local.invocations().flatMap(({ payload }) => payload.match(/"body":"\d+/g) ?? []);
    await eventually(() => new Set(delivered()).size === bodies.length);
    for (const { payload } of local.invocations()) {
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(6 * 1024 * 1024);
    }
    expect(delivered()).toHaveLength(bodies.length);
    await eventually(async () => (await hiddenIn(local)) === 0);
  });

  test('without reported failures is deleted whole, whatever the function returns', async () => {
    const local = await start(
      'exports.handler = async ({ Records }) => ({ batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) })',
      { BatchSize: 2 },
    );
    const { sqs } = clientsFor(local);
    const Entries = ['a', 'b'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: intakeOf(local), Entries }));
    await eventually(() => local.invocations().some(({ outcome }) => outcome.kind === 'success'));
    await eventually(async () => (await hiddenIn(local)) === 0);
  });

  test('is not made while the mapping is switched off', async () => {
    const local = await start('exports.handler = async () => null', { Enabled: false });
    const { sqs } = clientsFor(local);
    await sqs.send(new SendMessageCommand({ QueueUrl: intakeOf(local), MessageBody: 'still here' }));
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: intakeOf(local), WaitTimeSeconds: 1 }),
    );
    expect(Messages?.[0]?.Body).toBe('still here');
    expect(local.invocations()).toEqual([]);
  });

  test('that no mapping would be allowed on AWS is refused: many messages and no window', async () => {
    await expect(start('exports.handler = async () => null', { BatchSize: 11 })).rejects.toThrow(
      /Mapping.*batch.*window/is,
    );
  });
});
