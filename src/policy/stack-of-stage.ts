import * as z from 'zod/mini';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { loadPolicy } from './load-policy.ts';
import { stackFromPolicy, type PolicyStack } from './stack-from-policy.ts';

/** What the framework gives to a function that a `${file(…)}` calls: it resolves variables of serverless.yml. */
export type Framework = { readonly resolveVariable: (variable: string) => Promise<unknown> };

/** Logical ids of serverless.yml and of resources/. */
const CONSUMER = 'ConsumerLambdaFunction';
const CONSUMER_ROLE = 'ConsumerRole';
const WATCH_TOPIC = 'WatchTopic';

const resourcesSchema = z.record(
  z.string(),
  z.looseObject({
    Type: z.string(),
    Properties: z.optional(z.looseObject({ QueueName: z.optional(z.unknown()) })),
  }),
);

/**
 * The policy of the stage that is packaged, and the parts of the stack that follow from it. Rejects with every problem of
 * the policy and its line.
 */
export async function stackOfStage(
  directory: string,
  { resolveVariable }: Framework,
): Promise<PolicyStack & { readonly policy: CompiledPolicy }> {
  const text = async (variable: string): Promise<string> => z.string().parse(await resolveVariable(variable));
  const resources = resourcesSchema.parse(await resolveVariable('file(./resources/intakes.yml):Resources'));
  const queues = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
  const policy = await loadPolicy(directory, {
    stage: await text('sls:stage'),
    region: await text('self:provider.region'),
    ownQueues: queues.flatMap(([, { Properties }]) =>
      typeof Properties?.QueueName === 'string' ? [Properties.QueueName] : [],
    ),
  });
  const stack = stackFromPolicy(policy, {
    consumer: CONSUMER,
    // Mappings name queues by ARN, in which CloudFormation sees no reference: it might make a mapping before its queue.
    after: [CONSUMER_ROLE, ...queues.map(([logicalId]) => logicalId)],
    windowSeconds: z.number().parse(await resolveVariable('self:custom.batchWindowSeconds')),
    alarmTopic: WATCH_TOPIC,
    alarmNames: await text('self:custom.name'),
  });
  return { ...stack, policy };
}
