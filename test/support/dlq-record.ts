/** Builds records as an SQS event source mapping hands them over, for tests. */

export const QUEUE_PREFIX = 'arn:aws:sqs:eu-west-1:000000000000:';

export type RecordOptions = {
  messageId?: string;
  requestId?: string | null;
  body?: string;
  code?: string | null;
  message?: string | null;
  queue?: string;
  sentAtMs?: number;
};

/** A message in a Lambda dead-letter queue, with the attributes that Lambda sets. */
export function dlqRecord(options: RecordOptions = {}): Record<string, unknown> {
  const { requestId = '0a1b2c3d-0000-4000-8000-000000000001', code = '200', message = 'boom' } = options;
  return {
    messageId: options.messageId ?? `m-${requestId ?? 'none'}`,
    receiptHandle: `handle-of-${options.messageId ?? requestId ?? 'none'}`,
    body: options.body ?? '{"orderId":"o-1"}',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(options.sentAtMs ?? 1_790_000_000_000),
      SenderId: 'AROAEXAMPLE:awslambda_1',
      ApproximateFirstReceiveTimestamp: String(options.sentAtMs ?? 1_790_000_000_000),
    },
    messageAttributes: {
      ...attribute('RequestID', 'String', requestId),
      ...attribute('ErrorCode', 'Number', code),
      ...attribute('ErrorMessage', 'String', message),
    },
    md5OfBody: 'not-checked-by-the-consumer',
    eventSource: 'aws:sqs',
    eventSourceARN: `${QUEUE_PREFIX}${options.queue ?? 'orders-dlq'}`,
    awsRegion: 'eu-west-1',
  };
}

function attribute(name: string, dataType: string, value: string | null): Record<string, unknown> {
  if (value === null) return {};
  return { [name]: { stringValue: value, stringListValues: [], binaryListValues: [], dataType } };
}
