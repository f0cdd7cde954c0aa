import * as z from 'zod';
import { assertModelled, IGNORED_TYPES } from './model.ts';
import { resolveIntrinsics, type References } from './intrinsics.ts';

const templateSchema = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Condition: z.optional(z.string()),
      Properties: z.optional(z.record(z.string(), z.unknown())),
    }),
  ),
});

/** A resource with its references resolved. */
export type Resource = {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
};

export type Account = {
  readonly region: string;
  readonly accountId: string;
  /** Base of queue URLs: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
};

const STACK_NAME = 'local';

/** The framework's own bucket for deployment packages: there is no deployment here. */
const DEPLOYMENT_RESOURCES = new Set(['ServerlessDeploymentBucket', 'ServerlessDeploymentBucketPolicy']);

/**
 * Reads a packaged CloudFormation template: every resource that is modelled, with names given and references resolved.
 * Throws, naming the resource, for anything whose behaviour the local AWS would not have.
 */
export function readTemplate(
  template: unknown,
  account: Account,
): { readonly resources: readonly Resource[]; readonly ignoredTypes: readonly string[] } {
  const { Resources } = templateSchema.parse(template);
  const all = Object.entries(Resources).filter(([logicalId]) => !DEPLOYMENT_RESOURCES.has(logicalId));
  const references = referencesTo(new Map(Object.entries(Resources)), account);
  const resources = all
    .filter(([, { Type }]) => !IGNORED_TYPES.has(Type))
    .map(([logicalId, { Type: type, Condition, Properties = {} }]) => {
      if (Condition !== undefined) {
        throw new Error(`the local AWS decides no Condition, and ${logicalId} has ${Condition}`);
      }
      assertModelled(logicalId, type, Object.keys(Properties));
      const properties = Object.entries(Properties)
        .map(([key, value]) => [key, resolveIntrinsics(value, references, `${logicalId}.${key}`)] as const)
        .filter(([, value]) => value !== undefined);
      return { logicalId, type, properties: Object.fromEntries(properties) };
    });
  const ignored = new Set(all.map(([, { Type }]) => Type).filter((type) => IGNORED_TYPES.has(type)));
  return { resources, ignoredTypes: [...ignored].toSorted() };
}

type RawResources = ReadonlyMap<string, z.infer<typeof templateSchema>['Resources'][string]>;

function referencesTo(resources: RawResources, account: Account): References {
  const { region, accountId, endpoint } = account;
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': STACK_NAME,
  };
  const find = (logicalId: string): { type: string; name: string } => {
    const resource = resources.get(logicalId);
    if (resource === undefined)
      throw new Error(`the template refers to ${logicalId}, which it does not have`);
    return { type: resource.Type, name: nameOf(logicalId, resource.Properties ?? {}) };
  };
  /** A name may be composed of other resources' names. */
  const nameOf = (logicalId: string, properties: Readonly<Record<string, unknown>>): string => {
    const given = NAME_PROPERTIES.filter((key) => properties[key] !== undefined).map(
      (key) => [key, resolveIntrinsics(properties[key], references, `${logicalId}.${key}`)] as const,
    );
    return physicalName(logicalId, Object.fromEntries(given));
  };
  /** Versions of a function are numbered in the order of the template. */
  const versionOf = (logicalId: string): string => {
    const ofSame = [...resources].filter(([, { Type, Properties }]) => {
      const same = resources.get(logicalId)?.Properties?.['FunctionName'];
      return (
        Type === 'AWS::Lambda::Version' &&
        JSON.stringify(Properties?.['FunctionName']) === JSON.stringify(same)
      );
    });
    return String(ofSame.findIndex(([id]) => id === logicalId) + 1);
  };
  const references: References = {
    ref: (name) => {
      const value = pseudo[name];
      if (value !== undefined) return value;
      const { type, name: physical } = find(name);
      if (type === 'AWS::SQS::Queue') return `${endpoint}/${accountId}/${physical}`;
      if (type === 'AWS::SNS::Topic') return arnOf(type, physical, account);
      return type === 'AWS::Lambda::Version' ? versionOf(name) : physical;
    },
    attribute: (logicalId, attribute) => {
      const { type, name } = find(logicalId);
      if (attribute === 'Version' && type === 'AWS::Lambda::Version') return versionOf(logicalId);
      if (attribute === 'TopicName' && type === 'AWS::SNS::Topic') return name;
      if (attribute === 'TopicArn' && type === 'AWS::SNS::Topic') return arnOf(type, name, account);
      if (attribute === 'Arn') return arnOf(type, name, account);
      if (attribute === 'QueueName' && type === 'AWS::SQS::Queue') return name;
      throw new Error(`the local AWS does not know the attribute ${attribute} of ${type} (${logicalId})`);
    },
  };
  return references;
}

const NAME_PROPERTIES = [
  'QueueName',
  'TopicName',
  'BucketName',
  'TableName',
  'FunctionName',
  'RoleName',
  'LogGroupName',
];

/** The name that the template gives, else one in the manner of CloudFormation. */
export function physicalName(logicalId: string, properties: Readonly<Record<string, unknown>>): string {
  const given = NAME_PROPERTIES.map((key) => properties[key]).find((value) => typeof value === 'string');
  return typeof given === 'string' ? given : `${STACK_NAME}-${logicalId}`.toLowerCase();
}

function arnOf(type: string, name: string, { region, accountId }: Account): string {
  switch (type) {
    case 'AWS::SQS::Queue':
      return `arn:aws:sqs:${region}:${accountId}:${name}`;
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${region}:${accountId}:${name}`;
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name}`;
    case 'AWS::DynamoDB::Table':
      return `arn:aws:dynamodb:${region}:${accountId}:table/${name}`;
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${accountId}:role/${name}`;
    case 'AWS::Logs::LogGroup':
      return `arn:aws:logs:${region}:${accountId}:log-group:${name}:*`;
    default:
      throw new Error(`the local AWS gives no ARN to ${type}`);
  }
}
