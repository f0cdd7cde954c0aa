import { PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalAws } from '../local/local-aws.ts';
import { clientsFor } from './clients.ts';
import { backOf, callsOf, sendCrowd, successesOf, type Crowd } from './crowd.ts';
import { Dependency } from './dependency.ts';
import { deploy, mendedPackage } from './deploy.ts';
import { readJudged, type Judged } from './judgements.ts';
import type { Row } from './rows.ts';

/** What became of a crowd that died of one cause: what a row says of one event, and counts. */
export type CrowdRow = Row & {
  /** How many have died. */
  readonly events: number;
  /** Calls that the service has made before their cause was mended. */
  readonly callsBefore: number;
  /** How many have succeeded since. */
  readonly back: number;
  /** From the mending to the last success. */
  readonly secondsToAllBack: number;
};

/** Of `misnamed`, whose answers the releaser waits for, so that a result is known at once. */
const FUNCTION = 'dead-letter-reprocessor-local-misnamed';
const CONSUMER = 'dead-letter-reprocessor-local-consumer';

const DEFECTS = 24;
const OUTAGE = 300;

/** A machine need not start a process for each of hundreds of events that come at the same time. */
const PROCESSES = 10;
/** While an outage of this length lasts, the policy's probes are fewer. */
const A_HANDFUL = 10;
/** The outage goes on until so many probes have told that it does. */
const PROBES_TO_SEE = 2;

const LOOK_EVERY_MS = 200;
/** Each wait takes a quarter of this on an idle machine. */
const DEADLINE_MS = 60_000;

type Stage = {
  readonly aws: LocalAws;
  readonly clients: ReturnType<typeof clientsFor>;
  readonly judged: readonly Judged[];
  readonly say: (line: string) => void;
};

/** Makes the function ready for crowds, before anything is parked: every change of a target lets the releaser try what is. */
export async function prepareForCrowds(aws: LocalAws): Promise<void> {
  await clientsFor(aws).lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: FUNCTION, ReservedConcurrentExecutions: PROCESSES }),
  );
}

/**
 * Lets `misnamed` die of its missing handler until code with a handler is deployed to it, and then of a dependency that is down
 * until that is up again. `packageDir`: the packaged stack.
 */
export async function playRecovery(
  aws: LocalAws,
  packageDir: string,
  say: (line: string) => void,
): Promise<readonly CrowdRow[]> {
  const judged: Judged[] = [];
  const stop = aws.onLogLine((name, line) => {
    const judgement = name === CONSUMER ? readJudged(line) : null;
    if (judgement !== null) judged.push(judgement);
  });
  try {
    const stage = { aws, clients: clientsFor(aws), judged, say };
    return [await playDefect(stage, packageDir), await playOutage(stage)];
  } finally {
    stop();
  }
}

async function playDefect(stage: Stage, packageDir: string): Promise<CrowdRow> {
  const { clients, say } = stage;
  say(`a defect: ${DEFECTS} events die of the handler that misnamed does not have`);
  const crowd = await sendCrowd(clients, FUNCTION, DEFECTS, { do: 'return' });
  await until(() => areParked(stage, crowd));
  const callsBefore = callsOf(stage.aws.invocations(), crowd).length;
  say(`  ${parkedOf(stage, crowd)} are parked, after ${callsBefore} calls; now its fix is deployed`);
  const sinceMs = Date.now();
  await deploy(clients, FUNCTION, await mendedPackage(packageDir));
  const expected = { category: 'defect', rule: 'lambda-handler-not-found', mostCalls: 0 };
  return seeBack(stage, crowd, { event: 'of a defect', sinceMs, callsBefore, expected });
}

async function playOutage(stage: Stage): Promise<CrowdRow> {
  const { clients, say } = stage;
  const dependency = await Dependency.down();
  try {
    say(`an outage: a dependency goes down, and ${OUTAGE} events die of it`);
    const crowd = await sendCrowd(clients, FUNCTION, OUTAGE, { do: 'call', url: dependency.url });
    const calls = (): number => callsOf(stage.aws.invocations(), crowd).length;
    await until(() => areParked(stage, crowd) && calls() >= PROBES_TO_SEE);
    const callsBefore = calls();
    say(`  ${parkedOf(stage, crowd)} are parked, after ${callsBefore} calls; now the dependency is back`);
    const sinceMs = Date.now();
    await dependency.recover();
    const expected = { category: 'transient', rule: 'connection-refused', mostCalls: A_HANDFUL };
    return await seeBack(stage, crowd, { event: 'of an outage', sinceMs, callsBefore, expected });
  } finally {
    await dependency.stop();
  }
}

type Mended = {
  readonly event: string;
  readonly sinceMs: number;
  readonly callsBefore: number;
  readonly expected: { readonly category: string; readonly rule: string; readonly mostCalls: number };
};

/** Waits until all of a crowd are back, saying how many are. */
async function seeBack(stage: Stage, crowd: Crowd, mended: Mended): Promise<CrowdRow> {
  const events = crowd.payloads.length;
  let told = 0;
  await until(() => {
    const back = backOf(stage.aws.invocations(), crowd);
    // Each doubling, as the release goes.
    if (back > told * 2 || (back === events && back > told)) {
      stage.say(`  back so far: ${back} of ${events}`);
      told = back;
    }
    return back === events;
  });
  const secondsToAllBack = Math.round((Date.now() - mended.sinceMs) / 1000);
  return crowdRowOf(stage, crowd, mended, secondsToAllBack);
}

function crowdRowOf(stage: Stage, crowd: Crowd, mended: Mended, secondsToAllBack: number): CrowdRow {
  const { event, callsBefore, expected } = mended;
  const events = crowd.payloads.length;
  const about = stage.judged.findLast(
    ({ origin, action }) => action !== undefined && crowd.requestIds.has(origin ?? ''),
  );
  const counts = [...successesOf(stage.aws.invocations(), crowd).values()];
  const back = counts.filter((count) => count > 0).length;
  const outcome = back < events ? 'waiting' : counts.some((count) => count > 1) ? 'repeated' : 'recovered';
  const { form = null, category = null, rule = null, action = null } = about ?? {};
  return {
    event: `${events} events die ${event}`,
    form,
    category,
    rule,
    action,
    outcome,
    expected: 'recovered',
    asExpected:
      outcome === 'recovered' &&
      category === expected.category &&
      rule === expected.rule &&
      callsBefore <= expected.mostCalls,
    events,
    callsBefore,
    back,
    secondsToAllBack,
  };
}

function parkedOf({ judged }: Stage, { requestIds }: Crowd): number {
  const parked = judged.filter(({ origin, outcome }) => outcome === 'parked' && requestIds.has(origin ?? ''));
  return new Set(parked.map(({ origin }) => origin)).size;
}

function areParked(stage: Stage, crowd: Crowd): boolean {
  return parkedOf(stage, crowd) === crowd.payloads.length;
}

/** Waits until the condition holds, or its time is over: what has not come true then is shown as it stands. */
async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + DEADLINE_MS;
  while (!condition() && Date.now() < deadlineMs) await delay(LOOK_EVERY_MS);
}
