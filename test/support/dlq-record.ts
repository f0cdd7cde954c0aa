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
  /** How often it has been received, this time included. */
  receives?: number;
};

/** A message in a Lambda dead-letter queue, with the attributes that Lambda sets. */
export function dlqRecord(options: RecordOptions = {}): Record<string, unknown> {
  const { requestId = '0a1b2c3d-0000-4000-8000-000000000001', code = '200', message = 'boom' } = options;
  return {
    messageId: options.messageId ?? `m-${requestId ?? 'none'}`,
    receiptHandle: `handle-of-${options.messageId ?? requestId ?? 'none'}`,
    body: options.body ?? '{"orderId":"o-1"}',
    attributes: {
      ApproximateReceiveCount: String(options.receives ?? 1),
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

export type DestinationOptions = {
  requestId?: string;
  /** JSON text, put into the record as it is; null leaves it out. */
  payload?: string | null;
  functionArn?: string;
  condition?: string;
  errorType?: string;
  message?: string;
  trace?: readonly string[];
  statusCode?: number | null;
  diedAtMs?: number;
};

/** The text of a record that Lambda sends to a destination. */
export function destinationBody(options: DestinationOptions = {}): string {
  const { payload = '{"orderId":"o-1"}', statusCode = 200, errorType = 'Error', message = 'boom' } = options;
  const head = {
    version: '1.0',
    timestamp: new Date(options.diedAtMs ?? 1_790_000_000_000).toISOString(),
    requestContext: {
      requestId: options.requestId ?? '0a1b2c3d-0000-4000-8000-000000000001',
      functionArn: options.functionArn ?? 'arn:aws:lambda:eu-west-1:000000000000:function:orders:$LATEST',
      condition: options.condition ?? 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
  };
  const tail = {
    ...(statusCode === null ? {} : { responseContext: { statusCode, executedVersion: '$LATEST' } }),
    ...(statusCode === 200
      ? { responsePayload: { errorType, errorMessage: message, trace: options.trace ?? [] } }
      : {}),
  };
  const middle = payload === null ? '' : `,"requestPayload":${payload}`;
  const rest = JSON.stringify(tail).slice(1, -1);
  return `${JSON.stringify(head).slice(0, -1)}${middle}${rest === '' ? '' : `,${rest}`}}`;
}

/** A record of an SNS event: a dead letter that a topic delivers straight to a function. */
export function snsRecord(options: {
  message: string;
  topic: string;
  requestId: string;
  body?: string;
}): Record<string, unknown> {
  return {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: `arn:aws:sns:eu-west-1:000000000000:${options.topic}:1`,
    Sns: {
      Type: 'Notification',
      MessageId: `sns-${options.requestId}`,
      TopicArn: `arn:aws:sns:eu-west-1:000000000000:${options.topic}`,
      Subject: null,
      Message: options.body ?? '{ "orderId": "o-1", "n": 42.50 }',
      Timestamp: '2026-11-24T10:00:00.000Z',
      SignatureVersion: '1',
      Signature: 'none',
      MessageAttributes: {
        RequestID: { Type: 'String', Value: options.requestId },
        ErrorCode: { Type: 'Number', Value: '200' },
        ErrorMessage: { Type: 'String', Value: options.message },
      },
    },
  };
}

/** The envelope that SNS puts around a message for a queue without raw delivery. */
export function snsEnvelope(
  body: string,
  attributes: Record<string, { Type: string; Value: string }>,
): string {
  return JSON.stringify(
    {
      Type: 'Notification',
      MessageId: 'sns-message-1',
      TopicArn: 'arn:aws:sns:eu-west-1:000000000000:orders-failures',
      Message: body,
      Timestamp: '2026-11-24T10:00:00.000Z',
      SignatureVersion: '1',
      MessageAttributes: attributes,
    },
    null,
    2,
  );
}
