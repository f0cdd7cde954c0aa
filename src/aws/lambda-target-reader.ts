import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaServiceException,
  ResourceNotFoundException,
  type FunctionConfiguration,
  type FunctionEventInvokeConfig,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import type { KnownFacts, TargetFacts } from '../recovery/handover.ts';
import type { FunctionTarget } from '../recovery/policy.ts';
import type { TargetReader } from '../recovery/ports.ts';
import { functionName } from './function-name.ts';

/** Lambda's defaults where nothing is configured. Source: Lambda developer guide, asynchronous invocation. */
const DEFAULT_RETRIES = 2;
const DEFAULT_EVENT_AGE_SECONDS = 6 * 60 * 60;
const DEFAULT_TIMEOUT_SECONDS = 3;

/** The name of Lambda's answer to whoever may not. */
export const ACCESS_DENIED = 'AccessDeniedException';

/** Facts are read again after this long: a dead-letter queue taken away must not be trusted for a container's whole life. */
const FRESH_FOR_MS = 5 * 60 * 1000;

/** Reads targets' configuration, at most twice per target in five minutes: control-plane calls share a small quota. */
export function lambdaTargetReader(client: LambdaClient, nowMs: () => number): TargetReader {
  const cache = new Map<string, { readAtMs: number; facts: Promise<TargetFacts> }>();
  return {
    facts: (target) => {
      const name = `${target.functionName}:${target.qualifier ?? ''}`;
      const known = cache.get(name);
      if (known !== undefined && nowMs() - known.readAtMs < FRESH_FOR_MS) return known.facts;
      const facts = readFacts(client, target);
      cache.set(name, { readAtMs: nowMs(), facts });
      facts.catch(() => cache.delete(name)); // a failed read is not remembered
      return facts;
    },
  };
}

async function readFacts(client: LambdaClient, target: FunctionTarget): Promise<TargetFacts> {
  const name = functionName(target);
  try {
    const [configuration, invoke] = await Promise.all([
      client.send(new GetFunctionConfigurationCommand(name)),
      eventInvokeConfig(client, name),
    ]);
    return knownFacts(configuration, invoke);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { kind: 'missing' };
    if (error instanceof LambdaServiceException && error.name === ACCESS_DENIED) return { kind: 'denied' };
    throw error;
  }
}

/** What Lambda's two answers say of a target; null where its asynchronous invocation is not configured. */
export function knownFacts(
  configuration: FunctionConfiguration,
  invoke: FunctionEventInvokeConfig | null,
): KnownFacts {
  return {
    kind: 'known',
    timeoutSeconds: configuration.Timeout ?? DEFAULT_TIMEOUT_SECONDS,
    deadLetterArn: configuration.DeadLetterConfig?.TargetArn ?? null,
    onFailureArn: invoke?.DestinationConfig?.OnFailure?.Destination ?? null,
    onSuccessArn: invoke?.DestinationConfig?.OnSuccess?.Destination ?? null,
    retries: invoke?.MaximumRetryAttempts ?? DEFAULT_RETRIES,
    maxEventAgeSeconds: invoke?.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE_SECONDS,
  };
}

/** The configuration of that qualifier; null when it has none of its own. */
export async function eventInvokeConfig(
  client: LambdaClient,
  name: ReturnType<typeof functionName>,
): Promise<FunctionEventInvokeConfig | null> {
  try {
    return await client.send(new GetFunctionEventInvokeConfigCommand(name));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}
