import { paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import pMap from 'p-map';
import type { FunctionReference } from '../../aws/function-name.ts';
import { located } from '../../recovery/intakes.ts';
import type { CompiledPolicy, FunctionTarget, IntakePolicy, QueueTarget } from '../../recovery/policy.ts';
import { Misuse } from '../misuse.ts';
import { ask, askFor } from './ask.ts';
import type { Clients } from './clients.ts';
import type {
  Facts,
  FailureQueueFacts,
  IntakeFacts,
  NotifiedFacts,
  PartFacts,
  ServiceFacts,
} from './facts.ts';
import { bareName, queueName } from './places.ts';
import { readQueueByArn, readTopic } from './read-channel.ts';
import { readConcurrency, readFunction, type ChosenFunction } from './read-function.ts';
import { readIntake, readQueueTarget, type Consumer } from './read-intake.ts';
import { mapReading, read, thenAsk, type Reading } from './reading.ts';

/** What the doctor is to look at. */
export type Asked =
  /** All that the policy declares, and the deployed service. */
  | { readonly kind: 'policy' }
  | ({ readonly kind: 'function' } & FunctionReference)
  | { readonly kind: 'stack'; readonly stack: string };

export type GatherOptions = {
  readonly policy: CompiledPolicy;
  /** What the names of all parts of the service begin with: `dead-letter-reprocessor-STAGE`. */
  readonly service: string;
  readonly nowMs: number;
  readonly notice: (text: string) => void;
};

/** Lambda answers 15 calls a second about its functions, to all of an account together; each look makes some seven. */
const LOOKS_AT_ONCE = 2;

/** Reads of AWS what the checks need. Only reads. */
export async function gather(clients: Clients, asked: Asked, options: GatherOptions): Promise<Facts> {
  const { policy, service, nowMs, notice } = options;
  const chosen = await choose(clients, asked, policy);
  const consumer = await readConsumer(clients, service);
  let looked = 0;
  const each = <T, R>(all: readonly T[], look: (one: T) => Promise<R>): Promise<R[]> =>
    pMap(
      all,
      async (one) => {
        const result = await look(one);
        looked++;
        notice(
          `looked at ${looked} of ${chosen.functions.length + chosen.queues.length + chosen.intakes.length}`,
        );
        return result;
      },
      { concurrency: LOOKS_AT_ONCE },
    );
  const functions = await each(chosen.functions, (one) => readFunction(clients, one, policy, nowMs));
  const queueTargets = await each(chosen.queues, (one) => readQueueTarget(clients, one, policy));
  const intakes = await each(chosen.intakes, (one) => readIntake(clients, one, consumer));
  return {
    functions,
    queueTargets,
    intakes,
    failureQueues: await readFailureQueues(clients, intakes),
    service: asked.kind === 'policy' ? await readService(clients, service, consumer) : null,
  };
}

type Chosen = {
  readonly functions: readonly ChosenFunction[];
  readonly queues: readonly QueueTarget[];
  readonly intakes: readonly IntakePolicy[];
};

async function choose(clients: Clients, asked: Asked, policy: CompiledPolicy): Promise<Chosen> {
  switch (asked.kind) {
    case 'policy':
      return {
        functions: policy.targets
          .filter((target) => target.kind === 'function')
          .flatMap((target) => places(policy, target)),
        queues: policy.targets.filter((target) => target.kind === 'queue'),
        intakes: policy.intakes,
      };
    case 'function': {
      const { functionName, qualifier } = asked;
      const target = declared(policy, functionName).find((one) => one.qualifier === qualifier) ?? null;
      return withIntakes(policy, [{ functionName, qualifier, target }]);
    }
    case 'stack': {
      const names = await functionsOfStack(clients, asked.stack);
      return withIntakes(
        policy,
        names.flatMap((name) => ofStack(policy, name)),
      );
    }
  }
}

/** The function as it is called for each of its intakes: a bare name means the account and region of those. */
function places(policy: CompiledPolicy, target: FunctionTarget): readonly ChosenFunction[] {
  const intakes = policy.intakes.filter((intake) => intake.target === target.key);
  const names = intakes.map((intake) => located(target, intake).functionName);
  const distinct = [...new Set(names.length === 0 ? [target.functionName] : names)];
  return distinct.map((functionName) => ({ functionName, qualifier: target.qualifier, target }));
}

function declared(policy: CompiledPolicy, functionName: string): readonly FunctionTarget[] {
  return policy.targets
    .filter((target) => target.kind === 'function')
    .filter((target) => bareName(target.functionName) === bareName(functionName));
}

/** A function of a stack under the qualifiers that the policy declares; alone where it declares none. */
function ofStack(policy: CompiledPolicy, functionName: string): readonly ChosenFunction[] {
  const targets = declared(policy, functionName);
  if (targets.length === 0) return [{ functionName, qualifier: null, target: null }];
  return targets.map((target) => ({ functionName, qualifier: target.qualifier, target }));
}

function withIntakes(policy: CompiledPolicy, functions: readonly ChosenFunction[]): Chosen {
  const keys = new Set(functions.map(({ target }) => target?.key));
  return { functions, queues: [], intakes: policy.intakes.filter((intake) => keys.has(intake.target)) };
}

async function functionsOfStack(
  { cloudFormation: client }: Clients,
  StackName: string,
): Promise<readonly string[]> {
  const names = await ask('cloudformation:ListStackResources', async () => {
    const found: string[] = [];
    for await (const page of paginateListStackResources({ client }, { StackName })) {
      for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
        if (ResourceType === 'AWS::Lambda::Function' && PhysicalResourceId !== undefined)
          found.push(PhysicalResourceId);
      }
    }
    return found;
  });
  if (names.kind === 'unread') {
    throw new Misuse(
      `the stack ${StackName} cannot be read (${names.call}): ${names.text}\nName a stack of this account and region, or single functions with --function.`,
    );
  }
  if (names.value.length === 0) throw new Misuse(`the stack ${StackName} has no function`);
  return names.value;
}

type Located = Consumer & { readonly arn: Reading<string | null> };

async function readConsumer({ lambda }: Clients, service: string): Promise<Located> {
  const name = `${service}-consumer`;
  const configuration = await askFor('lambda:GetFunctionConfiguration', () =>
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })),
  );
  return {
    name,
    prefix: `${service}-`,
    timeoutSeconds: mapReading(configuration, (found) => found?.Timeout ?? null),
    arn: mapReading(configuration, (found) => found?.FunctionArn ?? null),
  };
}

async function readFailureQueues(
  { sqs }: Clients,
  intakes: readonly IntakeFacts[],
): Promise<readonly FailureQueueFacts[]> {
  const arns = intakes.flatMap(({ queue }) => {
    const redrive = queue.kind === 'read' ? queue.value?.redrive : null;
    return redrive === null || redrive === undefined ? [] : [redrive.deadLetterArn];
  });
  return Promise.all(
    [...new Set(arns)].map(async (arn) => ({
      subject: queueName(arn),
      queue: await readQueueByArn(sqs, arn),
    })),
  );
}

async function readService(clients: Clients, service: string, consumer: Located): Promise<ServiceFacts> {
  return {
    functions: await Promise.all([
      readPart(clients, `${service}-consumer`, 'reads the intakes'),
      readPart(clients, `${service}-releaser`, 'brings parked events back'),
      readPart(clients, `${service}-reporter`, 'tells people'),
    ]),
    topics: await Promise.all([
      readNotified(clients, consumer, `${service}-alerts`, 'alerts'),
      readNotified(clients, consumer, `${service}-watch`, 'alarms'),
    ]),
  };
}

async function readPart({ lambda }: Clients, name: string, duty: string): Promise<PartFacts> {
  const found = await askFor('lambda:GetFunctionConfiguration', () =>
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })),
  );
  const exists = mapReading(found, (configuration) => configuration !== null);
  const reservedConcurrency = await thenAsk(exists, async (isThere) =>
    isThere ? readConcurrency(lambda, name) : read(null),
  );
  return { name, duty, exists, reservedConcurrency };
}

/** Topics of the service are where its consumer is. Without that it is not deployed, and has none. */
async function readNotified(
  { sns }: Clients,
  { arn }: Located,
  name: string,
  tells: NotifiedFacts['tells'],
): Promise<NotifiedFacts> {
  const topic = await thenAsk(arn, async (found) => {
    if (found === null) return read(null);
    const [, partition, , region, account] = found.split(':');
    return readTopic(sns, `arn:${partition}:sns:${region}:${account}:${name}`);
  });
  return { name, tells, topic };
}
