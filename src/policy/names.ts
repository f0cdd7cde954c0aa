/** Names as a policy may write them. Sources: the API models of Lambda and SQS. */

/** A Lambda function's name. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** An alias or a version. A version is digits only; an alias must not be. */
const QUALIFIER = /^(?:[0-9]{1,20}|[A-Za-z0-9_-]{1,128})$/;
const FUNCTION_ARN = /^(arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64})(?::([^:]+))?$/;
const TOPIC_NAME = /^[A-Za-z0-9_-]{1,256}$/;
/** At most eighty characters, `.fifo` included. */
const QUEUE_NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?$/;
const QUEUE_ARN = /^arn:[a-z-]+:sqs:([a-z0-9-]+):\d{12}:((?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?)$/;
const KMS_KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
/** The unique id of a role or user, which is the first part of the sender id that SQS shows. */
const PRINCIPAL_ID = /^A(?:RO|ID)A[A-Z0-9]{8,124}$/;
/** Names with dots between them. A `$` at the beginning and brackets are JSONPath, which nothing here reads. */
export const FIELD_PATH = /^(?!\$(?:\.|$))[^\s.[\]]+(?:\.[^\s.[\]]+)*$/;

export type QueueReference = { readonly queueName: string; readonly queueArn: string | null };

export type FunctionReference = { readonly functionName: string; readonly qualifier: string | null };

/** Fills in the stage. Null when another placeholder stands in the text. */
export function fillStage(text: string, stage: string): string | null {
  const filled = text.replaceAll('{stage}', stage);
  return /[{}]/.test(filled) ? null : filled;
}

/** Reads `NAME`, `NAME:QUALIFIER` or a function's full ARN; a text that says what is wrong when it is none of them. */
export function readFunctionReference(text: string): FunctionReference | string {
  const arn = FUNCTION_ARN.exec(text);
  const [name, qualifier, ...rest] = text.startsWith('arn:') ? [arn?.[1], arn?.[2]] : text.split(':');
  if (name === undefined || rest.length > 0)
    return `${text} is no function: write NAME, NAME:ALIAS or a full ARN`;
  if (arn === null && !FUNCTION_NAME.test(name)) {
    return `${name} is no function name: letters, digits, - and _ only, at most 64`;
  }
  if (qualifier === undefined) return { functionName: name, qualifier: null };
  if (qualifier === '$LATEST') return `${text}: leave $LATEST out, the name alone means it`;
  if (!QUALIFIER.test(qualifier)) return `${text}: "${qualifier}" is neither an alias nor a version`;
  return { functionName: name, qualifier };
}

/**
 * Reads a queue's name or ARN; a text that says what is wrong when it is neither. `region`: the stack's, null when it is
 * not known: Lambda reads queues of its own region only.
 */
export function readQueueReference(text: string, region: string | null): QueueReference | string {
  if (!text.startsWith('arn:')) {
    if (QUEUE_NAME.test(text)) return { queueName: text, queueArn: null };
    return `${text} is no queue name: letters, digits, - and _ only, at most 80, and .fifo where it is one`;
  }
  const [, queueRegion, queueName] = QUEUE_ARN.exec(text) ?? [];
  if (queueName === undefined) {
    return `${text} is no queue: write a NAME or arn:aws:sqs:REGION:ACCOUNT:NAME`;
  }
  if (region !== null && queueRegion !== region) {
    return `${text}: the stack is in ${region}, and Lambda reads queues of its own region only; deploy one there`;
  }
  return { queueName, queueArn: text };
}

export function isTopicName(text: string): boolean {
  return TOPIC_NAME.test(text);
}

export function isKmsKeyArn(text: string): boolean {
  return KMS_KEY_ARN.test(text);
}

/** A Kinesis stream, a DynamoDB stream, or a table, which stands for all of its streams. */
export function isStreamArn(text: string): boolean {
  return /^arn:[a-z-]+:(?:kinesis:[a-z0-9-]+:\d{12}:stream\/[\w.-]+|dynamodb:[a-z0-9-]+:\d{12}:table\/[\w.-]+(?:\/stream\/[\w.:-]+)?)$/.test(
    text,
  );
}

export function isBucketName(text: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text);
}

/** Reads the path of a field below the payload, such as `customer.id`, into its names; null when the text is none. */
export function readFieldPath(text: string): readonly string[] | null {
  return FIELD_PATH.test(text) ? text.split('.') : null;
}

export function isPrincipalId(text: string): boolean {
  return PRINCIPAL_ID.test(text);
}
