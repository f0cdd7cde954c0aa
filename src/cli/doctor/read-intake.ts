import { paginateListEventSourceMappings, type LambdaClient } from '@aws-sdk/client-lambda';
import type { CompiledPolicy, IntakePolicy, QueueTarget } from '../../recovery/policy.ts';
import { ask } from './ask.ts';
import type { Clients } from './clients.ts';
import type { IntakeFacts, MappingFacts, QueueTargetFacts, TopicFacts } from './facts.ts';
import { bareName } from './places.ts';
import { readQueue, readQueueByArn, readTopic } from './read-channel.ts';
import { read, thenAsk, type Reading } from './reading.ts';

/** The consumer, as the checks of intakes need it. */
export type Consumer = {
  readonly name: string;
  /** Its timeout in seconds, null when there is no such function. */
  readonly timeoutSeconds: Reading<number | null>;
  /** What the names of the service's own queues begin with. */
  readonly prefix: string;
};

/** Reads all that the checks of an intake need. */
export async function readIntake(
  clients: Clients,
  intake: IntakePolicy,
  consumer: Consumer,
): Promise<IntakeFacts> {
  const queue = await readQueue(clients.sqs, intake);
  const [mappings, topic] = await Promise.all([
    thenAsk(queue, async (found) => (found === null ? read([]) : readMappings(clients.lambda, found.arn))),
    thenAsk(queue, async (found) =>
      found === null ? read(null) : readFeed(clients, intake.topic, found.arn),
    ),
  ]);
  return {
    subject: intake.queueName,
    intake,
    isAdopted: intake.adopted || !intake.queueName.startsWith(consumer.prefix),
    queue,
    mappings,
    topic,
    consumer: consumer.name,
    consumerTimeoutSeconds: consumer.timeoutSeconds,
  };
}

function readMappings(
  client: LambdaClient,
  EventSourceArn: string,
): Promise<Reading<readonly MappingFacts[]>> {
  return ask('lambda:ListEventSourceMappings', async () => {
    const found: MappingFacts[] = [];
    for await (const page of paginateListEventSourceMappings({ client }, { EventSourceArn })) {
      for (const mapping of page.EventSourceMappings ?? []) {
        found.push({
          uuid: mapping.UUID ?? '',
          functionName: bareName(mapping.FunctionArn ?? ''),
          state: mapping.State ?? '',
          stateReason: mapping.StateTransitionReason ?? '',
          lastResult: mapping.LastProcessingResult ?? '',
        });
      }
    }
    return found;
  });
}

/** The topic that the policy names, in the account and region of the queue. */
async function readFeed(
  { sns }: Clients,
  topic: string | null,
  queueArn: string,
): Promise<Reading<TopicFacts | null>> {
  if (topic === null) return read(null);
  const [, partition, , region, account] = queueArn.split(':');
  return readTopic(sns, `arn:${partition}:sns:${region}:${account}:${topic}`);
}

/** Reads all that the checks of a queue as a target need. */
export async function readQueueTarget(
  { sqs }: Clients,
  target: QueueTarget,
  policy: CompiledPolicy,
): Promise<QueueTargetFacts> {
  const queue = await readQueue(sqs, target);
  const deadLetter = await thenAsk(queue, async (found) =>
    found === null || found.redrive === null ? read(null) : readQueueByArn(sqs, found.redrive.deadLetterArn),
  );
  return { subject: target.key, target, policy, queue, deadLetter };
}
