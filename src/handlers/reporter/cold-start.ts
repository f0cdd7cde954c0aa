import { Logger } from '@aws-lambda-powertools/logger';
import { policy } from 'compiled-policy';
import { dynamoClient } from '../../aws/clients/dynamo.ts';
import { dynamoOutbox } from '../../aws/ledger/outbox.ts';
import type { Publisher } from '../../recovery/ports.ts';
import { required, type Environment } from '../environment.ts';
import type { ReporterRun } from './report-pending.ts';

/** What one execution environment makes once. */
export type Reporter = {
  readonly logger: Logger;
  readonly parts: Pick<ReporterRun, 'outbox' | 'publisher' | 'sender' | 'limits'>;
};

/** Makes the reporter from its environment. Throws, naming it, when a variable of the stack is not set. */
export function coldStart(environment: Environment): Reporter {
  return {
    logger: new Logger(),
    parts: {
      outbox: dynamoOutbox({ client: dynamoClient(), name: required(environment, 'LEDGER_TABLE') }),
      publisher: seldomPublisher(required(environment, 'ALERT_TOPIC')),
      sender: {
        service: required(environment, 'SERVICE_NAME'),
        region: required(environment, 'AWS_REGION'),
        archiveBucket: required(environment, 'ARCHIVE_BUCKET'),
      },
      limits: policy.alerts,
    },
  };
}

/** Loads SNS when there is something to tell, which in most minutes there is not. */
function seldomPublisher(topicArn: string): Publisher {
  let publisher: Promise<Publisher> | null = null;
  const load = async (): Promise<Publisher> => {
    const [{ snsPublisher }, { snsClient }] = await Promise.all([
      import('../../aws/sns-publisher.ts'),
      import('../../aws/clients/sns.ts'),
    ]);
    return snsPublisher(snsClient(), topicArn);
  };
  return { publish: async (notice) => (await (publisher ??= load())).publish(notice) };
}
