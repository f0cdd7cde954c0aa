import { describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { packageDirOf, STAGES } from '../support/packaged-stages.ts';
import { ofType, readable, statementsOf, templateOf } from '../support/template.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const functionSchema = z.looseObject({
  Timeout: z.number(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  Role: z.unknown(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});
const queueSchema = z.looseObject({
  QueueName: z.string(),
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  SqsManagedSseEnabled: z.literal(true),
});
const mappingSchema = z.looseObject({
  EventSourceArn: z.unknown(),
  FunctionName: z.unknown(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]),
});

/** Every queue but the one that nothing of ours reads. */
function intakesOf(stage: (typeof STAGES)[number]): readonly z.infer<typeof queueSchema>[] {
  return Object.entries(ofType(templateOf(stage), 'AWS::SQS::Queue'))
    .filter(([logicalId]) => logicalId !== 'IntakeFailures')
    .map(([, { Properties }]) => queueSchema.parse(Properties));
}

describe.each(STAGES)('the packaged stack of stage %s', (stage) => {
  const name = `dead-letter-reprocessor-${stage}`;

  test('has one mapping for each intake of its policy, and no other', async () => {
    const policy = await loadPolicy(ROOT, stage);
    const mappings = Object.values(ofType(templateOf(stage), 'AWS::Lambda::EventSourceMapping'));
    const sources = mappings.map(({ Properties }) =>
      readable(mappingSchema.parse(Properties).EventSourceArn),
    );
    const declared = policy.intakes.map(({ key }) => `arn:\${Partition}:sqs:\${Region}:\${AccountId}:${key}`);
    expect(sources.toSorted()).toEqual(declared.toSorted());
    for (const { Properties } of mappings) {
      expect(readable(mappingSchema.parse(Properties).FunctionName)).toBe('ConsumerLambdaFunction.Arn');
    }
  });

  test('makes no mapping before its queue and the consumer’s rights on it exist', () => {
    const { Resources } = templateOf(stage);
    const queues = Object.keys(ofType(templateOf(stage), 'AWS::SQS::Queue'));
    for (const logicalId of Object.keys(ofType(templateOf(stage), 'AWS::Lambda::EventSourceMapping'))) {
      expect(Resources[logicalId]?.['DependsOn']).toEqual(
        expect.arrayContaining(['ConsumerRole', ...queues]),
      );
    }
  });

  test('gives the consumer these rights and no others', () => {
    expect(statementsOf(templateOf(stage), 'ConsumerRole')).toEqual([
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: ['ConsumerLogGroup.Arn'] },
      {
        actions: ['s3:PutObject'],
        resources: [
          'ArchiveBucket.Arn/parked/*',
          'ArchiveBucket.Arn/archived/*',
          'ArchiveBucket.Arn/accepted/*',
        ],
      },
      {
        actions: [
          'dynamodb:BatchGetItem',
          'dynamodb:GetItem',
          'dynamodb:Query',
          'dynamodb:PutItem',
          'dynamodb:UpdateItem',
          'dynamodb:DeleteItem',
        ],
        resources: ['Ledger.Arn'],
      },
      {
        actions: [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ChangeMessageVisibility',
        ],
        resources: ['target-dlq', 'misnamed-dlq', 'reported-dlq'].map(
          (queue) => `arn:\${Partition}:sqs:\${Region}:\${AccountId}:${name}-${queue}`,
        ),
      },
      {
        actions: ['lambda:InvokeFunction'],
        resources: ['target', 'misnamed', 'reported'].map(
          (target) => `arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:${name}-${target}`,
        ),
      },
      {
        actions: ['lambda:GetFunctionConfiguration', 'lambda:GetFunctionEventInvokeConfig'],
        resources: ['target', 'misnamed', 'reported'].map(
          (target) => `arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:${name}-${target}`,
        ),
      },
    ]);
  });

  test.each([
    ['Target', 'sqs:SendMessage', 'TargetDlq.Arn'],
    ['Misnamed', 'sns:Publish', '${MisnamedFailures}'],
    ['Reported', 'sqs:SendMessage', 'ReportedDlq.Arn'],
  ])('gives %s the right to send its dead events where they go, and its log', (role, action, resource) => {
    expect(statementsOf(templateOf(stage), `${role}Role`)).toEqual([
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [`${role}LogGroup.Arn`] },
      { actions: [action], resources: [resource] },
    ]);
  });

  test('feeds the topic’s messages raw into an intake, which takes them from that topic alone', () => {
    const { Resources } = templateOf(stage);
    expect(Resources['MisnamedSubscription']?.Properties).toEqual({
      TopicArn: { Ref: 'MisnamedFailures' },
      Protocol: 'sqs',
      Endpoint: { 'Fn::GetAtt': ['MisnamedDlq', 'Arn'] },
      RawMessageDelivery: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['IntakeFailures', 'Arn'] } },
    });
    expect(Resources['MisnamedDlqPolicy']?.Properties['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'sns.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Condition: { ArnEquals: { 'aws:SourceArn': { Ref: 'MisnamedFailures' } } },
        },
      ],
    });
  });

  test('mails nobody and runs nothing by itself, unless asked to by parameter', () => {
    const template = templateOf(stage);
    const rules = Object.values(ofType(template, 'AWS::Events::Rule'));
    expect(rules.map(({ Properties }) => Properties['State'])).toEqual(['DISABLED']);
    expect(Object.keys(ofType(template, 'AWS::SNS::Subscription'))).toEqual(['MisnamedSubscription']);
  });

  test('has a role of its own for each function, and no statement on everything', () => {
    const template = templateOf(stage);
    const roles = Object.values(ofType(template, 'AWS::Lambda::Function')).map(({ Properties }) =>
      readable(functionSchema.parse(Properties).Role),
    );
    expect(roles.toSorted()).toEqual([
      'ConsumerRole.Arn',
      'MisnamedRole.Arn',
      'ReportedRole.Arn',
      'TargetRole.Arn',
    ]);
    const resources = Object.keys(ofType(template, 'AWS::IAM::Role')).flatMap((role) =>
      statementsOf(template, role).flatMap((statement) => statement.resources),
    );
    expect(resources.filter((resource) => /^\*|:\*$|^arn:[^/]*\*/.test(resource))).toEqual([]);
  });

  test('runs on Node 24 on arm64, and makes no version of each deployment', () => {
    const template = templateOf(stage);
    for (const { Properties } of Object.values(ofType(template, 'AWS::Lambda::Function'))) {
      expect(functionSchema.parse(Properties)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
      });
    }
    expect(ofType(template, 'AWS::Lambda::Version')).toEqual({});
  });

  test('hides a message for six times the consumer’s timeout and its window, and lets any queue be adopted', () => {
    const template = templateOf(stage);
    const { Timeout } = functionSchema.parse(template.Resources['ConsumerLambdaFunction']?.Properties);
    const windows = Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping')).map(
      ({ Properties }) => mappingSchema.parse(Properties).MaximumBatchingWindowInSeconds,
    );
    for (const { VisibilityTimeout } of intakesOf(stage)) {
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout + Math.max(...windows));
    }
    expect(Timeout).toBeLessThan(30); // the visibility that a queue has by default
  });

  test('keeps dead events for fourteen days, and what the consumer cannot deal with in a queue of its own', () => {
    const { IntakeFailures } = templateOf(stage).Resources;
    expect(queueSchema.parse(IntakeFailures?.Properties).MessageRetentionPeriod).toBe(1_209_600);
    expect(intakesOf(stage)).toHaveLength(3);
    for (const queue of intakesOf(stage)) {
      expect(queue).toMatchObject({
        MessageRetentionPeriod: 1_209_600,
        RedrivePolicy: {
          deadLetterTargetArn: { 'Fn::GetAtt': ['IntakeFailures', 'Arn'] },
          maxReceiveCount: 1000,
        },
      });
    }
  });

  test('keeps the archive and the ledger when the stack is removed', () => {
    const template = templateOf(stage);
    for (const store of ['ArchiveBucket', 'Ledger']) {
      expect(template.Resources[store]).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });

  test('expires nothing that exists nowhere else', () => {
    const rules = z
      .looseObject({
        LifecycleConfiguration: z.object({ Rules: z.array(z.record(z.string(), z.unknown())) }),
      })
      .parse(templateOf(stage).Resources['ArchiveBucket']?.Properties).LifecycleConfiguration.Rules;
    expect(rules.filter((rule) => 'ExpirationInDays' in rule).map((rule) => rule['Prefix'])).toEqual([
      'accepted/',
    ]);
  });

  test('carries the compiled policy of its own stage in the consumer’s bundle', async () => {
    const files = unzipSync(readFileSync(join(packageDirOf(stage), 'consumer.zip')));
    const code = Buffer.from(files['src/handlers/consumer/handler.cjs'] ?? []).toString('utf8');
    const { defaults } = await loadPolicy(ROOT, stage);
    expect(code).toContain(`"${name}-target-dlq"`);
    expect(code.replace(/\s/g, '')).toContain(`firstSeconds:${defaults.backoff.firstSeconds}`);
  });
});

test('names nothing that outlives the stack, so that a kept table or bucket never stands in the way of the next', () => {
  const { ArchiveBucket, Ledger, ConsumerLambdaFunction } = templateOf('dev').Resources;
  expect(ArchiveBucket?.Properties['BucketName']).toEqual({ Ref: 'AWS::NoValue' });
  expect(Ledger?.Properties['TableName']).toEqual({ Ref: 'AWS::NoValue' });
  expect(functionSchema.parse(ConsumerLambdaFunction?.Properties).Environment?.Variables).toMatchObject({
    ARCHIVE_BUCKET: { Ref: 'ArchiveBucket' },
    LEDGER_TABLE: { Ref: 'Ledger' },
  });
});

test('stage local has plain values only in the environment of its functions, so that sls invoke local works', () => {
  for (const { Properties } of Object.values(ofType(templateOf('local'), 'AWS::Lambda::Function'))) {
    const variables = functionSchema.parse(Properties).Environment?.Variables ?? {};
    for (const value of Object.values(variables)) expect(typeof value).toBe('string');
  }
});
