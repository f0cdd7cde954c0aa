import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { nameIn } from '../lambda/function-definition.ts';
import type { LambdaService } from '../lambda/lambda-service.ts';
import { parseProperties } from '../template/parse-properties.ts';
import type { Resource } from '../template/read-template.ts';
import { failedOf } from './batch-response.ts';
import { eventRecordOf, type SqsEventRecord } from './sqs-event.ts';

const propertiesSchema = z
  .looseObject({
    EventSourceArn: z.string().regex(/^arn:aws:sqs:/, 'only SQS queues are modelled as event sources'),
    FunctionName: z.string(),
    Enabled: z.boolean().default(true),
    BatchSize: z.number().int().min(1).max(10_000).default(10),
    MaximumBatchingWindowInSeconds: z.number().min(0).max(300).default(0),
    FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    ScalingConfig: z.object({ MaximumConcurrency: z.number().int().min(2).max(1000) }).optional(),
  })
  .refine(
    ({ BatchSize, MaximumBatchingWindowInSeconds }) => BatchSize <= 10 || MaximumBatchingWindowInSeconds > 0,
    'a batch of more than 10 messages needs a batching window of at least 1 second',
  );

export type MappingDefinition = {
  readonly queueArn: string;
  readonly functionName: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly reportsFailures: boolean;
  readonly maximumConcurrency: number;
};

/** Lambda begins with five concurrent batches; the local AWS stays there. */
const DEFAULT_CONCURRENCY = 5;
/** SQS gives at most ten messages in one receive. */
const RECEIVE_MESSAGES = 10;
/** The most that an event may have; a batch is closed before it would be larger. */
const EVENT_BYTES = 6 * 1024 * 1024;
/** What an event has without records. */
const ENVELOPE_BYTES = JSON.stringify({ Records: [] }).length;
const POLL_SECONDS = 1;
/** After a failed poll, so that a fault of SQS is not hammered. */
const RETRY_POLL_MS = 200;

/** Reads a mapping out of the template. Throws when it is malformed. */
export function defineMapping(resource: Resource): MappingDefinition {
  const parsed = parseProperties(propertiesSchema, resource);
  return {
    queueArn: parsed.EventSourceArn,
    functionName: nameIn(parsed.FunctionName),
    enabled: parsed.Enabled,
    batchSize: parsed.BatchSize,
    windowSeconds: parsed.MaximumBatchingWindowInSeconds,
    reportsFailures: parsed.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    maximumConcurrency: parsed.ScalingConfig?.MaximumConcurrency ?? DEFAULT_CONCURRENCY,
  };
}

/** Polls a queue and invokes a function with what it finds, as Lambda's event source mapping does. */
export class EventSourceMapping {
  readonly #definition: MappingDefinition;
  readonly #queueUrl: string;
  readonly #region: string;
  readonly #sqs: SQSClient;
  readonly #lambda: LambdaService;
  readonly #report: (line: string) => void;
  readonly #stop = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  readonly #polls: Promise<void>[] = [];
  /** Received already, but too much for the event of the last batch: the next one begins with them. */
  #carried: SqsEventRecord[] = [];

  constructor(
    definition: MappingDefinition,
    around: {
      readonly queueUrl: string;
      readonly region: string;
      readonly sqs: SQSClient;
      readonly lambda: LambdaService;
      readonly report: (line: string) => void;
    },
  ) {
    this.#definition = definition;
    this.#queueUrl = around.queueUrl;
    this.#region = around.region;
    this.#sqs = around.sqs;
    this.#lambda = around.lambda;
    this.#report = around.report;
  }

  start(): void {
    this.#polls.push(this.#poll());
  }

  /** Stops polling. Batches that are being worked on end with their function. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#polls);
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const records = await this.#gather();
        if (records.length > 0) this.#begin(records);
        if (this.#batches.size >= this.#definition.maximumConcurrency) await Promise.race(this.#batches);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#report(`polling ${this.#definition.queueArn} failed: ${textOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_POLL_MS));
      }
    }
  }

  /** One batch: as many messages as fit, until the window closes. */
  async #gather(): Promise<SqsEventRecord[]> {
    const { batchSize, windowSeconds } = this.#definition;
    const records = this.#carried.length > 0 ? this.#carried : await this.#receive(batchSize);
    this.#carried = [];
    const closesAtMs = Date.now() + windowSeconds * 1000;
    let bytes = bytesOf(records);
    while (
      records.length > 0 &&
      records.length < batchSize &&
      bytes < EVENT_BYTES &&
      Date.now() < closesAtMs
    ) {
      const more = await this.#receive(batchSize - records.length);
      records.push(...more);
      bytes += bytesOf(more);
    }
    this.#carried = records.splice(fittingOf(records));
    return records;
  }

  async #receive(most: number): Promise<SqsEventRecord[]> {
    const { queueArn } = this.#definition;
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#queueUrl,
        MaxNumberOfMessages: Math.min(most, RECEIVE_MESSAGES),
        WaitTimeSeconds: POLL_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: this.#stop.signal },
    );
    return Messages.map((message) => eventRecordOf(message, queueArn, this.#region));
  }

  #begin(records: readonly SqsEventRecord[]): void {
    const batch = this.#invoke(records)
      .catch((error: unknown) =>
        this.#report(`a batch of ${this.#definition.queueArn} failed: ${textOf(error)}`),
      )
      .finally(() => this.#batches.delete(batch));
    this.#batches.add(batch);
  }

  async #invoke(records: readonly SqsEventRecord[]): Promise<void> {
    const { functionName, reportsFailures } = this.#definition;
    const called = this.#lambda.find(functionName, null);
    if (called === null) throw new Error(`there is no function ${functionName}`);
    const event = JSON.stringify({ Records: records });
    const result = await this.#lambda.run(called, event, { type: 'RequestResponse' });
    if (result.kind !== 'success' || this.#stop.signal.aborted) return; // the messages return by themselves
    const failed = reportsFailures
      ? failedOf(
          result.response,
          records.map((record) => record.messageId),
        )
      : new Set<string>();
    if (failed === 'all') {
      this.#report(`${functionName} gave an answer that fails its whole batch`);
      return;
    }
    await this.#delete(records.filter((record) => !failed.has(record.messageId)));
  }

  async #delete(records: readonly SqsEventRecord[]): Promise<void> {
    for (let start = 0; start < records.length; start += RECEIVE_MESSAGES) {
      const chunk = records.slice(start, start + RECEIVE_MESSAGES);
      const { Failed } = await this.#sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: this.#queueUrl,
          Entries: chunk.map((record, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle })),
        }),
      );
      for (const { Id, Code } of Failed ?? []) {
        this.#report(`message ${chunk[Number(Id)]?.messageId} could not be deleted: ${Code}`);
      }
    }
  }
}

function bytesOf(records: readonly SqsEventRecord[]): number {
  return records.reduce((sum, record) => sum + sizeOf(record), 0);
}

/** In the event, with the comma after it. */
function sizeOf(record: SqsEventRecord): number {
  return Buffer.byteLength(JSON.stringify(record)) + 1;
}

/** How many of the records, from the first on, one event can hold; one is let through whatever its size. */
function fittingOf(records: readonly SqsEventRecord[]): number {
  let bytes = ENVELOPE_BYTES;
  const tooMuch = records.findIndex((record) => {
    bytes += sizeOf(record);
    return bytes > EVENT_BYTES;
  });
  return tooMuch === -1 ? records.length : Math.max(tooMuch, 1);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
