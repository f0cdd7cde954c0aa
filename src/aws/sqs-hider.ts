import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { HiddenMessage, Hider } from '../recovery/ports.ts';
import { queueUrl } from './queue-url.ts';

/** SQS's limit of entries in one batch. */
const BATCH_ENTRIES = 10;
/** SQS hides a message for at most twelve hours from its receipt; a minute is left for what has passed since. */
const LONGEST_HIDING_SECONDS = 12 * 60 * 60 - 60;

/** Hides messages by ChangeMessageVisibilityBatch, reading its `Failed` list. */
export function sqsHider(client: SQSClient): Hider {
  return { hide: (queueArn, messages) => hide(client, queueArn, messages) };
}

async function hide(
  client: SQSClient,
  queueArn: string,
  messages: readonly HiddenMessage[],
): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  for (let start = 0; start < messages.length; start += BATCH_ENTRIES) {
    const chunk = messages.slice(start, start + BATCH_ENTRIES);
    for (const handle of await hideChunk(client, queueArn, chunk)) failed.add(handle);
  }
  return failed;
}

async function hideChunk(
  client: SQSClient,
  queueArn: string,
  chunk: readonly HiddenMessage[],
): Promise<readonly string[]> {
  const answer = await client.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queueUrl(queueArn),
      Entries: chunk.map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: Math.min(Math.max(Math.ceil(message.seconds), 0), LONGEST_HIDING_SECONDS),
      })),
    }),
  );
  const done = new Set((answer.Successful ?? []).map((entry) => entry.Id));
  return chunk.filter((_, index) => !done.has(String(index))).map((message) => message.receiptHandle);
}
