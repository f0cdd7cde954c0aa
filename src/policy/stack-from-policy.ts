import type { CompiledPolicy, FunctionTarget, IntakePolicy } from '../recovery/policy.ts';
import { isFifo } from '../recovery/queue-message.ts';
import { alarmsOf, type AlarmSettings } from './target-alarms.ts';
import { logicalId, ref, type TemplateValue } from './template-value.ts';

export type Statement = {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly TemplateValue[];
};

/** The parts of the stack that follow from the policy. */
export type PolicyStack = {
  /** Event source mappings by logical id: one per intake. */
  readonly mappings: { readonly [logicalId: string]: TemplateValue };
  /** Alarms by logical id: on what Lambda could not deliver, per target. */
  readonly alarms: { readonly [logicalId: string]: TemplateValue };
  /** What the consumer's role may do with intakes and targets: these, by name, and nothing else. */
  readonly statements: readonly Statement[];
  /** What the releaser's role may do with targets. */
  readonly releaserStatements: readonly Statement[];
};

export type StackSettings = AlarmSettings & {
  /** Logical id of the consumer's function. */
  readonly consumer: string;
  /** Logical ids that must exist before a mapping is made: Lambda then checks the queue and the role's rights on it. */
  readonly after: readonly string[];
  /** The longest that a batch is filled. Standard queues take up to 300 s. */
  readonly windowSeconds: number;
};

/**
 * Events per batch, at most: what shares one read of the groups and one archive object. Lambda also ends a batch at its 6 MB,
 * which is some 300 events of 16 KB.
 */
const BATCH_SIZE = 1000;

/** The most that a FIFO queue's mapping takes, and without a window. */
const FIFO_BATCH_SIZE = 10;

/**
 * A queue of somebody else's may hide its messages for no longer than 30 s, SQS's default: the consumer's 25 s and this
 * window, the least that large batches need, still fit.
 */
const ADOPTED_WINDOW_SECONDS = 1;

/** Consumers at work on one intake at the same time: bounds the load on targets and on the ledger. */
const MAXIMUM_CONCURRENCY = 10;

const INTAKE_ACTIONS = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ChangeMessageVisibility',
];
/** What is read of a target, under the name that is called and under its bare name: AWS authorises either. */
const READ_ACTIONS = ['lambda:GetFunctionConfiguration', 'lambda:GetFunctionEventInvokeConfig'];

const KINESIS_ACTIONS = ['kinesis:GetShardIterator', 'kinesis:GetRecords'];
const STREAM_ACTIONS = ['dynamodb:GetShardIterator', 'dynamodb:GetRecords'];

/** Derives the mappings and the permissions from the policy, so that they cannot drift apart. Pure. */
export function stackFromPolicy(policy: CompiledPolicy, settings: StackSettings): PolicyStack {
  const mappings = policy.intakes.map(
    (intake) => [logicalId('Intake', intake.key), mapping(intake, settings)] as const,
  );
  const functions = policy.targets.filter((target) => target.kind === 'function');
  const queues = policy.targets.filter((target) => target.kind === 'queue');
  return {
    mappings: Object.fromEntries(mappings),
    alarms: alarmsOf(policy, settings),
    statements: [
      allow(INTAKE_ACTIONS, policy.intakes.map(queueArnOf)),
      allow(['kms:Decrypt'], keysOf(policy.intakes)),
      allow(['lambda:InvokeFunction'], functions.map(targetArn)),
      allow(READ_ACTIONS, functions.flatMap(readArns)),
      allow(['sqs:SendMessage'], queues.map(queueArnOf)),
      allow(['kms:GenerateDataKey', 'kms:Decrypt'], keysOf(queues)),
      allow(KINESIS_ACTIONS, streamsOf(policy, 'kinesis')),
      allow(STREAM_ACTIONS, streamsOf(policy, 'dynamodb').map(allStreams)),
      allow(['s3:GetObject'], policy.sources.buckets.map(recordsIn)),
    ].filter(({ Resource }) => Resource.length > 0),
    releaserStatements: [
      allow(['lambda:InvokeFunction'], functions.map(targetArn)),
      allow(READ_ACTIONS, functions.flatMap(readArns)),
      allow(['lambda:GetFunctionConcurrency'], functions.map(bareArn)),
      allow(['lambda:GetAlias'], functions.filter(hasAlias).flatMap(readArns)),
      allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], queues.map(queueArnOf)),
      allow(['kms:GenerateDataKey', 'kms:Decrypt'], keysOf(queues)),
    ].filter(({ Resource }) => Resource.length > 0),
  };
}

/** Concurrency is the function's, whatever the alias. */
function bareArn(target: FunctionTarget): TemplateValue {
  return targetArn({ ...target, qualifier: null });
}

function hasAlias({ qualifier }: FunctionTarget): boolean {
  return qualifier !== null && !/^\d+$/.test(qualifier);
}

function keysOf(queues: readonly { readonly kmsKey: string | null }[]): readonly string[] {
  return queues.map(({ kmsKey }) => kmsKey).filter((key) => key !== null);
}

function streamsOf({ sources }: CompiledPolicy, service: string): readonly string[] {
  return sources.streams.filter((arn) => arn.split(':')[2] === service);
}

/** A table has a new stream each time that its stream is turned on: there is no narrower name for them. */
function allStreams(arn: string): string {
  return arn.includes('/stream/') ? arn : `${arn}/stream/*`;
}

/** Where Lambda puts its records, whatever else is in the bucket. */
function recordsIn(bucket: string): TemplateValue {
  return { 'Fn::Join': ['', ['arn:', ref('AWS::Partition'), `:s3:::${bucket}/aws/lambda/*`]] };
}

function allow(Action: readonly string[], Resource: readonly TemplateValue[]): Statement {
  return { Effect: 'Allow', Action, Resource };
}

function queueArnOf({ queueArn, queueName }: Pick<IntakePolicy, 'queueArn' | 'queueName'>): TemplateValue {
  return queueArn ?? arn('sqs', queueName);
}

function mapping(intake: IntakePolicy, { consumer, after, windowSeconds }: StackSettings): TemplateValue {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    DependsOn: after,
    Properties: {
      EventSourceArn: queueArnOf(intake),
      FunctionName: { 'Fn::GetAtt': [consumer, 'Arn'] },
      Enabled: true,
      ...(isFifo(intake.queueName)
        ? { BatchSize: FIFO_BATCH_SIZE }
        : {
            BatchSize: BATCH_SIZE,
            MaximumBatchingWindowInSeconds: intake.adopted ? ADOPTED_WINDOW_SECONDS : windowSeconds,
          }),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: MAXIMUM_CONCURRENCY },
    },
  };
}

/** The ARN that a call names: with the qualifier where one is declared, since a grant on the bare name does not cover it. */
function targetArn({ functionName, qualifier }: FunctionTarget): TemplateValue {
  const name = qualifier === null ? functionName : `${functionName}:${qualifier}`;
  return functionName.startsWith('arn:') ? name : arn('lambda', `function:${name}`);
}

function readArns(target: FunctionTarget): readonly TemplateValue[] {
  const called = targetArn(target);
  return target.qualifier === null ? [called] : [called, bareArn(target)];
}

/** An ARN in the stack's own account and region. Not Fn::Sub: the framework cannot read that in every place. */
function arn(service: string, resource: string): TemplateValue {
  return {
    'Fn::Join': [
      ':',
      ['arn', ref('AWS::Partition'), service, ref('AWS::Region'), ref('AWS::AccountId'), resource],
    ],
  };
}
