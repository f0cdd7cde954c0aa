import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { invokeClient, lambdaClient } from '../../src/aws/clients/lambda.ts';
import { sqsClient } from '../../src/aws/clients/sqs.ts';
import { lambdaCaller } from '../../src/aws/lambda-caller.ts';
import { lambdaTargetWatcher } from '../../src/aws/lambda-target-watcher.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import type { Caller } from '../../src/recovery/ports.ts';
import { lookDigest } from '../../src/recovery/release/target-look.ts';
import { pointSdkAt } from '../support/local-stack.ts';
import { MemoryLambda } from '../support/memory-lambda.ts';
import { KNOWN_TARGET } from '../support/simulated-world.ts';
import { packageOf, startSmallStack } from '../support/small-stack.ts';
import { testFunction, testQueue } from '../support/test-policy.ts';

/** Fails, or takes longer than it may, when its event says so; else gives back what it got. */
const SOURCE = `exports.handler = async (event) => {
  if (event.fail) { const error = new RangeError('too ' + event.fail); error.cause = new Error('behind it'); throw error; }
  if (event.slow) await new Promise((resolve) => setTimeout(resolve, 60000));
  return event;
};`;

let aws: LocalAws;
let restore: () => void;

beforeAll(async () => {
  const plain = { source: SOURCE, properties: { Environment: { Variables: { SECRET: 'hunter2' } } } };
  aws = await startSmallStack({
    functions: { called: { source: SOURCE, properties: { Timeout: 1 } }, watched: plain, stopped: plain },
    resources: {
      Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
      Source: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'source',
          VisibilityTimeout: 40,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
        },
      },
    },
  });
  restore = pointSdkAt(aws);
});

afterAll(async () => {
  restore();
  await aws.stop();
});

function inMemory(): Caller {
  const lambda = new MemoryLambda();
  lambda.functions.set('called', KNOWN_TARGET);
  lambda.run = (payload, requestId) =>
    payload.includes('fail')
      ? { kind: 'died', requestId, error: { code: null, type: 'RangeError', message: 'too large' } }
      : { kind: 'succeeded', requestId, answer: payload };
  return lambda;
}

describe.each([
  ['in memory', inMemory],
  ['over the wire', () => lambdaCaller(invokeClient())],
] as const)('a synchronous call %s', (_, open) => {
  let caller: Caller;
  beforeEach(() => {
    caller = open();
  });

  test('gives what the function returned, and its request id', async () => {
    const called = await caller.call(testFunction('called'), '{ "n": 42.50 }', 1);
    expect(called).toMatchObject({ kind: 'succeeded', requestId: expect.stringMatching(/.{8,}/) });
    expect(JSON.parse(called.kind === 'succeeded' ? called.answer : '')).toEqual({ n: 42.5 });
  });

  test('gives the error that the function threw', async () => {
    expect(await caller.call(testFunction('called'), '{"fail":"large"}', 1)).toMatchObject({
      kind: 'died',
      error: { type: 'RangeError', message: 'too large' },
    });
  });

  test('of a function that there is not is rejected', async () => {
    expect(await caller.call(testFunction('nobody'), '{}', 1)).toEqual({
      kind: 'rejected',
      error: 'ResourceNotFoundException',
    });
  });
});

test('a function that runs into its timeout has died of it, and is not an answer that never came', async () => {
  const called = await lambdaCaller(invokeClient()).call(testFunction('called'), '{"slow":true}', 1);
  expect(called).toMatchObject({
    kind: 'died',
    error: { message: expect.stringContaining('Task timed out after') },
  });
});

test('a stopped function refuses a call, which starts nothing', async () => {
  await lambdaClient().send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'stopped', ReservedConcurrentExecutions: 0 }),
  );
  expect(await lambdaCaller(invokeClient()).call(testFunction('stopped'), '{}', 1)).toEqual({
    kind: 'refused',
    error: 'TooManyRequestsException',
  });
});

describe('the look of a target', () => {
  const watcher = () => lambdaTargetWatcher(lambdaClient(), async () => sqsClient());
  const digest = async (name = 'watched') =>
    lookDigest(await watcher().look(testFunction(name), null), 'salt');

  test('changes with code and configuration, and with nothing else', async () => {
    const first = await digest();
    expect(first).not.toBeNull();
    expect(await digest()).toBe(first);
    const lambda = lambdaClient();
    await lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'watched', ZipFile: packageOf(`${SOURCE}// mended`) }),
    );
    const second = await digest();
    expect(second).not.toBe(first);
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'watched', MemorySize: 256 }));
    const third = await digest();
    expect(third).not.toBe(second);
    const Environment = { Variables: { SECRET: 'another' } };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'watched', Environment }));
    expect(await digest()).not.toBe(third);
  });

  test('says when it was changed last, and shows no secret', async () => {
    const before = Date.now() - 1000;
    await lambdaClient().send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'watched', Timeout: 5 }),
    );
    const look = await watcher().look(testFunction('watched'), null);
    expect(look.kind === 'seen' && look.changedAtMs >= before).toBe(true);
    expect(await digest()).not.toMatch(/hunter2|another/);
  });

  test('is held while somebody has stopped it, and other when that is lifted', async () => {
    const lambda = lambdaClient();
    const concurrency = (ReservedConcurrentExecutions: number) =>
      lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName: 'stopped', ReservedConcurrentExecutions }),
      );
    await concurrency(0);
    expect(await watcher().look(testFunction('stopped'), null)).toMatchObject({ held: 'stopped' });
    const stopped = await digest('stopped');
    await concurrency(5);
    expect(await watcher().look(testFunction('stopped'), null)).toMatchObject({ held: null });
    expect(await digest('stopped')).not.toBe(stopped);
  });

  test('is missing where there is no such function or alias, and unseen of a queue', async () => {
    expect(await watcher().look(testFunction('nobody'), null)).toEqual({ kind: 'missing' });
    const alias = testFunction('watched', { qualifier: 'nope' });
    expect(await watcher().look(alias, null)).toEqual({ kind: 'missing' });
    expect(await watcher().look(testQueue('orders', 'source'), null)).toEqual({ kind: 'unseen' });
  });

  test('of a queue tells how long its messages can take to come back', async () => {
    const dead = 'arn:aws:sqs:eu-west-1:000000000000:dead';
    expect(await watcher().queueReturnMs(testQueue('orders', 'source'), dead)).toBe(3 * 40 * 1000);
  });
});
