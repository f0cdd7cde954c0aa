import {
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, type JsonObject } from './json.ts';
import { startLocalAws, type LocalAws } from './local-aws.ts';
import { packageStack } from './package-stack.ts';
import { sdkSettings } from './sdk-settings.ts';

/** A local AWS for one `sls invoke local`. */
export type LocalInvocation = {
  readonly environment: Readonly<Record<string, string>>;
  /** The event with receipt handles of messages that really lie in the local queues. */
  readonly event: unknown;
  readonly stop: () => Promise<void>;
};

/**
 * Packages the stage, brings the local AWS up in this process and puts the event's messages into its queues, so that the
 * function that is invoked meets the AWS it expects. Mappings and schedules are off: only this invocation runs.
 */
export async function prepareInvocation(stage: string, event: unknown): Promise<LocalInvocation> {
  const scratch = await mkdtemp(join(tmpdir(), 'invoke-local-'));
  // A handler may end this process before anybody can stop the local AWS.
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  await packageStack(stage, scratch);
  const aws = await startLocalAws({ packageDir: scratch, scratchDir: scratch, triggers: false });
  aws.unref();
  return { environment: aws.environment, event: await sendRecords(aws, event), stop: () => aws.stop() };
}

/** Sends the records of an SQS event to their queues and gives the event with the receipt handles that they got there. */
async function sendRecords(aws: LocalAws, event: unknown): Promise<unknown> {
  const records: unknown = isObject(event) ? event['Records'] : null;
  if (!isObject(event) || !Array.isArray(records)) return event;
  const sqs = new SQSClient({ ...sdkSettings(aws), useQueueUrlAsEndpoint: false });
  try {
    const sent: unknown[] = [];
    for (const record of records) sent.push(await sendRecord(sqs, record));
    return { ...event, Records: sent };
  } finally {
    sqs.destroy();
  }
}

/** A record that is no SQS record, or whose queue is not in the stack, stays as it is: the function has to cope. */
async function sendRecord(sqs: SQSClient, record: unknown): Promise<unknown> {
  if (!isObject(record) || record['eventSource'] !== 'aws:sqs' || typeof record['body'] !== 'string')
    return record;
  const queueUrl = await queueUrlOf(sqs, String(record['eventSourceARN']));
  if (queueUrl === null) return record;
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: record['body'],
      MessageAttributes: attributesOf(record['messageAttributes']),
    }),
  );
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1 }));
  const handle = Messages?.[0]?.ReceiptHandle;
  return handle === undefined ? record : { ...record, receiptHandle: handle };
}

async function queueUrlOf(sqs: SQSClient, arn: string): Promise<string | null> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: arn.split(':').at(-1) }));
    return QueueUrl ?? null;
  } catch {
    return null;
  }
}

function attributesOf(attributes: unknown): Record<string, MessageAttributeValue> {
  if (!isObject(attributes)) return {};
  const pairs = Object.entries(attributes).flatMap(([name, value]) => {
    const attribute = isObject(value) ? attributeOf(value) : null;
    return attribute === null ? [] : [[name, attribute] as const];
  });
  return Object.fromEntries(pairs);
}

function attributeOf(value: JsonObject): MessageAttributeValue | null {
  const { dataType, stringValue, binaryValue } = value;
  if (typeof dataType !== 'string') return null;
  if (typeof stringValue === 'string') return { DataType: dataType, StringValue: stringValue };
  if (typeof binaryValue === 'string') {
    return { DataType: dataType, BinaryValue: Buffer.from(binaryValue, 'base64') };
  }
  return null;
}
