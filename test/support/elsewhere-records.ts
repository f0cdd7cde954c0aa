import { dlqRecord } from './dlq-record.ts';

/** Messages that only tell where their event lies, for tests. */

export const STREAM = 'arn:aws:kinesis:eu-west-1:000000000000:stream/clicks';
export const TABLE = 'arn:aws:dynamodb:eu-west-1:000000000000:table/Orders';
export const START = '49650000000000000000000000000000000000000000000000000017';
export const END = '49650000000000000000000000000000000000000000000000000021';
export const KEY = 'aws/lambda/async/orders/2026/11/24/2026-11-24T10.00.00-0c11aa22';

/** A batch of a stream's mapping or of a pipe, all retries used up. */
export function batchRecord(streamArn: string, form: 'stream' | 'pipe' = 'stream'): Record<string, unknown> {
  const name = streamArn.includes('kinesis') ? 'KinesisBatchInfo' : 'DDBStreamBatchInfo';
  const context = {
    condition: 'RetryAttemptsExhausted',
    functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:orders',
  };
  const body = {
    ...(form === 'stream'
      ? { requestContext: { ...context, requestId: 'f00d0000-0000-4000-8000-000000000001' } }
      : {
          context: {
            condition: 'RetryAttemptsExhausted',
            partnerResourceArn: 'arn:aws:pipes:eu-west-1:000000000000:pipe/p',
          },
        }),
    version: '1.0',
    timestamp: '2026-11-24T10:00:00.000Z',
    [name]: { streamArn, shardId: 'shardId-1', startSequenceNumber: START, endSequenceNumber: END },
  };
  return dlqRecord({ requestId: null, messageId: 'm-1', body: JSON.stringify(body) });
}

/** What S3 tells of a record that Lambda has put into a bucket. */
export function bucketRecord(bucket: string): Record<string, unknown> {
  const record = { eventSource: 'aws:s3', s3: { bucket: { name: bucket }, object: { key: KEY } } };
  return dlqRecord({ requestId: null, messageId: 'm-1', body: JSON.stringify({ Records: [record] }) });
}
