import { SQSClient } from '@aws-sdk/client-sqs';
import { patient } from './patient.ts';

/** SQS. The queue's URL is never the endpoint: it names a host that only exists on AWS. */
export function sqsClient(): SQSClient {
  return new SQSClient({ useQueueUrlAsEndpoint: false, requestHandler: patient() });
}
