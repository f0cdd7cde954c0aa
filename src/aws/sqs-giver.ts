import {
  SendMessageBatchCommand,
  SQSServiceException,
  type BatchResultErrorEntry,
  type MessageAttributeValue,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { isObject, ownString } from '../recovery/json.ts';
import type { Giver, InvokeResult } from '../recovery/ports.ts';
import { isFifo, type QueueMessage } from '../recovery/queue-message.ts';
import { targetQueueUrl } from './queue-url.ts';

/** SQS's limits of one SendMessageBatch. */
const BATCH_ENTRIES = 10;
const BATCH_BYTES = 1024 * 1024;

/**
 * Sends messages to queues, reading the `Failed` list of each batch. The client must be one that never tries again by
 * itself (`sendClient`): a message that SQS took, and whose answer was lost, would be there twice.
 */
export function sqsGiver(client: SQSClient): Giver {
  return {
    give: async (target, besideArn, messages) => {
      const results: InvokeResult[] = [];
      for (const chunk of chunksOf(messages)) {
        results.push(
          ...(await sendChunk(client, targetQueueUrl(target, besideArn), isFifo(target.queueName), chunk)),
        );
      }
      return results;
    },
  };
}

function* chunksOf(messages: readonly QueueMessage[]): Generator<readonly QueueMessage[]> {
  let chunk: QueueMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (chunk.length === BATCH_ENTRIES || (chunk.length > 0 && bytes + size > BATCH_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** At least what SQS counts: body, and names, types and values of the attributes. */
function sizeOf({ body, attributes }: QueueMessage): number {
  return Buffer.byteLength(body) + Buffer.byteLength(JSON.stringify(attributes ?? {}));
}

async function sendChunk(
  client: SQSClient,
  QueueUrl: string,
  toFifo: boolean,
  chunk: readonly QueueMessage[],
): Promise<readonly InvokeResult[]> {
  try {
    const answer = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: chunk.map((message, index) => entryOf(message, index, toFifo)),
      }),
    );
    const sent = new Map((answer.Successful ?? []).map((entry) => [entry.Id, entry.MessageId]));
    const failed = new Map((answer.Failed ?? []).map((entry) => [entry.Id, entry]));
    return chunk.map((_, index) => resultOf(sent.get(String(index)), failed.get(String(index))));
  } catch (error) {
    const result = resultOfError(error);
    return chunk.map(() => result);
  }
}

function entryOf(message: QueueMessage, index: number, toFifo: boolean): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: message.body,
    MessageAttributes: attributesOf(message.attributes),
    ...(message.groupId === null ? {} : { MessageGroupId: message.groupId }),
    ...(toFifo ? { MessageDeduplicationId: message.deduplicationId } : {}),
  };
}

/** Attributes as the event source mapping shows them, as SendMessage takes them. */
function attributesOf(attributes: unknown): Record<string, MessageAttributeValue> {
  if (!isObject(attributes)) return {};
  const found: Record<string, MessageAttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = attributeOf(value);
    if (attribute !== null) found[name] = attribute;
  }
  return found;
}

function attributeOf(value: unknown): MessageAttributeValue | null {
  const DataType = ownString(value, 'dataType');
  if (DataType === null || !isObject(value)) return null;
  const { stringValue, binaryValue } = value;
  if (typeof binaryValue === 'string') return { DataType, BinaryValue: Buffer.from(binaryValue, 'base64') };
  return typeof stringValue === 'string' ? { DataType, StringValue: stringValue } : null;
}

function resultOf(messageId: string | undefined, failed: BatchResultErrorEntry | undefined): InvokeResult {
  if (messageId !== undefined) return { kind: 'accepted', requestId: messageId };
  if (failed === undefined) return { kind: 'uncertain', error: 'NotInTheAnswer' };
  const error = failed.Code ?? 'UnknownError';
  return { kind: failed.SenderFault === true ? 'rejected' : 'refused', error };
}

/** Errors that say for good that this queue takes nothing from us. */
const FOR_GOOD = new Set([
  'QueueDoesNotExist',
  'AccessDenied',
  'AccessDeniedException',
  'InvalidMessageContents',
  'KmsAccessDenied',
  'KmsDisabled',
  'KmsInvalidKeyUsage',
  'KmsInvalidState',
  'KmsNotFound',
  'KmsOptInRequired',
]);

/** Only the error's name leaves this file: its message may quote the request. */
function resultOfError(error: unknown): InvokeResult {
  if (!(error instanceof SQSServiceException)) {
    return { kind: 'uncertain', error: ownString(error, 'code') ?? 'UnknownError' };
  }
  if (FOR_GOOD.has(error.name)) return { kind: 'rejected', error: error.name };
  return { kind: error.$fault === 'client' ? 'refused' : 'uncertain', error: error.name };
}
