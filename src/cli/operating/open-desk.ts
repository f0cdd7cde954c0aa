import { archiveObjects } from '../../aws/archive-objects.ts';
import { callerIdentity } from '../../aws/caller-identity.ts';
import { dynamoClient } from '../../aws/clients/dynamo.ts';
import { lambdaClient } from '../../aws/clients/lambda.ts';
import { s3Client } from '../../aws/clients/s3.ts';
import { functionLogs } from '../../aws/function-logs.ts';
import { dynamoCircuits } from '../../aws/ledger/circuits.ts';
import { dynamoOperations } from '../../aws/ledger/operations.ts';
import { releaserWaker } from '../../aws/releaser-waker.ts';
import { s3Archive } from '../../aws/s3-archive.ts';
import type { Deployment } from '../deployment.ts';
import type { Desk } from './desk.ts';

/** The desk of a deployed stage, and the way to leave it. */
export function openDesk(deployment: Deployment): { readonly desk: Desk; readonly close: () => void } {
  const [dynamo, s3, lambda] = [dynamoClient(), s3Client(), lambdaClient()];
  const table = { client: dynamo, name: deployment.ledgerTable };
  const bucket = deployment.archiveBucket;
  return {
    desk: {
      deployment,
      circuits: dynamoCircuits(table),
      operations: dynamoOperations(table),
      archive: s3Archive(s3, bucket),
      objects: (range) => archiveObjects(s3, { ...range, bucket }),
      logs: functionLogs(lambda, async () => (await import('../../aws/clients/logs.ts')).logsClient()),
      waker: releaserWaker(lambda, deployment.releaser),
      whoAmI: async () => callerIdentity((await import('../../aws/clients/sts.ts')).stsClient()),
    },
    close: () => {
      for (const client of [dynamo, s3, lambda]) client.destroy();
    },
  };
}
