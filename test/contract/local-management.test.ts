import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DeleteFunctionConcurrencyCommand,
  GetAliasCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  ListAliasesCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type GetFunctionConfigurationCommandOutput,
} from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { InvocationRecord, LocalAws } from '../../src/local/local-aws.ts';
import { sdkSettings } from '../../src/local/sdk-settings.ts';
import { eventually } from '../support/eventually.ts';
import { packageOf, startSmallStack } from '../support/small-stack.ts';

/** What a deployment, an operator and a watcher of a function do through Lambda's API. */

/** Says which build it is, in which process and as which version; fails, or takes a while, when told to. */
function source(build: string): string {
  return `exports.handler = async (event) => {
    if (event.fail) throw new Error('${build} failed');
    if (event.slow) await new Promise((resolve) => setTimeout(resolve, 1500));
    return { build: '${build}', pid: process.pid, version: process.env.AWS_LAMBDA_FUNCTION_VERSION, mode: process.env.MODE };
  };
  exports.other = async () => 'other';`;
}

/** As Lambda gives it. */
function sha256Of(build: string): string {
  return createHash('sha256')
    .update(packageOf(source(build)))
    .digest('base64');
}

const FUNCTIONS = [
  'watched',
  'deployed',
  'busy',
  'broken',
  'configured',
  'lettered',
  'retried',
  'limited',
  'halted',
  'waiting',
  'aliased',
] as const;

const letters = { 'Fn::GetAtt': ['Letters', 'Arn'] };
const LETTERS_ARN = 'arn:aws:sqs:eu-west-1:000000000000:letters';

let aws: LocalAws;
let clients: Clients;
let once: LambdaClient;

beforeAll(async () => {
  const plain = { source: source('first'), properties: { Environment: { Variables: { MODE: 'old' } } } };
  const stack = {
    functions: {
      ...Object.fromEntries(FUNCTIONS.map((name) => [name, plain])),
      watched: {
        source: source('first'),
        properties: {
          Timeout: 900,
          MemorySize: 256,
          Environment: { Variables: { MODE: 'old' } },
          DeadLetterConfig: { TargetArn: letters },
          VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
        },
      },
      waiting: { source: source('first'), properties: { DeadLetterConfig: { TargetArn: letters } } },
    },
    resources: {
      Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'aliasedFunction' } } },
      Live: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          Name: 'live',
          FunctionName: { Ref: 'aliasedFunction' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
        },
      },
    },
  };
  // The wait for a second attempt, one second, must leave room for a call of the API.
  aws = await startSmallStack(stack, { lambdaSpeed: 60 });
  clients = clientsFor(aws);
  // A throttled call is an answer here, not a reason to call again.
  once = new LambdaClient({ ...sdkSettings(aws), maxAttempts: 1 });
});

afterAll(async () => {
  once.destroy();
  await aws.stop();
});

function configurationOf(FunctionName: string): Promise<GetFunctionConfigurationCommandOutput> {
  return clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
}

function deploy(FunctionName: string, build: string): Promise<{ CodeSha256?: string | undefined }> {
  return clients.lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName, ZipFile: packageOf(source(build)) }),
  );
}

async function call(FunctionName: string, event: unknown = {}): Promise<unknown> {
  const { Payload = [] } = await once.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  return JSON.parse(Buffer.from(Payload).toString('utf8'));
}

async function accept(FunctionName: string, event: unknown): Promise<string> {
  const answer = await clients.lambda.send(
    new InvokeCommand({
      FunctionName,
      InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  return answer.$metadata.requestId ?? '';
}

function runsOf(requestId: string): readonly InvocationRecord[] {
  return aws.invocations().filter((run) => run.requestId === requestId);
}

function isRunning(functionName: string): boolean {
  return aws.invocations().some((run) => run.functionName === functionName && run.outcome.kind === 'running');
}

async function reserve(FunctionName: string, ReservedConcurrentExecutions: number): Promise<void> {
  await clients.lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }),
  );
}

describe('the configuration of a function', () => {
  test('says all that a change of it could show', async () => {
    const { $metadata, ...configuration } = await configurationOf('watched');
    expect($metadata.httpStatusCode).toBe(200);
    expect(configuration).toEqual({
      FunctionName: 'watched',
      FunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:watched',
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::000000000000:role/any',
      Handler: 'index.handler',
      Timeout: 900,
      MemorySize: 256,
      CodeSha256: sha256Of('first'),
      LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      Version: '$LATEST',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Environment: { Variables: { MODE: 'old' } },
      VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
      DeadLetterConfig: { TargetArn: LETTERS_ARN },
    });
  });
});

describe('new code', () => {
  test('runs in a new process from the next invocation on, and is told by its hash and its date', async () => {
    const before = await configurationOf('deployed');
    expect(await call('deployed')).toMatchObject({ build: 'first' });
    const answer = await deploy('deployed', 'second');
    expect(await call('deployed')).toMatchObject({ build: 'second', mode: 'old' });
    const after = await configurationOf('deployed');
    expect(answer.CodeSha256).toBe(sha256Of('second'));
    expect(after.CodeSha256).toBe(answer.CodeSha256);
    expect(after.LastModified).not.toBe(before.LastModified);
    expect({ ...after, CodeSha256: '', LastModified: '', $metadata: {} }).toEqual({
      ...before,
      CodeSha256: '',
      LastModified: '',
      $metadata: {},
    });
  });

  test('lets end on the old code what runs already, in a process that is not used again', async () => {
    const old = call('busy', { slow: true });
    await eventually(() => isRunning('busy'));
    await deploy('busy', 'second');
    const [ended, next] = await Promise.all([old, call('busy')]);
    expect(ended).toMatchObject({ build: 'first' });
    expect(next).toMatchObject({ build: 'second' });
    expect(await call('busy')).toMatchObject({ build: 'second' });
  });

  test('runs for an event that waits for its next attempt', async () => {
    const requestId = await accept('retried', { fail: true });
    await eventually(() => runsOf(requestId).some(({ outcome }) => outcome.kind === 'error'));
    await clients.lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: 'retried',
        ZipFile: packageOf("exports.handler = async () => 'mended'"),
      }),
    );
    await eventually(() => runsOf(requestId).some(({ outcome }) => outcome.kind === 'success'));
    expect(runsOf(requestId).at(-1)?.outcome).toEqual({ kind: 'success', response: '"mended"' });
  });

  test('that is no zip is refused, and the old one stays', async () => {
    const refused = clients.lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'broken', ZipFile: Buffer.from('no zip') }),
    );
    await expect(refused).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
    });
    expect(await call('broken')).toMatchObject({ build: 'first' });
  });

  test('from a bucket is refused by name', async () => {
    const refused = clients.lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'broken', S3Bucket: 'b', S3Key: 'k' }),
    );
    await expect(refused).rejects.toThrow(/does not model S3Bucket, S3Key/);
  });
});

describe('a changed configuration', () => {
  test('is that of the next invocation; what the change does not name stays', async () => {
    const before = await configurationOf('configured');
    await call('configured');
    const answer = await clients.lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'configured',
        Environment: { Variables: { MODE: 'new' } },
        MemorySize: 192,
        Role: 'arn:aws:iam::000000000000:role/other',
      }),
    );
    expect(answer).toMatchObject({ MemorySize: 192, Environment: { Variables: { MODE: 'new' } } });
    expect(await call('configured')).toMatchObject({ build: 'first', mode: 'new' });
    const after = await configurationOf('configured');
    expect(after).toMatchObject({
      MemorySize: 192,
      Role: 'arn:aws:iam::000000000000:role/other',
      Timeout: before.Timeout,
      CodeSha256: before.CodeSha256,
    });
    expect(after.LastModified).not.toBe(before.LastModified);
  });

  test('has a new timeout and a new handler', async () => {
    await clients.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'configured', Timeout: 1 }),
    );
    expect(await call('configured', { slow: true })).toMatchObject({ errorType: 'Sandbox.Timedout' });
    await clients.lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'configured',
        Timeout: 900,
        Handler: 'index.other',
      }),
    );
    expect(await call('configured')).toBe('other');
    expect(await configurationOf('configured')).toMatchObject({ Timeout: 900, Handler: 'index.other' });
  });

  test('keeps the dead-letter queue when it names none, and loses it to an empty ARN', async () => {
    const change = (DeadLetterConfig: {
      TargetArn?: string;
    }): Promise<{ DeadLetterConfig?: { TargetArn?: string | undefined } | undefined }> =>
      clients.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: 'lettered', DeadLetterConfig }),
      );
    const given = await change({ TargetArn: LETTERS_ARN });
    expect(given.DeadLetterConfig?.TargetArn).toBe(LETTERS_ARN);
    expect((await change({})).DeadLetterConfig?.TargetArn).toBe(LETTERS_ARN);
    expect((await change({ TargetArn: '' })).DeadLetterConfig).toBeUndefined();
  });

  test.each([
    [{ Timeout: 901 }, 'ValidationException', /Timeout/],
    [{ MemorySize: 64 }, 'ValidationException', /MemorySize/],
    [{ Layers: ['arn:aws:lambda:eu-west-1:000000000000:layer:tea:1'] }, 'NotImplemented', /not model Layers/],
  ])('%j is refused', async (change, name, message) => {
    const refused = clients.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'watched', ...change }),
    );
    await expect(refused).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});

describe('reserved concurrency', () => {
  test('is read, set and lifted, and is no change of the configuration', async () => {
    const before = await configurationOf('limited');
    const read = async (): Promise<number | undefined> =>
      (await clients.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: 'limited' })))
        .ReservedConcurrentExecutions;
    expect(await read()).toBeUndefined();
    await reserve('limited', 5);
    expect(await read()).toBe(5);
    expect({ ...(await configurationOf('limited')), $metadata: {} }).toEqual({ ...before, $metadata: {} });
    await clients.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'limited' }));
    expect(await read()).toBeUndefined();
  });

  test('of none, or that is used up, refuses a synchronous call with its reason, until it is lifted', async () => {
    const refusal = {
      name: 'TooManyRequestsException',
      message: 'Rate Exceeded.',
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      $metadata: { httpStatusCode: 429 },
    };
    await reserve('halted', 0);
    await expect(call('halted')).rejects.toMatchObject(refusal);
    await reserve('halted', 1);
    const first = call('halted', { slow: true });
    await eventually(() => isRunning('halted'));
    await expect(call('halted')).rejects.toMatchObject(refusal);
    await first;
    await clients.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'halted' }));
    expect(await Promise.all([call('halted', { slow: true }), call('halted', { slow: true })])).toHaveLength(
      2,
    );
  });

  test('of zero ends the events that wait for their next attempt', async () => {
    const requestId = await accept('waiting', { fail: true });
    await eventually(() => runsOf(requestId).some(({ outcome }) => outcome.kind === 'error'));
    await reserve('waiting', 0);
    const found: unknown[] = [];
    await eventually(async () => {
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: `${aws.endpoint}/000000000000/letters`,
          MessageAttributeNames: ['All'],
        }),
      );
      found.push(...Messages.map(({ MessageAttributes }) => MessageAttributes));
      return found.length > 0;
    });
    expect(found).toEqual([
      {
        RequestID: { DataType: 'String', StringValue: requestId },
        ErrorMessage: {
          DataType: 'String',
          StringValue: 'Function not invoked. Function isconfigured with zero reserved concurrent executions',
        },
      },
    ]);
  });
});

describe('an alias', () => {
  test('says which version it stands for, and runs what that version was published with', async () => {
    await deploy('aliased', 'second');
    const alias = await clients.lambda.send(new GetAliasCommand({ FunctionName: 'aliased', Name: 'live' }));
    expect(alias).toMatchObject({
      AliasArn: 'arn:aws:lambda:eu-west-1:000000000000:function:aliased:live',
      Name: 'live',
      FunctionVersion: '1',
    });
    const { Aliases } = await clients.lambda.send(new ListAliasesCommand({ FunctionName: 'aliased' }));
    expect(Aliases).toEqual([expect.objectContaining({ Name: 'live', FunctionVersion: '1' })]);
    expect(await call('aliased:live')).toMatchObject({ build: 'first', version: '1' });
    expect(await call('aliased:1')).toMatchObject({ build: 'first', version: '1' });
    expect(await call('aliased')).toMatchObject({ build: 'second', version: '$LATEST' });
    expect(await configurationOf('aliased:live')).toMatchObject({
      FunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:aliased:live',
      Version: '1',
      CodeSha256: sha256Of('first'),
    });
  });

  test.each(['dead', '1'])('named %s is not there', async (Name) => {
    const unknown = clients.lambda.send(new GetAliasCommand({ FunctionName: 'aliased', Name }));
    await expect(unknown).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Cannot find alias arn: arn:aws:lambda:eu-west-1:000000000000:function:aliased:${Name}`,
    });
  });

  test('cannot be changed as a function', async () => {
    const refused = clients.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'aliased:live', ReservedConcurrentExecutions: 1 }),
    );
    await expect(refused).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });
});
