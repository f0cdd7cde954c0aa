import {
  GetAliasCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  LambdaServiceException,
  ResourceNotFoundException,
  type FunctionConfiguration,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { located } from '../recovery/intakes.ts';
import { isObject, ownProperty, parseJson } from '../recovery/json.ts';
import type { FunctionTarget, QueueTarget } from '../recovery/policy.ts';
import type { TargetWatcher } from '../recovery/ports.ts';
import type { TargetLook } from '../recovery/release/target-look.ts';
import { functionName } from './function-name.ts';
import { ACCESS_DENIED } from './lambda-target-reader.ts';
import { targetQueueUrl } from './queue-url.ts';

/** SQS's defaults where nothing is configured. Source: SQS developer guide. */
const DEFAULT_VISIBILITY_SECONDS = 30;

/** A queue without a redrive policy gives nothing back: it is watched for as long as its messages may be tried once. */
const DEFAULT_RECEIVES = 1;

/** Looks at targets afresh each time: a fix is to be noticed within a minute. */
export function lambdaTargetWatcher(client: LambdaClient, queues: () => Promise<SQSClient>): TargetWatcher {
  return {
    look: (target, intake) =>
      target.kind === 'queue' ? Promise.resolve(QUEUE) : lookAt(client, located(target, intake)),
    queueReturnMs: async (target, besideArn) => queueReturnMs(await queues(), target, besideArn),
  };
}

/** What makes a queue's consumer fail is nothing that the queue shows. */
const QUEUE: TargetLook = { kind: 'unseen' };

async function lookAt(client: LambdaClient, target: FunctionTarget): Promise<TargetLook> {
  const name = functionName(target);
  try {
    const [configuration, concurrency, alias] = await Promise.all([
      client.send(new GetFunctionConfigurationCommand(name)),
      client.send(new GetFunctionConcurrencyCommand({ FunctionName: target.functionName })),
      aliasTraits(client, target),
    ]);
    const reserved = concurrency.ReservedConcurrentExecutions ?? null;
    return {
      kind: 'seen',
      traits: { ...traitsOf(configuration), reserved, alias },
      changedAtMs: changedAtMs(configuration.LastModified),
      held: reserved === 0 ? 'stopped' : isReady(configuration) ? null : 'updating',
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { kind: 'missing' };
    if (error instanceof LambdaServiceException && error.name === ACCESS_DENIED) return { kind: 'unseen' };
    throw error;
  }
}

/** Not RevisionId, which changes again by itself after an update. The environment stays in here: only a digest leaves. */
function traitsOf(configuration: FunctionConfiguration): Readonly<Record<string, unknown>> {
  const { CodeSha256, Version, Runtime, Handler, MemorySize, Timeout, Role, VpcConfig } = configuration;
  return {
    CodeSha256,
    Version,
    Runtime,
    Handler,
    MemorySize,
    Timeout,
    Role,
    Layers: configuration.Layers?.map(({ Arn }) => Arn),
    VpcConfig: { subnets: VpcConfig?.SubnetIds, groups: VpcConfig?.SecurityGroupIds },
    Environment: configuration.Environment?.Variables,
  };
}

/** An alias is watched as itself: what it points to, and how it divides the traffic. A version never changes. */
async function aliasTraits(
  client: LambdaClient,
  { functionName: FunctionName, qualifier }: FunctionTarget,
): Promise<Readonly<Record<string, unknown>> | null> {
  if (qualifier === null || /^\d+$/.test(qualifier)) return null;
  const { FunctionVersion, RoutingConfig } = await client.send(
    new GetAliasCommand({ FunctionName, Name: qualifier }),
  );
  return { FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights };
}

/** Until an update is through, the old code answers. */
function isReady({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return (State ?? 'Active') === 'Active' && (LastUpdateStatus ?? 'Successful') === 'Successful';
}

/** Lambda writes `2026-11-24T14:00:00.000+0000`, which is ISO 8601 but for the colon in its offset. */
function changedAtMs(lastModified: string | undefined): number {
  const ms = Date.parse((lastModified ?? '').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(ms) ? 0 : ms;
}

async function queueReturnMs(client: SQSClient, target: QueueTarget, besideArn: string): Promise<number> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: targetQueueUrl(target, besideArn),
      AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'],
    }),
  );
  const visibilitySeconds = Number(Attributes?.['VisibilityTimeout'] ?? DEFAULT_VISIBILITY_SECONDS);
  const redrive = parseJson(Attributes?.['RedrivePolicy'] ?? '');
  const receives = Number(
    (isObject(redrive) ? ownProperty(redrive, 'maxReceiveCount') : null) ?? DEFAULT_RECEIVES,
  );
  return visibilitySeconds * receives * 1000;
}
