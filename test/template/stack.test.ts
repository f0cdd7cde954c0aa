import { describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { packageDirOf, STAGES } from '../support/packaged-stages.ts';
import { faultsOf, STACK_CHECKS } from '../support/stack-checks.ts';
import { ofType, templateOf, type Template } from '../support/template.ts';

const ROOT = join(import.meta.dirname, '..', '..');

type Stage = (typeof STAGES)[number];

/** The policy of a stage as it was packaged: its intakes are the stack's own. */
function policyOf(stage: Stage): Promise<CompiledPolicy> {
  const ownQueues = ['target-dlq', 'misnamed-dlq', 'reported-dlq', 'orders-dlq'].map(
    (name) => `dead-letter-reprocessor-${stage}-${name}`,
  );
  return loadPolicy(ROOT, { stage, region: 'eu-west-1', ownQueues });
}

describe.each(STAGES)('the packaged stack of stage %s', (stage) => {
  test.each(STACK_CHECKS)('has no fault that the check of %s finds', async (check) => {
    expect(faultsOf(check, templateOf(stage), await policyOf(stage))).toEqual([]);
  });

  test.each(['consumer', 'reporter'])(
    'carries the %s minified, with the policy of its own stage and a source map',
    async (name) => {
      const files = unzipSync(readFileSync(join(packageDirOf(stage), `${name}.zip`)));
      const code = Buffer.from(files[`src/handlers/${name}/handler.cjs`] ?? []).toString('utf8');
      expect(code.replace(/\s/g, '')).toContain(
        `everySeconds:${(await policyOf(stage)).alerts.everySeconds}`,
      );
      expect(code).toMatch(/\/\/# sourceMappingURL=handler\.cjs\.map\s*$/);
      expect(Object.keys(files)).toContain(`src/handlers/${name}/handler.cjs.map`);
      expect(code.split('\n').length).toBeLessThan(code.length / 1000); // minified: a few very long lines
    },
  );
});

/** Where a fault is planted: the resource, the way to the value, and the value there. */
type Planting = readonly [path: readonly (string | number)[], value: unknown];

/** The template with one value changed; `undefined` removes it. */
function planted(template: Template, [path, value]: Planting): Template {
  const copy = structuredClone(template);
  let place: unknown = copy.Resources;
  for (const step of path.slice(0, -1)) place = Reflect.get(Object(place), step);
  const last = path.at(-1) ?? '';
  if (value === undefined && Array.isArray(place)) place.splice(Number(last), 1);
  else if (value === undefined) Reflect.deleteProperty(Object(place), last);
  else Reflect.set(Object(place), last, value);
  return copy;
}

const statementsOf = (id: string): readonly (string | number)[] => [
  id,
  'Properties',
  'PolicyDocument',
  'Statement',
];
const grantsOf = (role: string, n: number): readonly (string | number)[] => [
  role,
  'Properties',
  'Policies',
  0,
  'PolicyDocument',
  'Statement',
  n,
];

/** The fault, the check that must find it, what it must say, and where the fault is. */
const FAULTS: readonly (readonly [string, string, string, Planting])[] = [
  [
    'another bucket',
    'resourceTypes',
    '2 of AWS::S3::Bucket',
    [['Another'], { Type: 'AWS::S3::Bucket', Properties: {} }],
  ],
  ['no ledger', 'resourceTypes', '0 of AWS::DynamoDB::Table', [['Ledger'], undefined]],
  [
    'a right on everything',
    'rights',
    'ConsumerRole may s3:PutObject *',
    [[...grantsOf('ConsumerRole', 1), 'Resource'], '*'],
  ],
  [
    'a right too many',
    'rights',
    'ReporterRole may dynamodb:*',
    [[...grantsOf('ReporterRole', 1), 'Action'], ['dynamodb:*']],
  ],
  ['a right too few', 'rights', 'TargetRole may not sqs:SendMessage', [grantsOf('TargetRole', 1), undefined]],
  [
    'a role that is shared',
    'ownRoles',
    'share a role',
    [['ReporterLambdaFunction', 'Properties', 'Role'], { 'Fn::GetAtt': ['ConsumerRole', 'Arn'] }],
  ],
  [
    'a mapping of no intake',
    'mappings',
    'which is no intake',
    [
      ['Extra'],
      {
        Type: 'AWS::Lambda::EventSourceMapping',
        DependsOn: ['ConsumerRole', 'TargetDlq', 'MisnamedDlq', 'ReportedDlq', 'IntakeFailures'],
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['IntakeFailures', 'Arn'] },
          FunctionName: { 'Fn::GetAtt': ['ConsumerLambdaFunction', 'Arn'] },
          MaximumBatchingWindowInSeconds: 1,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
      },
    ],
  ],
  [
    'a visibility that is too short',
    'timeouts',
    'TargetDlq hides messages for 60 s',
    [['TargetDlq', 'Properties', 'VisibilityTimeout'], 60],
  ],
  [
    'a consumer that no queue of others fits',
    'timeouts',
    'cannot be adopted',
    [['ConsumerLambdaFunction', 'Properties', 'Timeout'], 30],
  ],
  [
    'a consumer without time for a call',
    'timeouts',
    'no time to begin a call',
    [['ConsumerLambdaFunction', 'Properties', 'Timeout'], 15],
  ],
  [
    'a topic under a key of AWS’s',
    'encryption',
    'a key of AWS’s own',
    [['AlertTopic', 'Properties', 'KmsMasterKeyId'], 'alias/aws/sns'],
  ],
  [
    'a topic without a key',
    'encryption',
    'WatchTopic is not under',
    [['WatchTopic', 'Properties', 'KmsMasterKeyId'], undefined],
  ],
  [
    'a queue in clear text',
    'encryption',
    'TargetDlq is not encrypted',
    [['TargetDlq', 'Properties', 'SqsManagedSseEnabled'], undefined],
  ],
  [
    'a key that shuts CloudWatch out',
    'encryption',
    'cloudwatch may not use the key',
    [
      ['TopicsKey', 'Properties', 'KeyPolicy', 'Statement', 1, 'Principal', 'Service', 0],
      'ec2.amazonaws.com',
    ],
  ],
  [
    'a key open to every account',
    'encryption',
    'sns may not use the key',
    [['TopicsKey', 'Properties', 'KeyPolicy', 'Statement', 1, 'Condition'], undefined],
  ],
  [
    'a queue without TLS',
    'transport',
    'ReportedDlq can be reached without TLS',
    [[...statementsOf('ReportedDlqPolicy'), 1], undefined],
  ],
  [
    'a bucket without TLS',
    'transport',
    'ArchiveBucket can be reached without TLS',
    [['ArchiveBucketPolicy'], undefined],
  ],
  [
    'a bucket that may become public',
    'publicAccess',
    'ArchiveBucket may become public',
    [['ArchiveBucket', 'Properties', 'PublicAccessBlockConfiguration', 'BlockPublicPolicy'], false],
  ],
  [
    'a queue that is open to the world',
    'publicAccess',
    'who is no service',
    [[...statementsOf('MisnamedDlqPolicy'), 0, 'Principal'], '*'],
  ],
  [
    'a topic that any account’s alarms may use',
    'publicAccess',
    'for anybody',
    [[...statementsOf('WatchTopicPolicy'), 0, 'Condition'], undefined],
  ],
  [
    'an intake that everybody may send to',
    'senders',
    'may send to TargetDlq',
    [[...statementsOf('TargetDlqPolicy'), 0], undefined],
  ],
  [
    'a dead-letter topic that everybody may publish to',
    'senders',
    'may send to MisnamedFailures',
    [['MisnamedFailuresPolicy'], undefined],
  ],
  [
    'a queue that forgets early',
    'retention',
    'MisnamedDlq does not keep',
    [['MisnamedDlq', 'Properties', 'MessageRetentionPeriod'], 345_600],
  ],
  [
    'a log without an end',
    'retention',
    'ConsumerLogGroup is kept for ever',
    [['ConsumerLogGroup', 'Properties', 'RetentionInDays'], undefined],
  ],
  [
    'an archive that expires',
    'retention',
    'parked/ expires',
    [
      ['ArchiveBucket', 'Properties', 'LifecycleConfiguration', 'Rules', 1],
      { Status: 'Enabled', Prefix: 'parked/', ExpirationInDays: 90 },
    ],
  ],
  [
    'an archive that goes with the stack',
    'keptOnRemoval',
    'ArchiveBucket goes',
    [['ArchiveBucket', 'DeletionPolicy'], undefined],
  ],
  [
    'a failure queue that goes with the stack',
    'keptOnRemoval',
    'IntakeFailures goes',
    [['IntakeFailures', 'DeletionPolicy'], 'Delete'],
  ],
  [
    'an intake without a failure queue',
    'failureQueue',
    'TargetDlq has nowhere',
    [['TargetDlq', 'Properties', 'RedrivePolicy'], undefined],
  ],
  [
    'an alarm through the path that it guards',
    'watched',
    'FailuresAlarm goes the way',
    [['FailuresAlarm', 'Properties', 'AlarmActions'], [{ Ref: 'AlertTopic' }]],
  ],
  [
    'an alarm that is always red',
    'watched',
    'ConsumerErrorsAlarm is red',
    [['ConsumerErrorsAlarm', 'Properties', 'TreatMissingData'], 'breaching'],
  ],
  [
    'no alarm on the failure queue',
    'watched',
    'no alarm on the failure queue',
    [['FailuresAlarm'], undefined],
  ],
  [
    'a demonstration that runs by itself',
    'quietUnlessAsked',
    'MisnamedEventsRuleSchedule1 is ENABLED',
    [['MisnamedEventsRuleSchedule1', 'Properties', 'State'], 'ENABLED'],
  ],
  [
    'a reporter that is never called',
    'quietUnlessAsked',
    'ReporterEventsRuleSchedule1 is DISABLED',
    [['ReporterEventsRuleSchedule1', 'Properties', 'State'], 'DISABLED'],
  ],
  [
    'another runtime',
    'runtime',
    'TargetLambdaFunction does not run',
    [['TargetLambdaFunction', 'Properties', 'Runtime'], 'nodejs22.x'],
  ],
];

describe('a planted fault is found', () => {
  test.each(FAULTS)('%s', async (_, check, says, planting) => {
    const found = faultsOf(check, planted(templateOf('dev'), planting), await policyOf('dev'));
    expect(found.join('\n')).toContain(says);
  });

  test('by every check', () => {
    expect(new Set(FAULTS.map(([, check]) => check))).toEqual(new Set(STACK_CHECKS));
  });

  test('in the alarms of each target', async () => {
    const template = templateOf('dev');
    const policy = await policyOf('dev');
    for (const id of Object.keys(ofType(template, 'AWS::CloudWatch::Alarm'))) {
      expect(faultsOf('watched', planted(template, [[id], undefined]), policy)).toHaveLength(1);
    }
  });
});

const functionSchema = z.looseObject({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});

test('names nothing that outlives the stack, so that what was kept never stands in the way of the next', () => {
  const { ArchiveBucket, Ledger, IntakeFailures, ConsumerLambdaFunction } = templateOf('dev').Resources;
  expect(ArchiveBucket?.Properties['BucketName']).toEqual({ Ref: 'AWS::NoValue' });
  expect(Ledger?.Properties['TableName']).toEqual({ Ref: 'AWS::NoValue' });
  expect(IntakeFailures?.Properties['QueueName']).toEqual({ Ref: 'AWS::NoValue' });
  expect(functionSchema.parse(ConsumerLambdaFunction?.Properties).Environment?.Variables).toMatchObject({
    ARCHIVE_BUCKET: { Ref: 'ArchiveBucket' },
    LEDGER_TABLE: { Ref: 'Ledger' },
  });
});

test('feeds the topic’s messages raw into an intake, and what cannot be delivered into the failure queue', () => {
  expect(templateOf('dev').Resources['MisnamedSubscription']?.Properties).toEqual({
    TopicArn: { Ref: 'MisnamedFailures' },
    Protocol: 'sqs',
    Endpoint: { 'Fn::GetAtt': ['MisnamedDlq', 'Arn'] },
    RawMessageDelivery: true,
    RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['IntakeFailures', 'Arn'] } },
  });
});

test('stage local has plain values only in the environment of its functions, so that sls invoke local works', () => {
  for (const { Properties } of Object.values(ofType(templateOf('local'), 'AWS::Lambda::Function'))) {
    const variables = functionSchema.parse(Properties).Environment?.Variables ?? {};
    for (const value of Object.values(variables)) expect(typeof value).toBe('string');
  }
});
