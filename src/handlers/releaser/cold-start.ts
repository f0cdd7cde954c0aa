import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { policy } from 'compiled-policy';
import { dynamoClient } from '../../aws/clients/dynamo.ts';
import { invokeClient, lambdaClient } from '../../aws/clients/lambda.ts';
import { s3Client } from '../../aws/clients/s3.ts';
import { lambdaCaller } from '../../aws/lambda-caller.ts';
import { lambdaReinvoker } from '../../aws/lambda-reinvoker.ts';
import { lambdaTargetReader } from '../../aws/lambda-target-reader.ts';
import { lambdaTargetWatcher } from '../../aws/lambda-target-watcher.ts';
import { dynamoCircuits } from '../../aws/ledger/circuits.ts';
import { dynamoLedger } from '../../aws/ledger/dynamo-ledger.ts';
import { s3Archive } from '../../aws/s3-archive.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import { required, type Environment } from '../environment.ts';
import { seldomGiver } from '../seldom-giver.ts';
import type { Ports } from './run.ts';

/** What one execution environment makes once. */
export type Releaser = {
  readonly policy: CompiledPolicy;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** Makes the releaser from its environment. Throws, naming it, when a variable of the stack is not set. */
export function coldStart(environment: Environment): Releaser {
  const table = { client: dynamoClient(), name: required(environment, 'LEDGER_TABLE') };
  const most = Math.max(1, ...policy.targets.map(({ release }) => release.concurrency));
  const invoking = invokeClient(most);
  const reading = lambdaClient();
  return {
    policy,
    ports: {
      circuits: dynamoCircuits(table),
      ledger: dynamoLedger(table),
      archive: s3Archive(s3Client(), required(environment, 'ARCHIVE_BUCKET')),
      reinvoker: lambdaReinvoker(invoking),
      caller: lambdaCaller(invoking),
      giver: seldomGiver(),
      targets: lambdaTargetReader(reading, Date.now),
      watcher: lambdaTargetWatcher(reading, async () =>
        (await import('../../aws/clients/sqs.ts')).sqsClient(),
      ),
    },
    logger: new Logger(),
    metrics: new Metrics(),
  };
}
