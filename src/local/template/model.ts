/**
 * What the local AWS models of CloudFormation, by resource type. A type or property that is in none of these lists is
 * refused by name: what changes delivery and is not modelled must not be passed over in silence.
 */
type Modelled = {
  /** Properties that do here what they do on AWS. */
  readonly honoured: readonly string[];
  /** Properties that change nothing in how events travel. */
  readonly ignored: readonly string[];
};

export const MODELLED_TYPES: Readonly<Record<string, Modelled>> = {
  'AWS::SQS::Queue': {
    honoured: [
      'QueueName',
      'VisibilityTimeout',
      'MessageRetentionPeriod',
      'RedrivePolicy',
      'ReceiveMessageWaitTimeSeconds',
      'DelaySeconds',
      'MaximumMessageSize',
    ],
    ignored: ['SqsManagedSseEnabled', 'Tags'],
  },
  'AWS::S3::Bucket': {
    honoured: ['BucketName'],
    ignored: [
      'PublicAccessBlockConfiguration',
      'BucketEncryption',
      'LifecycleConfiguration',
      'OwnershipControls',
      'Tags',
    ],
  },
  'AWS::DynamoDB::Table': {
    honoured: ['TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'GlobalSecondaryIndexes'],
    ignored: ['TimeToLiveSpecification', 'PointInTimeRecoverySpecification', 'SSESpecification', 'Tags'],
  },
  'AWS::Lambda::Function': {
    honoured: [
      'FunctionName',
      'Code',
      'Handler',
      'Runtime',
      'Role',
      'Timeout',
      'MemorySize',
      'DeadLetterConfig',
      'Environment',
      'VpcConfig',
      'ReservedConcurrentExecutions',
    ],
    ignored: ['Architectures', 'Description', 'TracingConfig', 'LoggingConfig', 'Tags'],
  },
  'AWS::Lambda::EventSourceMapping': {
    honoured: [
      'EventSourceArn',
      'FunctionName',
      'Enabled',
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'FunctionResponseTypes',
      'ScalingConfig',
    ],
    ignored: ['Tags'],
  },
  'AWS::Lambda::EventInvokeConfig': {
    honoured: [
      'FunctionName',
      'Qualifier',
      'MaximumRetryAttempts',
      'MaximumEventAgeInSeconds',
      'DestinationConfig',
    ],
    ignored: [],
  },
  'AWS::Lambda::Version': { honoured: ['FunctionName'], ignored: ['Description', 'CodeSha256'] },
  'AWS::Lambda::Alias': { honoured: ['FunctionName', 'FunctionVersion', 'Name'], ignored: ['Description'] },
  'AWS::SNS::Topic': { honoured: ['TopicName'], ignored: ['KmsMasterKeyId', 'DisplayName', 'Tags'] },
  'AWS::SNS::Subscription': {
    honoured: ['TopicArn', 'Protocol', 'Endpoint', 'RawMessageDelivery'],
    // Whether a message can be delivered is never in doubt here, so nothing is redriven.
    ignored: ['RedrivePolicy'],
  },
  'AWS::Events::Rule': {
    honoured: ['ScheduleExpression', 'State', 'Targets'],
    ignored: ['Name', 'Description'],
  },
};

/** Types that are passed over: nothing here asks for permission, nothing is encrypted, and nobody watches alarms. Printed at the start. */
export const IGNORED_TYPES: ReadonlySet<string> = new Set([
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::Logs::LogGroup',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::Lambda::Permission',
  'AWS::CloudWatch::Alarm',
  'AWS::KMS::Key',
]);

/** Throws, naming the resource, when the local AWS would not behave as AWS does for it. */
export function assertModelled(logicalId: string, type: string, properties: readonly string[]): void {
  if (IGNORED_TYPES.has(type)) return;
  const modelled = MODELLED_TYPES[type];
  if (modelled === undefined) throw new Error(`the local AWS does not model ${type}, which ${logicalId} is`);
  const unknown = properties.filter((name) => ![...modelled.honoured, ...modelled.ignored].includes(name));
  if (unknown.length > 0) {
    throw new Error(`the local AWS does not model ${unknown.join(', ')} of ${type}, which ${logicalId} has`);
  }
}
