import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SNSEvent, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { coldStart } from './cold-start.ts';
import { errorName } from '../error-name.ts';
import { processBatch, type Processed } from './process-batch.ts';
import { countRecords, logRecord } from './report.ts';

const { policy, ports, logger, metrics } = coldStart(process.env);

/** Reads a batch of dead events from an intake and answers which messages go back to the queue. */
export const handler = middy<SQSEvent | SNSEvent, SQSBatchResponse>()
  .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
  .use(logMetrics(metrics, { throwOnEmptyMetrics: false }))
  .handler(async (event: SQSEvent | SNSEvent, context: Context) => {
    const processed = await processBatch(event.Records, {
      policy,
      ports,
      nowMs: Date.now,
      deadlineMs: Date.now() + context.getRemainingTimeInMillis(),
      onFailure: (step, messageId, error) =>
        logger.error('a step failed', { step, messageId, errorName: errorName(error) }),
    });
    for (const record of processed) logRecord(logger, record);
    countRecords(metrics, processed);
    return isFromQueue(event) ? answerQueue(event, context, processed) : answerTopic(processed);
  });

function isFromQueue(event: SQSEvent | SNSEvent): event is SQSEvent {
  return !event.Records.some((record) => 'Sns' in record);
}

/** Whatever is not proven done is reported as failed, and returns to the queue. */
function answerQueue(
  event: SQSEvent,
  context: Context,
  processed: readonly Processed[],
): Promise<SQSBatchResponse> {
  const notDone = new Set(processed.filter(isNotDone).map(({ subject }) => subject.messageId));
  // What has no id cannot be named as failed: then the whole batch has to come back.
  if (notDone.has(null)) throw new NotProvenDone('without id');
  return processPartialResponse(
    event,
    async ({ messageId }: SQSRecord) => {
      if (notDone.has(messageId)) throw new NotProvenDone(messageId);
    },
    new BatchProcessor(EventType.SQS),
    // A batch of nothing but waiting events is no failure of the consumer.
    { context, throwOnFullBatchFailure: false },
  );
}

/** A topic delivers once and takes nothing back: the invocation fails, and Lambda tries the whole of it again. */
function answerTopic(processed: readonly Processed[]): SQSBatchResponse {
  const notDone = processed.find(isNotDone);
  if (notDone !== undefined) throw new NotProvenDone(notDone.subject.messageId ?? 'without id');
  return { batchItemFailures: [] };
}

function isNotDone({ outcome }: Processed): boolean {
  return outcome.kind !== 'done';
}

class NotProvenDone extends Error {
  override readonly name = 'NotProvenDone';
  constructor(messageId: string) {
    super(`no next owner is proven for message ${messageId}`);
  }
}
