import type { Figures } from './figures.ts';
import { IN_FLIGHT_LIMIT, RETRY_WAITS_MS, TARGET_FAILURE_MS } from './latencies.ts';
import { Tally } from './tally.ts';

/**
 * The usual ways, each with a consumer that hands every dead event to its target again, asynchronously as a dead-letter queue's
 * target is called: three executions, and back into the queue when all have failed. Simulated by the second, all events of a
 * second alike. None loses an event: each tries until it works, which is kinder than their usual three tries.
 */

export type Outage = {
  readonly events: number;
  readonly dyingSeconds: number;
  readonly mendedAtSecond: number;
};

/** `delaySeconds`: of the try after so many deaths, from 1. `perSecond`: hand-overs a second at most, null = as they are due. */
export type Naive = {
  readonly way: string;
  readonly delaySeconds: (deaths: number) => number;
  readonly perSecond: number | null;
};

/** A task of SQS that redrives moves at most so many messages a second. Source: SQS API reference, StartMessageMoveTask. */
const REDRIVEN_PER_SECOND = 500;
const FIXED_SECONDS = 5 * 60;
const BACKOFF_FIRST_SECONDS = 30;
/** SQS delays a message for 15 minutes at most, and so does the sample. */
const BACKOFF_MOST_SECONDS = 15 * 60;

export const NAIVE_WAYS: readonly Naive[] = [
  {
    way: `redrive at once, ${REDRIVEN_PER_SECOND} a second`,
    delaySeconds: () => 0,
    perSecond: REDRIVEN_PER_SECOND,
  },
  { way: 'fixed delay of 5 min', delaySeconds: () => FIXED_SECONDS, perSecond: null },
  {
    way: 'backoff from 30 s to 15 min',
    delaySeconds: (deaths) => Math.min(BACKOFF_FIRST_SECONDS * 2 ** (deaths - 1), BACKOFF_MOST_SECONDS),
    perSecond: null,
  },
];

/** What a consumer of these needs: SQS's default batch, ten calls at the same time, and its memory. */
const BATCH = 10;
const CONSUMER_MS = 30;
const CONSUMER_MEGABYTES = 512;
const TARGET_MEGABYTES = 128;
/** An alarm on the depth of the queue. */
const ALARMS = 1;
const LONGEST_SECONDS = 24 * 3600;

/** Messages that are due at a second, by how often they have died. */
type Due = Map<number, Map<number, number>>;

/** Lets one of these ways bring an outage's events back. */
export function bringBackNaively({ way, delaySeconds, perSecond }: Naive, outage: Outage): Figures {
  const retries = RETRY_WAITS_MS.map((ms) => ms / 1000);
  const due: Due = new Map();
  const runs = new Map<number, number>();
  const tally = new Tally();
  let [failed, back, lastBackAt, waiting, mostInFlight] = [0, 0, 0, 0, 0];
  const waits: number[] = [];
  const backlog = new Map<number, number>();

  const dies = (second: number, deaths: number, count: number): void => {
    const at = second + delaySeconds(deaths);
    const ofSecond = due.get(at) ?? new Map<number, number>();
    ofSecond.set(deaths, (ofSecond.get(deaths) ?? 0) + count);
    due.set(at, ofSecond);
    // The first look, which hides it until it is due.
    if (at > second) {
      received(tally, count);
      tally.count('intake', { api: 'SQS ChangeMessageVisibilityBatch' }, Math.ceil(count / BATCH));
      waits[second] = (waits[second] ?? 0) + count;
      waits[at] = (waits[at] ?? 0) - count;
    }
  };
  const isTried = (second: number, count: number): void => {
    runs.set(second, (runs.get(second) ?? 0) + count);
  };
  const handOver = (second: number, deaths: number, count: number): void => {
    received(tally, count);
    tally.count('mapping', { api: 'SQS DeleteMessageBatch' }, Math.ceil(count / BATCH));
    tally.count('intake', { api: 'Lambda Invoke (async)' }, count);
    let at = second;
    for (const wait of [0, ...retries]) {
      at += wait;
      isTried(at, count);
      if (at >= outage.mendedAtSecond) {
        back += count;
        lastBackAt = Math.max(lastBackAt, at);
        return;
      }
      failed += count;
    }
    tally.countQueueRequests(count);
    dies(at, deaths + 1, count);
  };

  let died = 0;
  for (let second = 0; back < outage.events && second < LONGEST_SECONDS; second++) {
    const total = Math.min(outage.events, Math.floor(((second + 1) * outage.events) / outage.dyingSeconds));
    if (total > died) dies(second, 1, total - died);
    died = Math.max(died, total);
    for (const [deaths, count] of due.get(second) ?? []) {
      backlog.set(deaths, (backlog.get(deaths) ?? 0) + count);
    }
    due.delete(second);
    let room = perSecond ?? Infinity;
    for (const [deaths, count] of [...backlog].toSorted(([a], [b]) => b - a)) {
      const taken = Math.min(room, count);
      if (taken === 0) continue;
      room -= taken;
      backlog.set(deaths, count - taken);
      handOver(second, deaths, taken);
    }
    waiting += waits[second] ?? 0;
    mostInFlight = Math.max(mostInFlight, waiting);
  }

  tally.countRuns(failed, TARGET_MEGABYTES, TARGET_FAILURE_MS);
  const { 'SQS ReceiveMessage': receives = 0, 'SQS DeleteMessageBatch': deletes = 0 } =
    tally.callsOf('mapping');
  tally.countRuns(receives, CONSUMER_MEGABYTES, CONSUMER_MS);
  return {
    way,
    events: outage.events,
    callsToFailingTargets: failed,
    apiCalls: tally.byService(),
    intakeCallsPerThousand: (tally.totalOf('intake') / outage.events) * 1000,
    mappingReceives: receives,
    mappingDeletes: deletes,
    alerts: ALARMS,
    mostInFlight,
    breaksInFlightLimit: mostInFlight > IN_FLIGHT_LIMIT,
    mended: outage.events,
    back,
    secondsFromFixToAllBack: lastBackAt - outage.mendedAtSecond,
    shareOfRate: null,
    mostRunsPerSecond: [...runs.values()].reduce((most, count) => Math.max(most, count), 0),
    lost: 0,
    ranTwice: 0,
    dollars: tally.dollars(),
  };
}

function received(tally: Tally, count: number): void {
  tally.count('mapping', { api: 'SQS ReceiveMessage' }, Math.ceil(count / BATCH));
}
