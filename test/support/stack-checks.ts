import * as z from 'zod';
import { SHORT_DAYS } from '../../src/aws/ledger/table.ts';
import { LEAST_TIME_FOR_CALLS_MS } from '../../src/handlers/consumer/run.ts';
import type { CompiledPolicy, FunctionTarget } from '../../src/recovery/policy.ts';
import { grantsOf, ofType, readable, type Template } from './template.ts';

/**
 * What must hold of a packaged stack, as functions that name every fault. The tests run them on the stack as it is, where
 * they must find nothing, and on stacks with a planted fault, which they must find.
 */
type StackCheck = (template: Template, policy: CompiledPolicy) => readonly string[];

const DAY_SECONDS = 86_400;
const FOURTEEN_DAYS_SECONDS = 14 * DAY_SECONDS;
/** The visibility that SQS gives a queue where nobody says otherwise. */
const DEFAULT_VISIBILITY_SECONDS = 30;
/** Lambda keeps an asynchronous event for at most six hours; its retries and runs come on top. */
const LONGEST_DEATH_WINDOW_SECONDS = 7 * 3600;

/** Resources of the framework itself, for deployments. */
const DEPLOYMENT = /^ServerlessDeploymentBucket/;

/** How many resources of each type the stack has, and no others. */
const TYPES: Readonly<Record<string, number>> = {
  'AWS::CloudWatch::Alarm': 16,
  'AWS::DynamoDB::Table': 1,
  'AWS::Events::Rule': 3,
  'AWS::IAM::Policy': 1,
  'AWS::IAM::Role': 6,
  'AWS::KMS::Key': 1,
  'AWS::Lambda::EventInvokeConfig': 3,
  'AWS::Lambda::EventSourceMapping': 4,
  'AWS::Lambda::Function': 6,
  'AWS::Lambda::Permission': 3,
  'AWS::Logs::LogGroup': 6,
  'AWS::S3::Bucket': 1,
  'AWS::S3::BucketPolicy': 1,
  'AWS::SNS::Subscription': 1,
  'AWS::SNS::Topic': 3,
  'AWS::SNS::TopicPolicy': 3,
  'AWS::SQS::Queue': 6,
  'AWS::SQS::QueuePolicy': 6,
};

function resourceTypes(template: Template): string[] {
  const own = Object.entries(template.Resources).filter(([id]) => !DEPLOYMENT.test(id));
  const found = Map.groupBy(own, ([, { Type }]) => Type);
  const types = new Set([...found.keys(), ...Object.keys(TYPES)]);
  return [...types].flatMap((type) => {
    const count = found.get(type)?.length ?? 0;
    return count === (TYPES[type] ?? 0) ? [] : [`${count} of ${type} instead of ${TYPES[type] ?? 0}`];
  });
}

function log(name: string): readonly string[] {
  return ['logs:CreateLogStream logs:PutLogEvents', `${name}LogGroup.Arn`];
}

function functionsOf(policy: CompiledPolicy): readonly FunctionTarget[] {
  return policy.targets.filter((target) => target.kind === 'function');
}

/** Every right that the stack gives, by role: actions, then resources. */
function expectedGrants(policy: CompiledPolicy): Record<string, readonly (readonly string[])[]> {
  const queues = policy.intakes.map(
    ({ queueName }) => `arn:\${Partition}:sqs:\${Region}:\${AccountId}:${queueName}`,
  );
  const targetQueues = policy.targets
    .filter((target) => target.kind === 'queue')
    .map(({ queueName }) => `arn:\${Partition}:sqs:\${Region}:\${AccountId}:${queueName}`);
  const functions = functionsOf(policy).map(
    ({ functionName }) => `arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:${functionName}`,
  );
  const key = ['kms:Decrypt kms:GenerateDataKey', 'TopicsKey.Arn'];
  return {
    TargetRole: [log('Target'), ['sqs:SendMessage', 'TargetDlq.Arn']],
    MisnamedRole: [log('Misnamed'), ['sns:Publish', '${MisnamedFailures}'], key],
    ReportedRole: [log('Reported'), ['sqs:SendMessage', 'ReportedDlq.Arn']],
    ReporterRole: [
      log('Reporter'),
      ['dynamodb:GetItem dynamodb:UpdateItem', 'Ledger.Arn'],
      ['dynamodb:Query', 'Ledger.Arn/index/work'],
      ['sns:Publish', '${AlertTopic}'],
      key,
    ],
    ConsumerRole: [
      log('Consumer'),
      [
        's3:PutObject',
        ...['parked', 'archived', 'accepted'].map((prefix) => `ArchiveBucket.Arn/${prefix}/*`),
      ],
      [
        'dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem',
        'Ledger.Arn',
      ],
      ['sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility', ...queues],
      ['lambda:InvokeFunction', ...functions],
      ['lambda:GetFunctionConfiguration lambda:GetFunctionEventInvokeConfig', ...functions],
      ['sqs:SendMessage', ...targetQueues],
      ['lambda:InvokeFunction', 'ReleaserLambdaFunction.Arn'],
    ],
    ReleaserRole: [
      log('Releaser'),
      ['s3:GetObject', 'ArchiveBucket.Arn/parked/*'],
      ['s3:PutObject', ...['parked', 'archived'].map((prefix) => `ArchiveBucket.Arn/${prefix}/*`)],
      [
        'dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem',
        'Ledger.Arn',
      ],
      ['dynamodb:Query', 'Ledger.Arn/index/work'],
      ['lambda:InvokeFunction', ...functions],
      ['lambda:GetFunctionConfiguration lambda:GetFunctionEventInvokeConfig', ...functions],
      ['lambda:GetFunctionConcurrency', ...functions],
      ['sqs:SendMessage sqs:GetQueueAttributes', ...targetQueues],
    ],
  };
}

function rights(template: Template, policy: CompiledPolicy): string[] {
  const expected = expectedGrants(policy);
  const found = grantsOf(template);
  const roles = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...roles].flatMap((role) => {
    const wanted = (expected[role] ?? []).map((grant) => grant.join(' '));
    const given = (found[role] ?? []).map((grant) => grant.join(' '));
    return [
      ...given.filter((grant) => !wanted.includes(grant)).map((grant) => `${role} may ${grant}`),
      ...wanted.filter((grant) => !given.includes(grant)).map((grant) => `${role} may not ${grant}`),
    ];
  });
}

function ownRoles(template: Template): string[] {
  const roles = Object.values(ofType(template, 'AWS::Lambda::Function')).map(({ Properties }) =>
    readable(Properties['Role']),
  );
  return roles.length === new Set(roles).size ? [] : ['two functions share a role'];
}

const mappingSchema = z.looseObject({
  EventSourceArn: z.unknown(),
  FunctionName: z.unknown(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.array(z.string()),
});

function mappingsOf(template: Template): readonly z.infer<typeof mappingSchema>[] {
  return Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping')).map(({ Properties }) =>
    mappingSchema.parse(Properties),
  );
}

function mappings(template: Template, policy: CompiledPolicy): string[] {
  const found = mappingsOf(template).map(({ EventSourceArn }) => readable(EventSourceArn));
  const wanted = policy.intakes.map(
    ({ queueName }) => `arn:\${Partition}:sqs:\${Region}:\${AccountId}:${queueName}`,
  );
  const queues = Object.keys(ofType(template, 'AWS::SQS::Queue'));
  return [
    ...found.filter((arn) => !wanted.includes(arn)).map((arn) => `a mapping of ${arn}, which is no intake`),
    ...wanted.filter((arn) => !found.includes(arn)).map((arn) => `no mapping of the intake ${arn}`),
    ...mappingsOf(template).flatMap(({ FunctionName, FunctionResponseTypes }) => [
      ...(readable(FunctionName) === 'ConsumerLambdaFunction.Arn' ? [] : ['a mapping to another function']),
      ...(FunctionResponseTypes.includes('ReportBatchItemFailures')
        ? []
        : ['a mapping whose batches fail whole']),
    ]),
    ...Object.entries(ofType(template, 'AWS::Lambda::EventSourceMapping')).flatMap(([id, mapping]) => {
      const after = z.array(z.string()).catch([]).parse(mapping['DependsOn']);
      const missing = ['ConsumerRole', ...queues].filter((needed) => !after.includes(needed));
      return missing.map((needed) => `${id} may be made before ${needed}`);
    }),
  ];
}

const functionSchema = z.looseObject({
  Timeout: z.number(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
});

function secondsOf(template: Template, logicalId: string): number {
  return functionSchema.parse(template.Resources[logicalId]?.Properties).Timeout;
}

const queueSchema = z.looseObject({
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  SqsManagedSseEnabled: z.boolean().optional(),
  RedrivePolicy: z.unknown().optional(),
});

/** Every queue but those that nothing of ours reads: the failure queue, and the one that its consumer reads. */
function intakeQueues(template: Template): [string, z.infer<typeof queueSchema>][] {
  return Object.entries(ofType(template, 'AWS::SQS::Queue'))
    .filter(([id]) => !['IntakeFailures', 'Orders'].includes(id))
    .map(([id, { Properties }]) => [id, queueSchema.parse(Properties)]);
}

function timeouts(template: Template): string[] {
  const consumerSeconds = secondsOf(template, 'ConsumerLambdaFunction');
  const window = Math.max(...mappingsOf(template).map((one) => one.MaximumBatchingWindowInSeconds));
  const needed = 6 * consumerSeconds + window;
  return [
    ...intakeQueues(template).flatMap(([id, { VisibilityTimeout = DEFAULT_VISIBILITY_SECONDS }]) =>
      VisibilityTimeout >= needed ? [] : [`${id} hides messages for ${VisibilityTimeout} s, not ${needed} s`],
    ),
    ...(consumerSeconds < DEFAULT_VISIBILITY_SECONDS
      ? []
      : ['a queue with the default visibility cannot be adopted']),
    ...(consumerSeconds * 1000 > 2 * LEAST_TIME_FOR_CALLS_MS
      ? []
      : ['the consumer has no time to begin a call']),
    // The next run begins a minute later: a lease that ends with the run is over by then.
    ...(secondsOf(template, 'ReporterLambdaFunction') < 60 ? [] : ['two reporters run at the same time']),
  ];
}

function encryption(template: Template): string[] {
  const topics = Object.entries(ofType(template, 'AWS::SNS::Topic'));
  return [
    ...(/alias\/aws\//.test(JSON.stringify(template))
      ? ['a key of AWS’s own, which other services may not use']
      : []),
    ...topics
      .filter(([, { Properties }]) => readable(Properties['KmsMasterKeyId']) !== '${TopicsKey}')
      .map(([id]) => `${id} is not under the stack’s key`),
    ...Object.entries(ofType(template, 'AWS::SQS::Queue'))
      .filter(([, { Properties }]) => queueSchema.parse(Properties).SqsManagedSseEnabled !== true)
      .map(([id]) => `${id} is not encrypted by SQS`),
    ...(JSON.stringify(template.Resources['ArchiveBucket']?.Properties['BucketEncryption'] ?? '').includes(
      'AES256',
    )
      ? []
      : ['the archive is not encrypted']),
    ...keyAdmits(template),
  ];
}

function keyAdmits(template: Template): string[] {
  const statements = policyStatements(template.Resources['TopicsKey']?.Properties['KeyPolicy']);
  const admitted = statements
    .filter(({ Condition }) =>
      JSON.stringify(Condition ?? '').includes('"aws:SourceAccount":{"Ref":"AWS::AccountId"}'),
    )
    .flatMap(({ Principal }) => serviceSchema.catch([]).parse(Principal));
  return ['cloudwatch', 'sns', 'events', 's3']
    .filter((service) => !admitted.includes(`${service}.amazonaws.com`))
    .map((service) => `${service} may not use the key of the topics`);
}

const serviceSchema = z
  .object({ Service: z.union([z.string(), z.array(z.string())]) })
  .transform(({ Service }) => [Service].flat());

const resourcePolicySchema = z.object({
  Statement: z.array(
    z.looseObject({
      Effect: z.string(),
      Principal: z.unknown(),
      Action: z.union([z.string(), z.array(z.string())]),
      Resource: z.unknown(),
      Condition: z.unknown().optional(),
    }),
  ),
});

function policyStatements(document: unknown): z.infer<typeof resourcePolicySchema>['Statement'] {
  return resourcePolicySchema.catch({ Statement: [] }).parse(document).Statement;
}

/** The statements of every resource policy of the stack. */
function allPolicyStatements(template: Template): z.infer<typeof resourcePolicySchema>['Statement'] {
  return ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::S3::BucketPolicy']
    .flatMap((type) => Object.entries(ofType(template, type)))
    .filter(([id]) => !DEPLOYMENT.test(id))
    .flatMap(([, { Properties }]) => policyStatements(Properties['PolicyDocument']));
}

function isAbout(resource: unknown, logicalId: string): boolean {
  return [resource].flat().some((one) => [`${logicalId}.Arn`, `\${${logicalId}}`].includes(readable(one)));
}

function transport(template: Template): string[] {
  const stores = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket']
    .flatMap((type) => Object.keys(ofType(template, type)))
    .filter((id) => !DEPLOYMENT.test(id));
  const denials = allPolicyStatements(template).filter(
    ({ Effect, Principal, Condition }) =>
      Effect === 'Deny' &&
      Principal === '*' &&
      JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
  );
  return stores
    .filter((id) => !denials.some(({ Resource }) => isAbout(Resource, id)))
    .map((id) => `${id} can be reached without TLS`);
}

function publicAccess(template: Template): string[] {
  const block = z.record(z.string(), z.boolean()).catch({});
  const buckets = Object.entries(ofType(template, 'AWS::S3::Bucket')).filter(([id]) => !DEPLOYMENT.test(id));
  return [
    ...buckets
      .filter(([, { Properties }]) => {
        const blocked = Object.values(block.parse(Properties['PublicAccessBlockConfiguration']));
        return blocked.length !== 4 || blocked.includes(false);
      })
      .map(([id]) => `${id} may become public`),
    ...allPolicyStatements(template)
      .filter(({ Effect, Principal }) => Effect === 'Allow' && !serviceSchema.safeParse(Principal).success)
      .map(() => 'a policy lets in somebody who is no service'),
    ...allPolicyStatements(template)
      .filter(
        ({ Effect, Condition }) =>
          Effect === 'Allow' && !/aws:Source(Arn|Account)/.test(JSON.stringify(Condition ?? '')),
      )
      .map(() => 'a policy lets a service in for anybody'),
  ];
}

/** Whoever may send to an intake can have its target run: all but its target, or its topic, must be denied. */
function senders(template: Template): string[] {
  const denials = allPolicyStatements(template).filter(
    ({ Effect, Principal, Action, Condition }) =>
      Effect === 'Deny' &&
      Principal === '*' &&
      [Action].flat().some((action) => ['sqs:SendMessage', 'sns:Publish'].includes(action)) &&
      /^\{"ArnNotEquals":\{"aws:(PrincipalArn|SourceArn)":/.test(JSON.stringify(Condition)),
  );
  const closed = [...intakeQueues(template).map(([id]) => id), 'MisnamedFailures', 'AlertTopic'];
  return closed
    .filter((id) => !denials.some(({ Resource }) => isAbout(Resource, id)))
    .map((id) => `anybody with the right on all queues and topics may send to ${id}`);
}

const lifecycleSchema = z.looseObject({
  Rules: z.array(z.looseObject({ Prefix: z.string().optional(), ExpirationInDays: z.number().optional() })),
});

function retention(template: Template): string[] {
  const { Rules } = lifecycleSchema.parse(
    template.Resources['ArchiveBucket']?.Properties['LifecycleConfiguration'],
  );
  const expiring = Rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
  const copies = expiring.find(({ Prefix }) => Prefix === 'accepted/')?.ExpirationInDays ?? 0;
  return [
    ...Object.entries(ofType(template, 'AWS::SQS::Queue'))
      .filter(
        ([, { Properties }]) =>
          queueSchema.parse(Properties).MessageRetentionPeriod !== FOURTEEN_DAYS_SECONDS,
      )
      .map(([id]) => `${id} does not keep its messages for fourteen days`),
    ...Object.entries(ofType(template, 'AWS::Logs::LogGroup'))
      .filter(([, { Properties }]) => typeof Properties['RetentionInDays'] !== 'number')
      .map(([id]) => `${id} is kept for ever`),
    ...expiring
      .filter(({ Prefix }) => Prefix !== 'accepted/')
      .map(({ Prefix }) => `${Prefix ?? 'everything'} expires, which exists nowhere else`),
    ...(copies * DAY_SECONDS > LONGEST_DEATH_WINDOW_SECONDS
      ? []
      : ['copies expire before their death can come back']),
    ...(SHORT_DAYS * DAY_SECONDS > FOURTEEN_DAYS_SECONDS
      ? []
      : ['the ledger forgets a death that can still be delivered']),
  ];
}

function keptOnRemoval(template: Template): string[] {
  return ['ArchiveBucket', 'Ledger', 'IntakeFailures']
    .filter((id) => {
      const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[id] ?? {};
      return DeletionPolicy !== 'RetainExceptOnCreate' || UpdateReplacePolicy !== 'Retain';
    })
    .map((id) => `${id} goes with the stack`);
}

function failureQueue(template: Template): string[] {
  return intakeQueues(template)
    .filter(
      ([, { RedrivePolicy }]) =>
        JSON.stringify(RedrivePolicy) !==
        '{"deadLetterTargetArn":{"Fn::GetAtt":["IntakeFailures","Arn"]},"maxReceiveCount":1000}',
    )
    .map(([id]) => `${id} has nowhere to put what the consumer cannot deal with`);
}

function watched(template: Template, policy: CompiledPolicy): string[] {
  const alarms = Object.entries(ofType(template, 'AWS::CloudWatch::Alarm'));
  const wanted: [string, readonly string[]][] = [
    [
      'the failure queue',
      ['ApproximateNumberOfMessagesVisible', '{"Fn::GetAtt":["IntakeFailures","QueueName"]}'],
    ],
    ['the consumer', ['"Errors"', '{"Ref":"ConsumerLambdaFunction"}']],
    ['what the consumer returns', ['"failed"', '"service"', '-consumer"']],
    ['the releaser', ['"Errors"', '{"Ref":"ReleaserLambdaFunction"}']],
    ['what the releaser cannot do', ['"failed"', '"service"', '-releaser"']],
    ['the silence of the reporter', ['"Invocations"', '{"Ref":"ReporterLambdaFunction"}', '"breaching"']],
    ['the reporter', ['"Errors"', '{"Ref":"ReporterLambdaFunction"}']],
    ...functionsOf(policy).flatMap(({ functionName }): [string, readonly string[]][] => [
      [`lost dead letters of ${functionName}`, ['DeadLetterErrors', `"${functionName}"`]],
      [`lost records of ${functionName}`, ['DestinationDeliveryFailures', `"${functionName}"`]],
      [`dropped events of ${functionName}`, ['AsyncEventsDropped', `"${functionName}"`]],
    ]),
  ];
  return [
    ...wanted
      .filter(
        ([, parts]) =>
          !alarms.some(([, { Properties }]) =>
            parts.every((part) => JSON.stringify(Properties).includes(part)),
          ),
      )
      .map(([what]) => `no alarm on ${what}`),
    ...alarms.flatMap(([id, { Properties }]) => [
      ...(JSON.stringify(Properties['AlarmActions']) === '[{"Ref":"WatchTopic"}]'
        ? []
        : [`${id} goes the way that it guards`]),
      ...(Properties['TreatMissingData'] === 'notBreaching' || id === 'ReporterSilentAlarm'
        ? []
        : [`${id} is red while nothing happens`]),
    ]),
  ];
}

function quietUnlessAsked(template: Template): string[] {
  const rules = Object.entries(ofType(template, 'AWS::Events::Rule'));
  return [
    ...rules
      .filter(
        ([id, { Properties }]) =>
          Properties['State'] !== (/^Re(porter|leaser)/.test(id) ? 'ENABLED' : 'DISABLED'),
      )
      .map(([id]) => `the schedule ${id} is ${String(template.Resources[id]?.Properties['State'])}`),
    ...Object.keys(ofType(template, 'AWS::SNS::Subscription'))
      .filter((id) => id !== 'MisnamedSubscription')
      .map((id) => `${id} sends to somebody`),
  ];
}

function runtime(template: Template): string[] {
  return Object.entries(ofType(template, 'AWS::Lambda::Function'))
    .filter(([, { Properties }]) => {
      const { Runtime, Architectures } = functionSchema.parse(Properties);
      return Runtime !== 'nodejs24.x' || Architectures.join() !== 'arm64';
    })
    .map(([id]) => `${id} does not run on Node 24 on arm64`);
}

const CHECKS: Readonly<Record<string, StackCheck>> = {
  resourceTypes,
  rights,
  ownRoles,
  mappings,
  timeouts,
  encryption,
  transport,
  publicAccess,
  senders,
  retention,
  keptOnRemoval,
  failureQueue,
  watched,
  quietUnlessAsked,
  runtime,
};

/** The names of all checks. */
export const STACK_CHECKS: readonly string[] = Object.keys(CHECKS);

/** What one check finds. Throws when there is no such check. */
export function faultsOf(check: string, template: Template, policy: CompiledPolicy): readonly string[] {
  const find = CHECKS[check];
  if (find === undefined) throw new Error(`there is no check of ${check}`);
  return find(template, policy);
}
