import * as z from 'zod/mini';
import { loadPolicy } from './load-policy.ts';
import { stackFromPolicy, type PolicyStack } from './stack-from-policy.ts';

/** What the framework gives to a function that a `${file(…)}` calls: it resolves variables of serverless.yml. */
export type Framework = { readonly resolveVariable: (variable: string) => Promise<unknown> };

/** Logical ids of serverless.yml. */
const CONSUMER = 'ConsumerLambdaFunction';
const CONSUMER_ROLE = 'ConsumerRole';

const resourcesSchema = z.record(z.string(), z.looseObject({ Type: z.string() }));

/**
 * The parts of the stack that follow from the policy of the stage that is packaged. Rejects with every problem of the
 * policy and its line.
 */
export async function stackOfStage(directory: string, { resolveVariable }: Framework): Promise<PolicyStack> {
  const stage = z.string().parse(await resolveVariable('sls:stage'));
  const windowSeconds = z.number().parse(await resolveVariable('self:custom.batchWindowSeconds'));
  const resources = resourcesSchema.parse(await resolveVariable('file(./resources/intakes.yml):Resources'));
  return stackFromPolicy(await loadPolicy(directory, stage), {
    consumer: CONSUMER,
    after: [CONSUMER_ROLE, ...queuesOf(resources)],
    windowSeconds,
  });
}

/** Mappings name queues by ARN, in which CloudFormation sees no reference: without these it may make a mapping before its queue. */
function queuesOf(resources: z.infer<typeof resourcesSchema>): string[] {
  return Object.keys(resources).filter((logicalId) => resources[logicalId]?.Type === 'AWS::SQS::Queue');
}
