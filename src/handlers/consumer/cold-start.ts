import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { policy } from 'compiled-policy';
import { dynamoClient } from '../../aws/clients/dynamo.ts';
import { invokeClient, lambdaClient } from '../../aws/clients/lambda.ts';
import { s3Client } from '../../aws/clients/s3.ts';
import { fetcherBy } from '../../aws/fetch/fetcher.ts';
import { lambdaReinvoker } from '../../aws/lambda-reinvoker.ts';
import { lambdaTargetReader } from '../../aws/lambda-target-reader.ts';
import { dynamoLedger } from '../../aws/ledger/dynamo-ledger.ts';
import { releaserWaker } from '../../aws/releaser-waker.ts';
import { s3Archive } from '../../aws/s3-archive.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type { Fetcher, Hider } from '../../recovery/ports.ts';
import { required, type Environment } from '../environment.ts';
import { seldomGiver } from '../seldom-giver.ts';
import type { Ports } from './run.ts';

/** What one execution environment makes once. */
export type Consumer = {
  readonly policy: CompiledPolicy;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** Makes the consumer from its environment. Throws, naming it, when a variable of the stack is not set. */
export function coldStart(environment: Environment): Consumer {
  const table = required(environment, 'LEDGER_TABLE');
  const bucket = required(environment, 'ARCHIVE_BUCKET');
  const lambda = lambdaClient();
  return {
    policy,
    ports: {
      ledger: dynamoLedger({ client: dynamoClient(), name: table }),
      archive: s3Archive(s3Client(), bucket),
      reinvoker: lambdaReinvoker(invokeClient()),
      targets: lambdaTargetReader(lambda, Date.now),
      giver: seldomGiver(),
      fetcher: fetcher(),
      hider: seldomHider(),
      waker: releaserWaker(lambda, required(environment, 'RELEASER')),
    },
    logger: new Logger(),
    metrics: new Metrics(),
  };
}

/** Loads SQS when the first message has to be hidden: in a storm, and where everything is parked, none ever is. */
function seldomHider(): Hider {
  let hider: Promise<Hider> | null = null;
  return { hide: async (queueArn, messages) => (await (hider ??= loadHider())).hide(queueArn, messages) };
}

async function loadHider(): Promise<Hider> {
  const [{ sqsHider }, { sqsClient }] = await Promise.all([
    import('../../aws/sqs-hider.ts'),
    import('../../aws/clients/sqs.ts'),
  ]);
  return sqsHider(sqsClient());
}

/** Each way of fetching is loaded when the first message needs it, which most never do. */
function fetcher(): Fetcher {
  return fetcherBy({
    bucket: async (source) => {
      const { fetchObject } = await import('../../aws/fetch/s3-object.ts');
      return fetchObject(s3Client(), source);
    },
    kinesis: async (source) => {
      const [{ fetchKinesis }, { kinesisClient }] = await Promise.all([
        import('../../aws/fetch/kinesis.ts'),
        import('../../aws/clients/streams.ts'),
      ]);
      return fetchKinesis(kinesisClient(), source);
    },
    dynamodb: async (source) => {
      const [{ fetchDynamo }, { dynamoStreamsClient }] = await Promise.all([
        import('../../aws/fetch/dynamodb-stream.ts'),
        import('../../aws/clients/streams.ts'),
      ]);
      return fetchDynamo(dynamoStreamsClient(), source);
    },
  });
}
