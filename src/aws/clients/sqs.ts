import { SQSClient } from '@aws-sdk/client-sqs';
import { patient } from './patient.ts';

/** SQS. The queue's URL is never the endpoint: it names a host that only exists on AWS. */
export function sqsClient(): SQSClient {
  return new SQSClient({ useQueueUrlAsEndpoint: false, requestHandler: patient() });
}

/** SQS, for sending only: one attempt, since a second one may send a message twice. */
export function sendClient(): SQSClient {
  return new SQSClient({ useQueueUrlAsEndpoint: false, maxAttempts: 1, requestHandler: patient() });
}
