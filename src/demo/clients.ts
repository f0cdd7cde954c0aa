import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { LocalAws } from '../local/local-aws.ts';
import { sdkSettings } from '../local/sdk-settings.ts';

export type Clients = {
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
};

/** SDK clients that speak to a local AWS, whatever the environment of this process says. */
export function clientsFor(aws: LocalAws): Clients {
  const settings = sdkSettings(aws);
  return {
    lambda: new LambdaClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sns: new SNSClient(settings),
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
  };
}
