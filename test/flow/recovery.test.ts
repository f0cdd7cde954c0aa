import { describe, expect, test } from '@jest/globals';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { zipSync } from 'fflate';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import { backOf, callsOf, sendCrowd, successesOf, type Crowd } from '../../src/demo/crowd.ts';
import { Dependency } from '../../src/demo/dependency.ts';
import { deploy, mendedPackage } from '../../src/demo/deploy.ts';
import { readJudged } from '../../src/demo/judgements.ts';
import type { LocalAws, LocalAwsOptions } from '../../src/local/local-aws.ts';
import { sdkSettings } from '../../src/local/sdk-settings.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES, startLocalStack } from '../support/local-stack.ts';
import { packageDirOf } from '../support/packaged-stages.ts';

/** Real functions die, what died is parked, and the real releaser brings it back, on its schedule of a second. */

/** On an idle machine none takes more than half a minute. */
const TIMEOUT_MS = 150_000;

type Stack = {
  readonly aws: LocalAws;
  readonly clients: Clients;
  readonly dependency: Dependency;
  readonly ledger: DynamoDBDocumentClient;
  /** Request ids of the events that the consumer says it has parked. */
  readonly parked: ReadonlySet<string>;
  readonly releaserLines: readonly string[];
};

/** A stack whose functions have a dependency that is down. Ten processes of `misnamed` do for hundreds of events. */
async function withStack(
  options: Partial<LocalAwsOptions>,
  work: (stack: Stack) => Promise<void>,
): Promise<void> {
  const dependency = await Dependency.down();
  const aws = await startLocalStack(options);
  const clients = clientsFor(aws);
  const ledger = DynamoDBDocumentClient.from(new DynamoDBClient(sdkSettings(aws)));
  try {
    await clients.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: NAMES.misnamed, ReservedConcurrentExecutions: 10 }),
    );
    const parked = new Set<string>();
    const releaserLines: string[] = [];
    aws.onLogLine((name, line) => {
      const judged = name === NAMES.consumer ? readJudged(line) : null;
      if (judged?.outcome === 'parked') parked.add(judged.origin ?? '');
      if (name === NAMES.releaser) releaserLines.push(line);
    });
    await work({ aws, clients, dependency, ledger, parked, releaserLines });
  } finally {
    ledger.destroy();
    await aws.stop();
    await dependency.stop();
  }
}

/** Gives `misnamed`, which the releaser calls synchronously, the code and handler of `target` from the beginning. */
function withTargetsCode(template: unknown): unknown {
  return JSON.parse(
    JSON.stringify(template)
      .replaceAll('src/handlers/misnamed/handler.handler', 'src/handlers/target/handler.handler')
      .replaceAll('misnamed.zip', 'target.zip'),
  );
}

function areAllBack({ aws }: Stack, sent: Crowd): boolean {
  return backOf(aws.invocations(), sent) === sent.payloads.length;
}

function areAllParked({ parked }: Stack, { requestIds }: Crowd): boolean {
  return [...requestIds].every((id) => parked.has(id));
}

/** Lets the half minute pass after which another may go on where a releaser was killed. */
async function endLeases({ ledger }: Stack): Promise<void> {
  const TableName = NAMES.ledgerTable;
  const { Items = [] } = await ledger.send(new ScanCommand({ TableName }));
  const leases = Items.filter((row) => row['leaseUntilMs'] !== undefined);
  expect(leases.length).toBeGreaterThan(0);
  for (const { pk, sk } of leases) {
    const UpdateExpression = 'SET leaseUntilMs = :past';
    await ledger.send(
      new UpdateCommand({
        TableName,
        Key: { pk, sk },
        UpdateExpression,
        ExpressionAttributeValues: { ':past': 0 },
      }),
    );
  }
}

describe('an outage', () => {
  test(
    'of one cause parks 500 events for ten calls at most, and all come back when it is over',
    () =>
      withStack({ editTemplate: withTargetsCode }, async (stack) => {
        const { dependency } = stack;
        const sent = await sendCrowd(stack.clients, NAMES.misnamed, 500, { do: 'call', url: dependency.url });
        await eventually(
          () => areAllParked(stack, sent) && callsOf(stack.aws.invocations(), sent).length >= 2,
        );
        expect(callsOf(stack.aws.invocations(), sent).length).toBeLessThanOrEqual(10);
        expect(backOf(stack.aws.invocations(), sent)).toBe(0);

        await dependency.recover();
        await eventually(() => areAllBack(stack, sent));
        expect(new Set(successesOf(stack.aws.invocations(), sent).values())).toEqual(new Set([1]));
      }),
    TIMEOUT_MS,
  );
});

/** Of `policy.local.yml`: `maxAttempts`, and the default of `concurrency`. */
const MOST_ATTEMPTS = 4;
const CONCURRENCY = 10;

describe('what is parked', () => {
  test(
    'for a defect waits for a deployment that mends it: one that does not costs three canaries, one that does is tried by one',
    () =>
      withStack({}, async (stack) => {
        const sent = await sendCrowd(stack.clients, NAMES.misnamed, 25, { do: 'return' });
        await eventually(() => areAllParked(stack, sent));
        expect(callsOf(stack.aws.invocations(), sent)).toEqual([]);

        const wrong = 'exports.handle = async () => "still misnamed";';
        const zip = zipSync({ 'src/handlers/misnamed/handler.cjs': Buffer.from(wrong) });
        await deploy(stack.clients, NAMES.misnamed, zip);
        await eventually(() => stack.releaserLines.some((line) => line.includes('"canary-died"')));
        const inVain = callsOf(stack.aws.invocations(), sent);
        expect(inVain.map(({ outcome }) => outcome.kind)).toEqual(['error', 'error', 'error']);

        await deploy(stack.clients, NAMES.misnamed, await mendedPackage(packageDirOf('local')));
        await eventually(() => areAllBack(stack, sent));
        const [canary, ...rest] = callsOf(stack.aws.invocations(), sent).slice(inVain.length);
        const canaryEndedAtMs = canary?.endedAtMs ?? Infinity;
        expect(rest).toHaveLength(sent.payloads.length - 1);
        expect(rest.every(({ startedAtMs }) => startedAtMs >= canaryEndedAtMs)).toBe(true);
      }),
    TIMEOUT_MS,
  );

  test(
    'is not lost when the releaser is killed in the middle of its release, and only what was under way may run twice',
    () =>
      withStack({ editTemplate: withTargetsCode }, async (stack) => {
        const { aws, dependency } = stack;
        const sent = await sendCrowd(stack.clients, NAMES.misnamed, 150, { do: 'call', url: dependency.url });
        await eventually(() => areAllParked(stack, sent));
        await dependency.recover();
        await eventually(() => backOf(stack.aws.invocations(), sent) >= 30);
        await aws.killEnvironments(NAMES.releaser);
        const before = callsOf(stack.aws.invocations(), sent);
        expect(areAllBack(stack, sent)).toBe(false);

        await endLeases(stack);
        await eventually(() => areAllBack(stack, sent));
        const underWay = new Set(before.slice(-CONCURRENCY).map(({ payload }) => payload));
        const repeated = [...successesOf(stack.aws.invocations(), sent)].filter(([, count]) => count > 1);
        expect(repeated.filter(([payload]) => !underWay.has(payload))).toEqual([]);
      }),
    TIMEOUT_MS,
  );

  test(
    'and dies each time is handed over as often as the policy says, then only when a person asks',
    () =>
      withStack({}, async (stack) => {
        const { dependency, ledger } = stack;
        const sent = await sendCrowd(stack.clients, NAMES.target, 1, { do: 'call', url: dependency.url });
        const attempts = (): number =>
          new Set(callsOf(stack.aws.invocations(), sent).map(({ requestId }) => requestId)).size;
        await eventually(() => attempts() === 2);
        await eventually(() => attempts() === MOST_ATTEMPTS);
        let spent: Record<string, unknown> | undefined;
        await eventually(async () => {
          const { Items = [] } = await ledger.send(new ScanCommand({ TableName: NAMES.ledgerTable }));
          spent = Items.find((row) => row['sk'] === 'state' && row['rule'] === 'attempts-spent');
          return spent !== undefined;
        });
        expect(attempts()).toBe(MOST_ATTEMPTS);

        await dependency.recover();
        await ledger.send(
          new UpdateCommand({
            TableName: NAMES.ledgerTable,
            Key: { pk: spent?.['pk'], sk: 'state' },
            UpdateExpression: 'SET asked = :true',
            ExpressionAttributeValues: { ':true': true },
          }),
        );
        await eventually(() => areAllBack(stack, sent));
        expect(attempts()).toBe(MOST_ATTEMPTS + 1);
      }),
    TIMEOUT_MS,
  );
});
