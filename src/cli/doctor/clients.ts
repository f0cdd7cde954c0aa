import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { cloudFormationClient } from '../../aws/clients/cloudformation.ts';
import { cloudWatchClient } from '../../aws/clients/cloudwatch.ts';
import { iamClient } from '../../aws/clients/iam.ts';
import { lambdaClient } from '../../aws/clients/lambda.ts';
import { snsClient } from '../../aws/clients/sns.ts';
import { sqsClient } from '../../aws/clients/sqs.ts';

/** All that the doctor asks. It only reads. */
export type Clients = {
  readonly lambda: LambdaClient;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly iam: IAMClient;
  readonly cloudWatch: CloudWatchClient;
  readonly cloudFormation: CloudFormationClient;
};

export function doctorClients(): Clients {
  return {
    lambda: lambdaClient(),
    sqs: sqsClient(),
    sns: snsClient(),
    iam: iamClient(),
    cloudWatch: cloudWatchClient(),
    cloudFormation: cloudFormationClient(),
  };
}

/** Lets the process end. */
export function destroy(clients: Clients): void {
  for (const client of Object.values(clients)) client.destroy();
}
