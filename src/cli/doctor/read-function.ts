import {
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetFunctionRecursionConfigCommand,
  paginateListAliases,
  type AliasConfiguration,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { functionName, type FunctionReference } from '../../aws/function-name.ts';
import { eventInvokeConfig, knownFacts } from '../../aws/lambda-target-reader.ts';
import type { CompiledPolicy, FunctionTarget } from '../../recovery/policy.ts';
import { ask, askFor } from './ask.ts';
import type { Clients } from './clients.ts';
import type { AliasesFacts, Channel, FunctionConfiguration, FunctionFacts, WayFacts } from './facts.ts';
import { bareName, regionOf, serviceOf } from './places.ts';
import { readQueueByArn, readTopic } from './read-channel.ts';
import { readLosses } from './read-losses.ts';
import { readRights } from './read-rights.ts';
import { mapReading, notAsked, read, thenAsk, type Reading } from './reading.ts';

/** A function to look at, and what the policy says of it. */
export type ChosenFunction = FunctionReference & { readonly target: FunctionTarget | null };

/** Reads all that the checks of a function need. */
export async function readFunction(
  clients: Clients,
  { target, ...reference }: ChosenFunction,
  policy: CompiledPolicy,
  nowMs: number,
): Promise<FunctionFacts> {
  const { qualifier } = reference;
  const configuration = await readConfiguration(clients.lambda, reference);
  const isThere = mapReading(configuration, (found) => found !== null);
  /** What is asked of a function only when there is one. */
  const ofIt = <T>(none: T, next: () => Promise<Reading<T>>): Promise<Reading<T>> =>
    thenAsk(isThere, async (there) => (there ? next() : read(none)));
  const [reservedConcurrency, recursiveLoop, aliases, losses, ways] = await Promise.all([
    ofIt(null, () => readConcurrency(clients.lambda, reference.functionName)),
    ofIt('Terminate' as const, () => readRecursiveLoop(clients.lambda, reference.functionName)),
    ofIt({ latestDeadLetterArn: null, aliases: [] }, () =>
      readAliases(clients.lambda, reference.functionName),
    ),
    ofIt(NOTHING_LOST, () => readLosses(clients.cloudWatch, bareName(reference.functionName), nowMs)),
    thenAsk(configuration, (found) => readWays(clients, found)),
  ]);
  return {
    subject: subjectOf(reference),
    qualifier,
    configuration,
    reservedConcurrency,
    recursiveLoop,
    aliases,
    losses,
    ways,
    policy,
    target,
  };
}

const NOTHING = { sum: 0, lastAt: null };
const NOTHING_LOST = {
  days: 0,
  deadLetterErrors: NOTHING,
  destinationDeliveryFailures: NOTHING,
  asyncEventsDropped: NOTHING,
  recursiveInvocationsDropped: NOTHING,
};

function subjectOf({ functionName: name, qualifier }: FunctionReference): string {
  return qualifier === null ? name : `${name}:${qualifier}`;
}

async function readConfiguration(
  client: LambdaClient,
  reference: FunctionReference,
): Promise<Reading<FunctionConfiguration | null>> {
  const name = functionName(reference);
  const configuration = await askFor('lambda:GetFunctionConfiguration', () =>
    client.send(new GetFunctionConfigurationCommand(name)),
  );
  return thenAsk(configuration, async (found) => {
    if (found === null) return read(null);
    const invoke = await ask('lambda:GetFunctionEventInvokeConfig', () => eventInvokeConfig(client, name));
    return mapReading(invoke, (configured) => ({
      arn: (found.FunctionArn ?? '').split(':').slice(0, ARN_PARTS).join(':'),
      role: found.Role ?? '',
      known: knownFacts(found, configured),
    }));
  });
}

/** Of a function's ARN without its qualifier: `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`. */
const ARN_PARTS = 7;

/** Reserved executions of a function, null when none are reserved. */
export function readConcurrency(client: LambdaClient, FunctionName: string): Promise<Reading<number | null>> {
  return ask('lambda:GetFunctionConcurrency', async () => {
    const answer = await client.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    return answer.ReservedConcurrentExecutions ?? null;
  });
}

function readRecursiveLoop(
  client: LambdaClient,
  FunctionName: string,
): Promise<Reading<'Allow' | 'Terminate'>> {
  return ask('lambda:GetFunctionRecursionConfig', async () => {
    const { RecursiveLoop } = await client.send(new GetFunctionRecursionConfigCommand({ FunctionName }));
    return RecursiveLoop ?? 'Terminate';
  });
}

/** The aliases of a function, with the dead-letter queue of each version that they lead to. */
async function readAliases(client: LambdaClient, FunctionName: string): Promise<Reading<AliasesFacts>> {
  const listed = await ask('lambda:ListAliases', async () => {
    const found: AliasConfiguration[] = [];
    for await (const { Aliases = [] } of paginateListAliases({ client }, { FunctionName }))
      found.push(...Aliases);
    return found;
  });
  return thenAsk(listed, (aliases) =>
    ask('lambda:GetFunctionConfiguration', async () => {
      const versions = [...new Set(aliases.flatMap(versionsOf))];
      const queues = new Map(
        await Promise.all(
          versions.map(
            async (version) => [version, await deadLetterArn(client, FunctionName, version)] as const,
          ),
        ),
      );
      return {
        latestDeadLetterArn: aliases.length === 0 ? null : await deadLetterArn(client, FunctionName, null),
        aliases: aliases.map((alias) => ({
          name: alias.Name ?? '',
          versions: versionsOf(alias).map((version) => ({
            version,
            deadLetterArn: queues.get(version) ?? null,
          })),
        })),
      };
    }),
  );
}

function versionsOf({ FunctionVersion, RoutingConfig }: AliasConfiguration): readonly string[] {
  const weighted = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {});
  return [...(FunctionVersion === undefined ? [] : [FunctionVersion]), ...weighted];
}

async function deadLetterArn(
  client: LambdaClient,
  name: string,
  qualifier: string | null,
): Promise<string | null> {
  const { DeadLetterConfig } = await client.send(
    new GetFunctionConfigurationCommand(functionName({ functionName: name, qualifier })),
  );
  return DeadLetterConfig?.TargetArn ?? null;
}

async function readWays(
  clients: Clients,
  configuration: FunctionConfiguration | null,
): Promise<Reading<readonly WayFacts[]>> {
  if (configuration === null) return read([]);
  const { known } = configuration;
  const ends = [
    { via: 'dead-letter queue' as const, arn: known.deadLetterArn },
    { via: 'OnFailure destination' as const, arn: known.onFailureArn },
  ];
  return read(
    await Promise.all(
      ends.flatMap(({ via, arn }) => (arn === null ? [] : [readWay(clients, configuration, via, arn)])),
    ),
  );
}

async function readWay(
  clients: Clients,
  configuration: FunctionConfiguration,
  via: WayFacts['via'],
  arn: string,
): Promise<WayFacts> {
  const channel = await readChannel(clients, arn, regionOf(configuration.arn));
  const rights = await thenAsk(channel, (found) => readRights(clients.iam, configuration.role, arn, found));
  return { via, arn, channel, rights };
}

async function readChannel(clients: Clients, arn: string, region: string): Promise<Reading<Channel | null>> {
  if (regionOf(arn) !== '' && regionOf(arn) !== region) {
    return notAsked('sqs:GetQueueAttributes', `${arn} is in another region than the function`);
  }
  switch (serviceOf(arn)) {
    case 'sqs':
      return readQueueByArn(clients.sqs, arn);
    case 'sns':
      return readTopic(clients.sns, arn);
    default:
      return read({ kind: 'other' });
  }
}
