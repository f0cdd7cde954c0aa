import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InvokeCommand, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, type Message } from '@aws-sdk/client-sqs';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import { cutToBytes } from '../../src/local/lambda/last-words.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { eventually } from '../support/eventually.ts';
import { startSmallStack } from '../support/small-stack.ts';

/** The local Lambda is held to what AWS documents and to what has been recorded of it. */

const deadLetters = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead-letters' } };
const toDeadLetters = { DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } };

const FAILING = `
exports.handler = async (event, context) => {
  if (event?.message !== undefined) { const e = new Error(event.message); e.name = event.name ?? 'Error'; throw e; }
  if (event?.raw !== undefined) throw event.raw;
  if (event?.exit !== undefined) process.exit(event.exit);
  if (event?.block === true) for (;;) {}
  if (event?.heap === true) { const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length)); }
  if (event?.buffers === true) { const kept = []; for (;;) kept.push(Buffer.alloc(1_000_000, 1)); }
  if (event?.forget !== undefined) { Promise.reject(new Error(event.forget)); await new Promise((resolve) => setTimeout(resolve, 60_000)); }
  if (event?.later !== undefined) { setTimeout(() => { throw new TypeError(event.later); }); await new Promise((resolve) => setTimeout(resolve, 60_000)); }
  if (event?.sleep === true) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return { event, id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() > 0 };
};`;

let aws: LocalAws;
let clients: Clients;

beforeAll(async () => {
  aws = await startSmallStack({
    functions: {
      failing: { source: FAILING, properties: { Timeout: 1, ...toDeadLetters } },
      unheard: { source: FAILING },
      misnamed: { source: FAILING, properties: { Handler: 'index.handle' } },
      missing: { source: "require('tea-catalogue');" },
      unparseable: { source: 'exports.handler = async () => { return {' },
      throwing: { source: "throw new TypeError('no catalogue');" },
      badly: { source: FAILING, properties: { Handler: 'index' } },
      once: { source: FAILING, properties: toDeadLetters },
      old: { source: FAILING, properties: toDeadLetters },
    },
    resources: {
      DeadLetters: deadLetters,
      Once: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: 'once', Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      },
      Old: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: 'old', Qualifier: '$LATEST', MaximumEventAgeInSeconds: 60 },
      },
    },
  });
  clients = clientsFor(aws);
});

afterAll(() => aws.stop());

function call(
  FunctionName: string,
  payload: string,
  type: 'Event' | 'RequestResponse',
): Promise<InvokeCommandOutput> {
  return clients.lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: type, Payload: Buffer.from(payload) }),
  );
}

async function callNow(
  functionName: string,
  event: unknown,
): Promise<{ answer: InvokeCommandOutput; body: unknown }> {
  const answer = await call(functionName, JSON.stringify(event), 'RequestResponse');
  return { answer, body: JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8')) };
}

const collected: Message[] = [];

/** The dead letter of an event: the queue is read until the one with its request id arrives. */
async function deadLetterOf(requestId: string | undefined): Promise<Message> {
  const isIt = ({ MessageAttributes }: Message): boolean =>
    MessageAttributes?.['RequestID']?.StringValue === requestId;
  await eventually(async () => {
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: `${aws.endpoint}/000000000000/dead-letters`,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    collected.push(...Messages);
    return collected.some(isIt);
  });
  const found = collected.find(isIt);
  if (found === undefined) throw new Error('unreachable: the letter has just been there');
  return found;
}

describe('a synchronous invocation', () => {
  test('answers with what the handler returns, and gives it its context', async () => {
    const { answer, body } = await callNow('unheard', { n: 1 });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(answer.FunctionError).toBeUndefined();
    expect(body).toEqual({
      event: { n: 1 },
      id: answer.$metadata.requestId,
      arn: 'arn:aws:lambda:eu-west-1:000000000000:function:unheard',
      left: true,
    });
  });

  test.each([
    ['name', 'unheard'],
    ['partial ARN', '000000000000:function:unheard'],
    ['full ARN', 'arn:aws:lambda:eu-west-1:000000000000:function:unheard'],
    ['$LATEST', 'unheard:$LATEST'],
  ])('finds a function by its %s', async (_, functionName) => {
    expect((await callNow(functionName, null)).answer.StatusCode).toBe(200);
  });

  test.each([
    [
      { message: 'boom', name: 'OrderError' },
      { errorType: 'OrderError', errorMessage: 'boom', trace: expect.any(Array) },
    ],
    [{ raw: 'just text' }, { errorType: 'string', errorMessage: 'just text', trace: [] }],
  ])('reports %j in the words of the Node runtime', async (event, expected) => {
    const { answer, body } = await callNow('unheard', event);
    expect(answer.FunctionError).toBe('Unhandled');
    expect(body).toEqual(expected);
  });

  test.each([
    ['sleeps', { sleep: true }],
    ['blocks its event loop', { block: true }],
  ])('is killed at its timeout when it %s', async (_, event) => {
    const { answer, body } = await callNow('failing', event);
    expect(body).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${answer.$metadata.requestId} Error: Task timed out after 1.00 seconds`,
    });
  });

  test.each([
    [0, 'Runtime exited without providing a reason'],
    [3, 'Runtime exited with error: exit status 3'],
  ])('reports an exit with status %i', async (exit, text) => {
    const { answer, body } = await callNow('unheard', { exit });
    expect(body).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${answer.$metadata.requestId} Error: ${text}`,
    });
  });

  test.each([
    ['heap', { heap: true }],
    ['buffers', { buffers: true }],
  ])('is killed when its %s grow past its memory', async (_, event) => {
    const { answer, body } = await callNow('unheard', event);
    expect(body).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${answer.$metadata.requestId} Error: Runtime exited with error: signal: killed`,
    });
  });

  test.each([
    [
      'an unhandled rejection',
      { forget: 'no stock' },
      'Runtime.UnhandledPromiseRejection',
      'Error: no stock',
    ],
    ['an exception outside of the handler', { later: 'no stock' }, 'TypeError', 'no stock'],
  ])('ends with %s', async (_, event, errorType, errorMessage) => {
    const { body } = await callNow('unheard', event);
    expect(body).toMatchObject({ errorType, errorMessage });
  });

  test.each([
    ['misnamed', 'Runtime.HandlerNotFound', /^index\.handle is undefined or not exported$/],
    [
      'missing',
      'Runtime.ImportModuleError',
      /^Error: Cannot find module 'tea-catalogue'\nRequire stack:\n- /,
    ],
    ['unparseable', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
    ['throwing', 'TypeError', /^no catalogue$/],
    ['badly', 'Runtime.MalformedHandlerName', /^Bad handler$/],
  ])('reports that the code of %s cannot be used', async (functionName, errorType, errorMessage) => {
    const { answer, body } = await callNow(functionName, {});
    expect(answer.FunctionError).toBe('Unhandled');
    expect(body).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) });
  });

  test('uses an idle process again, and a new one after a crash', async () => {
    await callNow('unheard', { exit: 1 });
    expect((await callNow('unheard', { n: 2 })).body).toMatchObject({ event: { n: 2 } });
  });
});

describe('an asynchronous invocation', () => {
  test('dies after three attempts under the request id of its acceptance, into the queue, byte for byte', async () => {
    const payload = '{ "message": "boom é ✓", "big": 12345678901234567890, "n": 42.50 }';
    const accepted = await call('failing', payload, 'Event');
    expect(accepted.StatusCode).toBe(202);
    const letter = await deadLetterOf(accepted.$metadata.requestId);
    expect(letter.Body).toBe(payload);
    expect(letter.MessageAttributes).toEqual({
      RequestID: { DataType: 'String', StringValue: accepted.$metadata.requestId },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: { DataType: 'String', StringValue: 'boom é ✓' },
    });
    const runs = aws.invocations().filter(({ requestId }) => requestId === accepted.$metadata.requestId);
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test('is tried only as often as the function is configured', async () => {
    const accepted = await call('once', '{"message":"boom"}', 'Event');
    await deadLetterOf(accepted.$metadata.requestId);
    const runs = aws.invocations().filter(({ requestId }) => requestId === accepted.$metadata.requestId);
    expect(runs).toHaveLength(1);
  });

  test('is given up early when it would be too old for its next attempt', async () => {
    const accepted = await call('old', '{"message":"boom"}', 'Event');
    await deadLetterOf(accepted.$metadata.requestId);
    const runs = aws.invocations().filter(({ requestId }) => requestId === accepted.$metadata.requestId);
    expect(runs).toHaveLength(1);
  });

  test('has its error message cut to 1,024 bytes', async () => {
    const accepted = await call('once', JSON.stringify({ message: 'é'.repeat(2000) }), 'Event');
    const letter = await deadLetterOf(accepted.$metadata.requestId);
    expect(letter.MessageAttributes?.['ErrorMessage']?.StringValue).toBe('é'.repeat(512));
    expect(cutToBytes(`x${'é'.repeat(2000)}`, 1024)).toBe(`x${'é'.repeat(511)}\uFFFD`);
  });

  test('has no error message where the error has none', async () => {
    const accepted = await call('once', '{"message":""}', 'Event');
    const letter = await deadLetterOf(accepted.$metadata.requestId);
    expect(Object.keys(letter.MessageAttributes ?? {}).toSorted()).toEqual(['ErrorCode', 'RequestID']);
  });

  test('that succeeds leaves nothing in the queue', async () => {
    const accepted = await call('once', '{"fine":true}', 'Event');
    await eventually(() =>
      aws
        .invocations()
        .some(
          ({ requestId, outcome }) =>
            requestId === accepted.$metadata.requestId && outcome.kind === 'success',
        ),
    );
  });
});

describe('the Lambda API', () => {
  test.each([
    ['a function that is not there', 'nobody', '{}', 404, 'ResourceNotFoundException'],
    ['an alias that is not there', 'unheard:live', '{}', 404, 'ResourceNotFoundException'],
    ['a payload that is no JSON', 'unheard', '{"a":', 400, 'InvalidRequestContentException'],
    [
      'a payload that is too large',
      'unheard',
      JSON.stringify('x'.repeat(1024 * 1024)),
      413,
      'RequestTooLargeException',
    ],
  ])('refuses %s', async (_, functionName, payload, status, name) => {
    const refused = call(functionName, payload, 'Event');
    await expect(refused).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  test('takes no payload as an empty object', async () => {
    const answer = await clients.lambda.send(new InvokeCommand({ FunctionName: 'unheard' }));
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8'))).toMatchObject({ event: {} });
  });

  test('refuses by name what it does not model', async () => {
    const dryRun = clients.lambda.send(
      new InvokeCommand({ FunctionName: 'unheard', InvocationType: 'DryRun' }),
    );
    await expect(dryRun).rejects.toThrow(/does not model the invocation type DryRun/);
  });
});
