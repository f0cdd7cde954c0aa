import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Calls to targets that one consumer makes at the same time; also its sockets, so that none queues silently. */
export const INVOKE_CONCURRENCY = 20;

/** Accepting an asynchronous event takes Lambda milliseconds; after this long the answer is `uncertain`. */
const ACCEPT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** What a store or a queue answers within; the SDK then tries again. Its own default is to wait for ever. */
const STORE_TIMEOUT_MS = 3_000;

function patient(): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: STORE_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  });
}

/** SQS. The queue's URL is never the endpoint: it names a host that only exists on AWS. */
export function sqsClient(): SQSClient {
  return new SQSClient({ useQueueUrlAsEndpoint: false, requestHandler: patient() });
}

/** Lambda, for reading configuration: tried again as the SDK does. */
export function lambdaClient(): LambdaClient {
  return new LambdaClient({ requestHandler: patient() });
}

/**
 * Lambda, for Invoke only. One attempt: the SDK's own retry after a reset connection would run a target twice. A time-out
 * is an error here; the SDK's default only logs it.
 */
export function invokeClient(settings: LambdaClientConfig = {}): LambdaClient {
  return new LambdaClient({
    ...settings,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ACCEPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: INVOKE_CONCURRENCY },
      httpsAgent: { keepAlive: true, maxSockets: INVOKE_CONCURRENCY },
    }),
  });
}

export function s3Client(): S3Client {
  return new S3Client({ requestHandler: patient() });
}

export function snsClient(): SNSClient {
  return new SNSClient({ requestHandler: patient() });
}

export function dynamoClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: patient() }));
}
