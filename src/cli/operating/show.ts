import type { LogLine } from '../../aws/function-logs.ts';
import { formatArchiveId, type Placement } from '../../recovery/archive-entry.ts';
import { attemptResult, type AttemptResult } from '../../recovery/attempts.ts';
import type { ErrorEvidence } from '../../recovery/dead-event.ts';
import { targetOf } from '../../recovery/intakes.ts';
import { isoMs } from '../../recovery/letter.ts';
import { payloadSha256 } from '../../recovery/payload.ts';
import type { CompiledPolicy, FunctionTarget } from '../../recovery/policy.ts';
import { revive } from '../../recovery/release/revive.ts';
import type { Desk } from './desk.ts';
import { eventView, placementOf, type EventView, type FiledEvent } from './events.ts';
import { findEvent, type Found } from './find-event.ts';
import { isoOf, isoOrNull, parkedIn, viewOf, type GroupView } from './groups.ts';
import { logLink } from './log-link.ts';
import type { ScanTold } from './scan.ts';

/** All that is known of one event. The keys are an interface. */
export type EventStory = EventView & {
  /** As it died last, unmasked: error texts quote payloads. */
  readonly error: ErrorEvidence;
  /** Its first death that was seen. */
  readonly origin: string;
  /** Who has the event now, by the ledger's word on this death; null where that is not known any more. */
  readonly standing: { readonly ending: string | null; readonly at: string | null } | null;
  /** Every place that it was filed in, oldest first; only the one that was asked for, where it was asked for by its place. */
  readonly filed: readonly Filing[];
  /** Its re-invocations, in their order. */
  readonly attempts: readonly AttemptView[];
  /** Its group, where that is not simply flowing. */
  readonly circuit: GroupView | null;
  readonly payload: PayloadView;
  /** Where the event still is, when the record does not hold it. */
  readonly elsewhere: Readonly<Record<string, string>> | null;
  /** What the function wrote about this death; null where it was no function's, or has no request id. */
  readonly logs: LogView | null;
};

export type Filing = {
  readonly id: string;
  readonly placement: Placement | null;
  readonly group: string | null;
  readonly reason: string;
  readonly archivedAt: string;
};

export type AttemptView = {
  readonly reinvocation: number;
  readonly at: string;
  /** The target's, or of a queue the message's; null where the call has had no answer. */
  readonly requestId: string | null;
  readonly result: AttemptResult;
  /** Until when its death can come back; null where the call itself tells. */
  readonly openUntil: string | null;
  /** The group in whose release it was made; null where the intake made it. */
  readonly release: string | null;
  /** Link to what the function wrote; null where there is none. */
  readonly log: string | null;
};

export type PayloadView =
  | {
      readonly kind: 'present';
      readonly sizeBytes: number;
      readonly source: string;
      readonly credentials: string | null;
      readonly sha256: string;
      /** Byte for byte, only where it was asked for. */
      readonly text?: string;
    }
  | { readonly kind: 'absent'; readonly reason: string };

export type LogView = {
  readonly group: string;
  readonly link: string;
  /** Only where they were asked for. */
  readonly lines?: readonly LogLine[];
};

export type ShowQuery = {
  readonly id: string;
  /** From when on the archive is read through for an id that is no place in it, epoch milliseconds. */
  readonly sinceMs: number;
  readonly payload: boolean;
  readonly logs: boolean;
  readonly nowMs: number;
};

/** Gathers all that is known of an event. Throws a Misuse when there is no such event. */
export async function storyOf(
  desk: Desk,
  policy: CompiledPolicy,
  query: ShowQuery,
  told: ScanTold,
): Promise<EventStory> {
  const found = await findEvent(desk, query.id, query.sinceMs, told);
  const { newest } = found;
  const logGroup = await logGroupOf(desk, policy, newest);
  const [attempts, circuit, standing] = await Promise.all([
    attemptsOf(desk, found, query.nowMs, logGroup),
    circuitOf(desk, policy, newest.entry.group),
    desk.operations.deathStanding(newest.entry.deathId),
  ]);
  return {
    ...eventView(newest),
    error: newest.entry.error,
    origin: originOf(newest),
    standing: standing === null ? null : { ending: standing.ending, at: isoOrNull(standing.atMs) },
    filed: found.filings.map(filingOf),
    attempts,
    circuit,
    payload: payloadOf(newest, policy, query.payload),
    elsewhere: newest.entry.elsewhere?.place ?? null,
    logs: await logsOf(desk, newest, logGroup, query.logs ? told : null),
  };
}

function originOf({ entry }: FiledEvent): string {
  return entry.origin ?? entry.deathId;
}

function filingOf({ at, entry: { group, reason, archivedAt } }: FiledEvent): Filing {
  return { id: formatArchiveId(at), placement: placementOf(at), group, reason, archivedAt };
}

async function attemptsOf(
  { operations, deployment }: Desk,
  { newest, filings }: Found,
  nowMs: number,
  logGroup: LogGroup | null,
): Promise<readonly AttemptView[]> {
  const { target, payloadSha256: sha256 } = newest.entry;
  if (target === null || sha256 === null) return [];
  const intents = await operations.attempts({ origin: originOf(newest), target, payloadSha256: sha256 });
  return Promise.all(
    intents.map(async (intent) => {
      const { reinvocation, madeAtMs, requestId, openUntilMs, trial } = intent;
      // A death that is parked at once is filed, and nobody claims it.
      const isDeathKnown =
        requestId !== null &&
        (filings.some(({ entry }) => entry.deathId === requestId) ||
          (await operations.deathStanding(requestId)) !== null);
      const span = { fromMs: madeAtMs - CLOCK_SKEW_MS, untilMs: Math.max(madeAtMs, openUntilMs) + AFTER_MS };
      return {
        reinvocation,
        at: isoOf(madeAtMs),
        requestId,
        result: attemptResult(intent, isDeathKnown, nowMs),
        openUntil: openUntilMs === 0 ? null : isoOf(openUntilMs),
        release: trial?.group ?? null,
        log:
          logGroup === null || requestId === null
            ? null
            : logLink({
                region: logGroup.region ?? deployment.region,
                group: logGroup.name,
                requestId,
                ...span,
              }),
      };
    }),
  );
}

async function circuitOf(
  { circuits, operations }: Desk,
  policy: CompiledPolicy,
  groupKey: string | null,
): Promise<GroupView | null> {
  if (groupKey === null) return null;
  const circuit = (await circuits.live()).circuits.find(({ group }) => group.key === groupKey);
  if (circuit === undefined) return null;
  return viewOf(circuit, await parkedIn(circuits, groupKey), policy, await operations.pauses());
}

function payloadOf({ entry }: FiledEvent, policy: CompiledPolicy, isShown: boolean): PayloadView {
  const payload = revive(entry, policy)?.event.payload ?? { kind: 'absent', reason: 'unreadable-record' };
  if (payload.kind === 'absent') return { kind: 'absent', reason: payload.reason };
  const { sizeBytes, source, credentials, text } = payload;
  const told = { kind: payload.kind, sizeBytes, source, credentials, sha256: payloadSha256(payload) };
  return isShown ? { ...told, text } : told;
}

type LogGroup = { readonly name: string; /** Null = the deployment's. */ readonly region: string | null };

/** Null where the target is no function that the policy declares. */
async function logGroupOf(
  { logs }: Desk,
  policy: CompiledPolicy,
  { entry }: FiledEvent,
): Promise<LogGroup | null> {
  const target = targetOf(policy, entry.target);
  if (target?.kind !== 'function') return null;
  return { name: await logs.groupOf(target.functionName), region: regionIn(target) };
}

function regionIn({ functionName }: FunctionTarget): string | null {
  return /^arn:[^:]+:lambda:([^:]+):/.exec(functionName)?.[1] ?? null;
}

/** Lambda hands an asynchronous event over for up to six hours, and writes its last line within the function's fifteen minutes. */
const BEFORE_MS = 6 * 3_600_000;
const AFTER_MS = 15 * 60_000;
const CLOCK_SKEW_MS = 60_000;

/** More is not read, it is looked at in the console. */
const MOST_LINES = 1000;

/** `told`: of what cannot be read; null where the lines are not wanted. */
async function logsOf(
  { logs, deployment }: Desk,
  { entry }: FiledEvent,
  logGroup: LogGroup | null,
  told: ScanTold | null,
): Promise<LogView | null> {
  // Of other forms the id is a message's, which no function has written.
  const hasRequestId = entry.form === 'lambda-dlq' || entry.form === 'lambda-destination';
  if (logGroup === null || !hasRequestId) return null;
  const diedMs = isoMs(entry.diedAt ?? entry.archivedAt) ?? 0;
  const search = {
    group: logGroup.name,
    requestId: entry.deathId,
    fromMs: diedMs - BEFORE_MS,
    untilMs: diedMs + AFTER_MS,
  };
  const link = logLink({ ...search, region: logGroup.region ?? deployment.region });
  const view = { group: logGroup.name, link };
  if (told === null) return view;
  try {
    return { ...view, lines: await logs.lines(search, MOST_LINES) };
  } catch (error) {
    // The log is one part of the story: it keeps no other back.
    told.onUnreadable(`the log group ${logGroup.name}`, error);
    return view;
  }
}
