import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PutFunctionConcurrencyCommand, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SendMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { lambdaClient } from '../../src/aws/clients/lambda.ts';
import { snsClient } from '../../src/aws/clients/sns.ts';
import { sqsClient } from '../../src/aws/clients/sqs.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { dlqBeside, plain, type Ended } from '../support/dlq-command.ts';
import { NAMES, pointSdkAt, startLocalStack } from '../support/local-stack.ts';
import { startSmallStack } from '../support/small-stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');

async function doctor(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
  return plain(await dlqBeside(environment, ['doctor', ...args]));
}

const diagnosisSchema = z.object({
  findings: z.array(z.looseObject({ check: z.string(), subject: z.string() })),
  notMade: z.array(z.looseObject({ check: z.string(), call: z.string(), reason: z.string() })),
  made: z.number(),
});

/** What it found, as `subject: check`, without what the names of the stack begin with. */
function found(stdout: string): readonly string[] {
  const { findings } = diagnosisSchema.parse(JSON.parse(stdout));
  return findings
    .map(({ subject, check }) => `${subject.replace('dead-letter-reprocessor-local-', '')}: ${check}`)
    .toSorted();
}

function arnOf(aws: LocalAws, service: string, name: string): string {
  return `arn:aws:${service}:${aws.region}:${aws.accountId}:${name}`;
}

/** Somebody hears the alerts and the alarms. */
async function subscribeSomebody(aws: LocalAws): Promise<void> {
  await sqsClient().send(new CreateQueueCommand({ QueueName: 'people' }));
  for (const topic of ['alerts', 'watch']) {
    await snsClient().send(
      new SubscribeCommand({
        TopicArn: arnOf(aws, 'sns', `dead-letter-reprocessor-local-${topic}`),
        Protocol: 'sqs',
        Endpoint: arnOf(aws, 'sqs', 'people'),
      }),
    );
  }
}

describe('dlq doctor of the deployed service', () => {
  let aws: LocalAws;
  let restore: () => void;
  let fresh: Ended;

  beforeAll(async () => {
    aws = await startLocalStack();
    restore = pointSdkAt(aws);
    fresh = await doctor(aws.environment, '--stage', 'local');
    await subscribeSomebody(aws);
  });

  afterAll(async () => {
    restore();
    await aws.stop();
  });

  const ofService = ['--stage', 'local', '--policy', 'policy.local.yml'];

  test('shows of a fresh one what the README shows', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const shown = /prints this, since nobody is subscribed[\s\S]*?```text\n([\s\S]*?)```/.exec(readme)?.[1];
    expect(fresh).toEqual({ code: 1, stdout: shown, stderr: '' });
  });

  test('finds nothing wrong with a healthy one, and says which checks it could not make', async () => {
    const { code, stdout, stderr } = await doctor(aws.environment, ...ofService, '--json');
    expect({ code, stderr, found: found(stdout) }).toEqual({ code: 0, stderr: '', found: [] });
    const { notMade, made } = diagnosisSchema.parse(JSON.parse(stdout));
    expect(new Set(notMade.map(({ call, reason }) => `${reason} ${call}`))).toEqual(
      new Set([
        'not-modelled iam:SimulatePrincipalPolicy',
        'not-modelled cloudwatch:GetMetricData',
        'not-modelled lambda:GetFunctionRecursionConfig',
      ]),
    );
    expect(made).toBeGreaterThan(notMade.length);
    const { stdout: text } = await doctor(aws.environment, '--stage', 'local', '--function', NAMES.target);
    expect(text).toContain('whether the function’s role may send dead events');
    expect(text).toContain('Nothing found; ');
  });

  test('finds the faults that are planted into it, and no others', async () => {
    await plant(aws);
    const { code, stdout } = await doctor(aws.environment, ...ofService, '--json');
    expect({ code, found: found(stdout) }).toEqual({
      code: 1,
      found: [
        'intake-failures: failure-queue-not-empty',
        'misnamed: way-leads-nowhere',
        'orders: no-redrive-policy',
        'releaser: service-function-stopped',
        'reported: reported-twice',
        'reported: wrong-region',
        'target-dlq: kept-too-shortly',
        'target-dlq: visibility-too-short',
        'target: reserved-concurrency-zero',
      ],
    });
    const { stdout: text } = await doctor(aws.environment, '--stage', 'local', '--function', NAMES.target);
    expect(text).toContain(`ERROR ${NAMES.target}: reserved-concurrency-zero\n   found `);
    expect(text).toContain(
      `--attributes VisibilityTimeout=150 --queue-url $(aws sqs get-queue-url --queue-name`,
    );
    expect(text).toContain('4 findings (2 errors, 2 warnings)');
  });
});

async function plant(aws: LocalAws): Promise<void> {
  const [lambda, sqs] = [lambdaClient(), sqsClient()];
  for (const name of [NAMES.target, NAMES.releaser]) {
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 0 }),
    );
  }
  const elsewhere = [
    ['misnamed', arnOf(aws, 'sqs', 'taken-away')],
    ['reported', arnOf({ ...aws, region: 'us-east-1' }, 'sqs', 'far-away')],
  ] as const;
  for (const [name, TargetArn] of elsewhere) {
    await lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: `dead-letter-reprocessor-local-${name}`,
        DeadLetterConfig: { TargetArn },
      }),
    );
  }
  const urlOf = (name: string): string => `${aws.endpoint}/${aws.accountId}/${name}`;
  const attributes = [
    [NAMES.deadLetterQueue, { VisibilityTimeout: '30', MessageRetentionPeriod: '345600' }],
    [NAMES.orders, { RedrivePolicy: '' }],
  ] as const;
  for (const [name, Attributes] of attributes) {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: urlOf(name), Attributes }));
  }
  await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(NAMES.failureQueue), MessageBody: 'raw' }));
}

describe('dlq doctor of a service that nobody watches and that reads nothing', () => {
  test('finds the mappings that are disabled, and the topics that nobody hears', async () => {
    const aws = await startLocalStack({ editTemplate: withDisabledMappings });
    try {
      const { code, stdout } = await doctor(aws.environment, '--stage', 'local', '--json');
      expect({ code, found: found(stdout) }).toEqual({
        code: 1,
        found: [
          'alerts: nobody-is-told',
          'misnamed-dlq: intake-not-read',
          'orders-dlq: intake-not-read',
          'reported-dlq: intake-not-read',
          'target-dlq: intake-not-read',
          'watch: nobody-is-told',
        ],
      });
    } finally {
      await aws.stop();
    }
  });
});

function withDisabledMappings(template: unknown): unknown {
  const text = JSON.stringify(template);
  const disabled = text.replaceAll('"Enabled":true,"BatchSize"', '"Enabled":false,"BatchSize"');
  if (disabled === text) throw new Error('no mapping of the template could be disabled');
  return JSON.parse(disabled);
}

describe('dlq doctor of a function of somebody’s own', () => {
  const SOURCE = 'exports.handler = async () => {};';
  const QUEUE = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'old-dlq' } };
  let aws: LocalAws;
  let restore: () => void;

  beforeAll(async () => {
    const DeadLetterConfig = { TargetArn: { 'Fn::GetAtt': ['Queue', 'Arn'] } };
    aws = await startSmallStack({
      functions: {
        bare: { source: SOURCE },
        aliased: { source: SOURCE, properties: { DeadLetterConfig } },
      },
      resources: {
        Queue: QUEUE,
        Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'aliasedFunction' } } },
        Alias: {
          Type: 'AWS::Lambda::Alias',
          Properties: { FunctionName: { Ref: 'aliasedFunction' }, FunctionVersion: '1', Name: 'live' },
        },
      },
    });
    restore = pointSdkAt(aws);
  });

  afterAll(async () => {
    restore();
    await aws.stop();
  });

  async function checksOf(...args: string[]): Promise<readonly string[]> {
    const { stdout, stderr } = await doctor(aws.environment, ...args, '--json');
    expect(stderr).toBe('');
    return found(stdout);
  }

  test('finds that it has nowhere to put its dead events, or keeps them for days only', async () => {
    expect(await checksOf('--function', 'bare')).toEqual(['bare: no-way-for-dead-events']);
    expect(await checksOf('--function', 'aliased:live')).toEqual(['aliased:live: kept-too-shortly']);
    expect(await checksOf('--function', 'nowhere')).toEqual(['nowhere: function-missing']);
  });

  test('finds the alias whose version still has the dead-letter queue of before, and a FIFO one', async () => {
    await sqsClient().send(
      new CreateQueueCommand({ QueueName: 'new.fifo', Attributes: { FifoQueue: 'true' } }),
    );
    await lambdaClient().send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'aliased',
        DeadLetterConfig: { TargetArn: arnOf(aws, 'sqs', 'new.fifo') },
      }),
    );
    expect(await checksOf('--function', 'aliased')).toEqual([
      'aliased: alias-with-old-dead-letter-queue',
      'aliased: fifo',
      'aliased: kept-too-shortly',
    ]);
  });

  test.each([
    ['both a function and a stack are named', ['--function', 'bare', '--stack', 's'], 'not both'],
    ['the name is none', ['--function', 'a b'], 'no function name'],
    ['the stack cannot be read', ['--stack', 'shop'], 'the local AWS has no cloudformation'],
    ['the policy is not there', ['--policy', '/nowhere.yml'], '/nowhere.yml cannot be read'],
  ])('exits with 2 when %s', async (_, args, told) => {
    const { code, stdout, stderr } = await doctor(aws.environment, ...args);
    expect({ code, stdout, told: stderr.includes(told) ? told : stderr }).toEqual({
      code: 2,
      stdout: '',
      told,
    });
  });

  test('exits with 2, and not with 0, when nobody answers, or there is no region', async () => {
    const nobody = { ...aws.environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const silent = await doctor(nobody, '--function', 'bare');
    expect(silent).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('nothing could be read'),
    });
    const stranger = await doctor(
      { ...aws.environment, AWS_REGION: '', AWS_DEFAULT_REGION: '' },
      '--function',
      'bare',
    );
    expect(stranger).toMatchObject({ code: 2, stderr: expect.stringContaining('Region not accepted') });
  });
});
