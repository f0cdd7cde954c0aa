import { ownString } from '../../src/recovery/json.ts';
import type { ArchiveEntry } from '../../src/recovery/archive-entry.ts';
import { parseArchiveId } from '../../src/recovery/archive-entry.ts';
import { IN_FLIGHT_LIMIT } from './latencies.ts';
import { mendedBy, numberOf } from './storm.ts';
import type { StormWorld } from './storm-world.ts';

/** What one way of bringing events back came to. Times are in seconds; null = does not apply. */
export type Figures = {
  readonly way: string;
  readonly events: number;
  /** Executions of a target by this way whose cause was not mended. */
  readonly callsToFailingTargets: number;
  /** Calls that the way's own code makes, by service. */
  readonly apiCalls: Readonly<Record<string, number>>;
  /** The intake's alone, for each thousand events that died. */
  readonly intakeCallsPerThousand: number | null;
  /** What Lambda's mapping calls by itself: billed, too. */
  readonly mappingReceives: number;
  readonly mappingDeletes: number;
  readonly alerts: number;
  readonly mostInFlight: number;
  /** Whether that is more than SQS allows; then this way stands still in practice. */
  readonly breaksInFlightLimit: boolean;
  /** Events that could come back, since their cause was mended, and how many did. */
  readonly mended: number;
  readonly back: number;
  /** From the last cause that was mended to the last event that is back. */
  readonly secondsFromFixToAllBack: number | null;
  /** What was brought back a second, from the canary that succeeded to the last event, as a share of the policy's rate. */
  readonly shareOfRate: number | null;
  /** Runs that began in the busiest second. */
  readonly mostRunsPerSecond: number;
  readonly lost: number;
  readonly ranTwice: number;
  readonly dollars: number;
};

/** What the machine itself came to, beside that. */
export type OwnFigures = Figures & {
  readonly batches: number;
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly parked: number;
  readonly archived: number;
  readonly groups: number;
  readonly altered: number;
  readonly faults: number;
  /** Of the events that ran twice, those whose first run was never answered or could not be written down. */
  readonly ranTwiceUnanswered: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly minutes: number;
};

/** What the machine came to in a storm that has passed. */
export async function figuresOf(world: StormWorld): Promise<OwnFigures> {
  const { storm, targets, tally, queues } = world;
  const mostInFlight = Math.max(...queues.map((queue) => queue.mostInFlight));
  const mapping = tally.callsOf('mapping');
  const mended = mendedBy(storm, world.sinceMs);
  const back = targets.doneEvents;
  const filed = await filedEvents(world);
  return {
    way: 'this',
    events: storm.events,
    callsToFailingTargets: targets.failed,
    apiCalls: tally.byService(),
    intakeCallsPerThousand: (tally.totalOf('intake') / storm.events) * 1000,
    mappingReceives: mapping['SQS ReceiveMessage'] ?? 0,
    mappingDeletes: mapping['SQS DeleteMessageBatch'] ?? 0,
    alerts: world.alerts,
    mostInFlight,
    breaksInFlightLimit: mostInFlight > IN_FLIGHT_LIMIT,
    mended: mended.events,
    back,
    secondsFromFixToAllBack:
      back === 0 || mended.lastAtMs === null
        ? null
        : (targets.lastDoneAtMs - world.startedMs - mended.lastAtMs) / 1000,
    shareOfRate: shareOfRate(world),
    mostRunsPerSecond: targets.mostPerSecond,
    lost: targets.done.reduce((lost, runs, n) => lost + Number(runs === 0 && !filed.all.has(n)), 0),
    ranTwice: targets.ranTwice,
    dollars: tally.dollars(),
    batches: world.batches,
    calls: {
      intake: tally.callsOf('intake'),
      releaser: tally.callsOf('releaser'),
      reporter: tally.callsOf('reporter'),
      mapping,
    },
    parked: filed.parked,
    archived: filed.archived,
    groups: world.ledger.circuits.rows.size,
    altered: targets.altered,
    faults: world.faults,
    ranTwiceUnanswered: targets.done.reduce(
      (sum, runs, n) => sum + Number(runs > 1 && world.unanswered.has(n)),
      0,
    ),
    failures: Object.fromEntries(world.failures),
    minutes: world.sinceMs / 60_000,
  };
}

/** Of one target alone: several are released at the same time. */
function shareOfRate({ storm, steps, targets, startedMs }: StormWorld): number | null {
  const [target] = storm.policy.targets;
  const first = steps.find(({ on }) => on === 'canary-succeeded');
  if (storm.targets.length > 1 || target === undefined || first === undefined) return null;
  const seconds = (targets.lastDoneAtMs - startedMs - first.atMs) / 1000;
  return (targets.doneEvents - 1) / seconds / target.release.ratePerSecond;
}

/** What the machine still holds: where a release would find it, or for good. Numbers of events. */
async function filedEvents({ ledger, archive, queues }: StormWorld): Promise<{
  readonly all: ReadonlySet<number>;
  readonly parked: number;
  readonly archived: number;
}> {
  const parked = new Set<number>();
  for (const key of ledger.circuits.rows.keys()) {
    const places = ledger.circuits.parkedIn(key).flatMap((id) => parseArchiveId(id) ?? []);
    for (const entry of await archive.readAll(places)) parked.add(numberIn(entry));
  }
  const archived = new Set(archive.in('archived').map(numberIn));
  const queued = queues.flatMap((queue) => queue.numbers);
  return {
    all: new Set([...parked, ...archived, ...queued]),
    parked: parked.size,
    archived: archived.size,
  };
}

function numberIn({ record }: ArchiveEntry): number {
  return numberOf(ownString(record, 'body') ?? '');
}
