import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import type { Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forwardTo, Front, withQueueUrls, type AfterCall } from './front.ts';
import { AsyncQueue } from './lambda/async-queue.ts';
import { ExecutionEnvironment } from './lambda/execution-environment.ts';
import { defineFunction, type FunctionDefinition, type Unpack } from './lambda/function-definition.ts';
import { handOver } from './lambda/hand-over.ts';
import { HostedFunction } from './lambda/hosted-function.ts';
import { lambdaApi } from './lambda/lambda-api.ts';
import { LambdaService, type InvocationRecord } from './lambda/lambda-service.ts';
import { unpack } from './lambda/unpack.ts';
import { defineMapping, EventSourceMapping, type MappingDefinition } from './mapping/event-source-mapping.ts';
import { withMappingList, type ListedMapping } from './mapping/mapping-list.ts';
import { schedulesOf, startSchedules } from './schedules.ts';
import { withRedriveSource } from './redrive-source.ts';
import { CREDENTIALS, sdkSettings } from './sdk-settings.ts';
import { takeEveryCharacter } from './sqs-characters.ts';
import { createBuckets, createQueues, createTables, createTopics, type Clients } from './stores.ts';
import { functionSubscribers, withFunctionSubscribers } from './topic-subscribers.ts';
import { physicalName, readTemplate, type Account, type Resource } from './template/read-template.ts';

export type { InvocationRecord } from './lambda/lambda-service.ts';

export type LocalAwsOptions = {
  /** Output folder of `sls package`. */
  readonly packageDir: string;
  /** Folder to unpack code in; default: one of its own, which it removes when it stops. */
  readonly scratchDir?: string;
  /** Divides what Lambda itself waits, nothing else: queues and functions run in real time. Default 1. */
  readonly lambdaSpeed?: number;
  readonly region?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Whether the event source mappings poll and the schedules run. Default true. */
  readonly triggers?: boolean;
  /** Changes the template before it is brought up, for tests. */
  readonly editTemplate?: (template: unknown) => unknown;
  /** Awaited before the answer of a call goes back to its caller: tests crash a process there. */
  readonly afterCall?: AfterCall;
  readonly onProgress?: (line: string) => void;
};

export type LocalAws = {
  /** `http://127.0.0.1:PORT`, for SQS, SNS, S3, DynamoDB, Lambda, and STS's word on who calls. */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** Variables that point an AWS SDK at it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Resource types of the template that it passes over, since they do not change how events travel. */
  readonly ignoredTypes: readonly string[];
  readonly functionNames: readonly string[];
  readonly queueNames: readonly string[];
  /** Every run of a function so far. */
  invocations(): readonly InvocationRecord[];
  /** Calls back when a run starts and when it ends; gives the way to stop that. */
  onInvocation(listener: (record: InvocationRecord) => void): () => void;
  /** Calls back with each line that a function writes; gives the way to stop that. */
  onLogLine(listener: (functionName: string, line: string) => void): () => void;
  /** Lets this process end, however it ends, although the local AWS is still up. */
  unref(): void;
  /** Kills a function's processes, as the loss of their sandbox would. */
  killEnvironments(functionName: string): Promise<void>;
  /** Ends every poller, process and server, and removes what was unpacked. */
  stop(): Promise<void>;
};

const ACCOUNT_ID = '000000000000'; // the account of the SQS stand-in; it knows no other
const DEFAULT_REGION = 'eu-west-1';
const TEMPLATE = 'cloudformation-template-update-stack.json';

/**
 * Brings up a local AWS from a packaged stack, on loopback only. Rejects, naming the resource, when the template holds
 * something whose behaviour it would not have.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
    closers.length = 0;
  };
  try {
    return await bringUp(options, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  options: LocalAwsOptions,
  closers: (() => Promise<unknown> | void)[],
  stop: () => Promise<void>,
): Promise<LocalAws> {
  const { region = DEFAULT_REGION, onProgress = () => {}, afterCall = () => {} } = options;
  const front = new Front(afterCall);
  closers.push(() => front.close());
  const port = await front.listen(options.port ?? 0);
  const account: Account = { region, accountId: ACCOUNT_ID, endpoint: `http://127.0.0.1:${port}` };
  const servers = await startStores(front, account, closers);
  const { resources, ignoredTypes } = readTemplate(await templateOf(options), account);
  const clients = clientsOf(account, closers);
  await createQueues(clients.sqs, resources);
  await createTopics(clients.sns, resources);
  await createBuckets(clients.s3, resources);
  await createTables(clients.dynamo, resources);

  const environment = environmentOf(account);
  const logListeners = new Set<(functionName: string, line: string) => void>();
  const codeRoot = await mkdtemp(join(options.scratchDir ?? tmpdir(), 'local-lambda-'));
  closers.push(() => rm(codeRoot, { recursive: true, force: true }));
  const unpackNew: Unpack = (zip) => unpack(zip, join(codeRoot, 'code-'));
  const functions = await functionsOf(options.packageDir, resources, account, unpackNew, (name, line) => {
    for (const listener of logListeners) listener(name, line);
  });
  const lambda = new LambdaService(functions);
  closers.push(() => lambda.stop());
  const speed = options.lambdaSpeed ?? 1;
  const queue = new AsyncQueue(lambda, {
    speed,
    deliver: (message) => handOver(clients, message),
    report: onProgress,
  });
  closers.push(() => queue.stop());
  front.register('lambda', lambdaApi(lambda, queue, unpackNew));
  front.extend('sns', (sns) =>
    withFunctionSubscribers(sns, functionSubscribers(resources), { lambda, queue }),
  );
  const schedules = schedulesOf(resources);
  if (options.triggers !== false) {
    closers.push(startSchedules(schedules, { speed, account, lambda, queue }));
  }
  const mappings = await startMappings(resources, {
    options,
    account,
    clients,
    lambda,
    closers,
    report: onProgress,
  });
  front.extend('lambda', (api) => withMappingList(api, mappings, functionArnPrefix(account)));
  onProgress(
    `the local AWS is up on ${account.endpoint}; it passes over ${ignoredTypes.join(', ') || 'nothing'}`,
  );
  return {
    endpoint: account.endpoint,
    region,
    accountId: ACCOUNT_ID,
    environment,
    ignoredTypes,
    functionNames: [...functions.keys()],
    queueNames: resources
      .filter(({ type }) => type === 'AWS::SQS::Queue')
      .map(({ logicalId, properties }) => physicalName(logicalId, properties)),
    invocations: () => lambda.records,
    onInvocation: (listener) => subscribe(lambda.listeners, listener),
    onLogLine: (listener) => subscribe(logListeners, listener),
    unref: () => {
      front.unref();
      for (const server of servers) server.unref();
    },
    killEnvironments: (functionName) => lambda.killEnvironments(functionName),
    stop,
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function templateOf({ packageDir, editTemplate }: LocalAwsOptions): Promise<unknown> {
  const template: unknown = JSON.parse(await readFile(join(packageDir, TEMPLATE), 'utf8'));
  return editTemplate === undefined ? template : editTemplate(template);
}

async function startStores(
  front: Front,
  { region, endpoint }: Account,
  closers: (() => Promise<unknown> | void)[],
): Promise<readonly Server[]> {
  takeEveryCharacter();
  const queues = buildApp({ logger: false, defaultRegion: region });
  await queues.listen({ host: '127.0.0.1', port: 0 });
  closers.push(() => queues.close());
  const table = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => table.listen(0, '127.0.0.1', resolve));
  closers.push(() => closeServer(table));
  for (const [server, services] of [
    [queues.server, ['sqs', 'sns', 's3', 'sts']],
    [table, ['dynamodb']],
  ] as const) {
    const { service, close } = forwardTo(portOf(server));
    closers.push(close);
    for (const name of services) {
      const isSqs = name === 'sqs';
      front.register(
        name,
        isSqs
          ? withRedriveSource(withQueueUrls(service, endpoint), `arn:aws:sqs:${region}:${ACCOUNT_ID}:`)
          : service,
      );
    }
  }
  return [queues.server, table];
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null)
    throw new Error('a server of the local AWS has no port');
  return address.port;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function clientsOf(account: Account, closers: (() => Promise<unknown> | void)[]): Clients {
  const settings = sdkSettings(account);
  const clients = {
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
    sns: new SNSClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    dynamo: new DynamoDBClient(settings),
  };
  closers.push(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return clients;
}

function environmentOf({ region, endpoint }: Account): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
}

async function functionsOf(
  packageDir: string,
  resources: readonly Resource[],
  account: Account,
  unpackNew: Unpack,
  onLine: (functionName: string, line: string) => void,
): Promise<ReadonlyMap<string, HostedFunction>> {
  const runtimeEnvironment = environmentOf(account);
  const start = (definition: FunctionDefinition): ExecutionEnvironment =>
    new ExecutionEnvironment(definition, runtimeEnvironment, (line) => onLine(definition.name, line));
  const functions = new Map<string, HostedFunction>();
  for (const resource of resources.filter(({ type }) => type === 'AWS::Lambda::Function')) {
    const defined = await defineFunction(resource, {
      arnPrefix: functionArnPrefix(account),
      resources,
      packageDir,
      unpack: unpackNew,
    });
    functions.set(defined.definition.name, new HostedFunction(defined, start));
  }
  return functions;
}

function functionArnPrefix({ region, accountId }: Account): string {
  return `arn:aws:lambda:${region}:${accountId}:function:`;
}

type MappingParts = {
  readonly options: LocalAwsOptions;
  readonly account: Account;
  readonly clients: Clients;
  readonly lambda: LambdaService;
  readonly closers: (() => Promise<unknown> | void)[];
  readonly report: (line: string) => void;
};

async function startMappings(
  resources: readonly Resource[],
  parts: MappingParts,
): Promise<readonly ListedMapping[]> {
  const { options, account, clients, lambda, closers, report } = parts;
  const mappings: EventSourceMapping[] = [];
  const listed: ListedMapping[] = [];
  for (const resource of resources.filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')) {
    const definition = defineMapping(resource);
    const queueUrl = `${account.endpoint}/${account.accountId}/${definition.queueArn.split(':').at(-1)}`;
    await assertVisible(clients.sqs, queueUrl, definition, lambda);
    const polls = definition.enabled && options.triggers !== false;
    listed.push({ ...definition, polls });
    if (!polls) continue;
    mappings.push(
      new EventSourceMapping(definition, {
        queueUrl,
        region: account.region,
        sqs: clients.sqs,
        lambda,
        report,
      }),
    );
  }
  for (const mapping of mappings) mapping.start();
  closers.push(() => Promise.all(mappings.map((mapping) => mapping.stop())));
  return listed;
}

/** Lambda refuses a mapping whose messages would come back while the function still runs. */
async function assertVisible(
  sqs: SQSClient,
  queueUrl: string,
  { functionName }: MappingDefinition,
  lambda: LambdaService,
): Promise<void> {
  const called = lambda.find(functionName, null);
  if (called === null) throw new Error(`a mapping names ${functionName}, which the template does not have`);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] }),
  );
  const visibility = Number(Attributes?.['VisibilityTimeout']);
  const { timeoutSeconds } = called.pool.definition;
  if (visibility < timeoutSeconds) {
    throw new Error(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
    );
  }
}
