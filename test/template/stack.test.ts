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

describe.each(STAGES)('the packaged stack of stage %s', (stage) => {
  const name = `dead-letter-reprocessor-${stage}`;

  test('has one mapping for each intake of its policy, and no other', async () => {
    const policy = await loadPolicy(ROOT, stage);
    const mappings = Object.values(ofType(templateOf(stage), 'AWS::Lambda::EventSourceMapping'));
    const sources = mappings.map(({ Properties }) =>
      readable(mappingSchema.parse(Properties).EventSourceArn),
    );
    expect(sources).toEqual(
      policy.intakes.map(({ key }) => `arn:\${Partition}:sqs:\${Region}:\${AccountId}:${key}`),
    );
    for (const { Properties } of mappings) {
      expect(readable(mappingSchema.parse(Properties).FunctionName)).toBe('ConsumerLambdaFunction.Arn');
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
        resources: [`arn:\${Partition}:sqs:\${Region}:\${AccountId}:${name}-target-dlq`],
      },
      {
        actions: [
          'lambda:InvokeFunction',
          'lambda:GetFunctionConfiguration',
          'lambda:GetFunctionEventInvokeConfig',
        ],
        resources: [`arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:${name}-target`],
      },
    ]);
  });

  test('gives the target the right to send to its own dead-letter queue, and its log', () => {
    expect(statementsOf(templateOf(stage), 'TargetRole')).toEqual([
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: ['TargetLogGroup.Arn'] },
      { actions: ['sqs:SendMessage'], resources: ['TargetDlq.Arn'] },
    ]);
  });

  test('has a role of its own for each function, and no statement on everything', () => {
    const template = templateOf(stage);
    const roles = Object.values(ofType(template, 'AWS::Lambda::Function')).map(({ Properties }) =>
      readable(functionSchema.parse(Properties).Role),
    );
    expect(roles.toSorted()).toEqual(['ConsumerRole.Arn', 'TargetRole.Arn']);
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
    const { VisibilityTimeout } = queueSchema.parse(template.Resources['TargetDlq']?.Properties);
    const windows = Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping')).map(
      ({ Properties }) => mappingSchema.parse(Properties).MaximumBatchingWindowInSeconds,
    );
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout + Math.max(...windows));
    expect(Timeout).toBeLessThan(30); // the visibility that a queue has by default
  });

  test('keeps dead events for fourteen days, and what the consumer cannot deal with in a queue of its own', () => {
    const template = templateOf(stage);
    const queues = Object.values(ofType(template, 'AWS::SQS::Queue')).map(({ Properties }) =>
      queueSchema.parse(Properties),
    );
    expect(queues.map(({ MessageRetentionPeriod }) => MessageRetentionPeriod)).toEqual([
      1_209_600, 1_209_600,
    ]);
    expect(template.Resources['TargetDlq']?.Properties['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['IntakeFailures', 'Arn'] },
      maxReceiveCount: 1000,
    });
  });

  test('keeps the archive and the ledger when the stack is removed', () => {
    const template = templateOf(stage);
    for (const store of ['ArchiveBucket', 'Ledger']) {
      expect(template.Resources[store]).toMatchObject({
        DeletionPolicy: 'Retain',
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

test('stage local has plain values only in the environment of its functions, so that sls invoke local works', () => {
  for (const { Properties } of Object.values(ofType(templateOf('local'), 'AWS::Lambda::Function'))) {
    const variables = functionSchema.parse(Properties).Environment?.Variables ?? {};
    for (const value of Object.values(variables)) expect(typeof value).toBe('string');
  }
});
