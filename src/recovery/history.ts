import type { History } from './decide.ts';
import type { Intent } from './ports.ts';

/**
 * An intent as the ledger holds it: `requestId` is null until the target is known to have accepted it. `died`: the call itself
 * has shown that it came to nothing.
 */
export type RecordedIntent = Intent & { readonly requestId: string | null; readonly died: boolean };

/** What the ledger knows under a request id that the target accepted. */
export type AcceptedRequest = Pick<Intent, 'origin' | 'reinvocation' | 'trial'>;

/**
 * Works out an event's earlier life from what the ledger holds.
 *
 * `byRequest`: the re-invocation accepted under this death's own id, null when none is known.
 * `intents`: all intents recorded for the same target and payload.
 *
 * A death under an unknown id may be that of a re-invocation whose id was never stored (a crash after the call, two
 * ids for one call): it is tied to an intent of the same target and payload whose death could still come when it died,
 * however late it is read. Identical payloads therefore share a count, which is the safe side: the other side is an
 * unbounded loop.
 */
export function historyOf(
  { deathId, diedAtMs }: { readonly deathId: string; readonly diedAtMs: number },
  byRequest: AcceptedRequest | null,
  intents: readonly RecordedIntent[],
): History {
  const answering = intents.filter((intent) => intent.deathId === deathId);
  const last = latest(answering);
  if (last !== null) {
    return {
      origin: last.origin,
      reinvocations: last.reinvocation,
      diedAgain: last.origin !== deathId,
      acceptedAs: answering.find(({ requestId, died }) => requestId !== null && !died)?.requestId ?? null,
      trial: null,
    };
  }
  const earlier = byRequest ?? latest(intents.filter((intent) => isOpenAt(intent, diedAtMs)));
  if (earlier === null) return newcomer(deathId);
  const ofOrigin = latest(intents.filter((intent) => intent.origin === earlier.origin));
  return {
    origin: earlier.origin,
    reinvocations: Math.max(earlier.reinvocation, ofOrigin?.reinvocation ?? 0),
    diedAgain: true,
    acceptedAs: null,
    trial: earlier.trial,
  };
}

/** Clocks of AWS's services differ by less; a dead letter of a queue that was sent before the intent is not its death. */
const CLOCK_SKEW_MS = 60_000;

function isOpenAt({ madeAtMs, openUntilMs }: RecordedIntent, diedAtMs: number): boolean {
  return diedAtMs >= madeAtMs - CLOCK_SKEW_MS && diedAtMs <= openUntilMs;
}

/** The history of an event of which nothing is known. */
export function newcomer(deathId: string): History {
  return { origin: deathId, reinvocations: 0, diedAgain: false, acceptedAs: null, trial: null };
}

function latest(intents: readonly RecordedIntent[]): RecordedIntent | null {
  return intents.reduce<RecordedIntent | null>(
    (best, intent) => (best === null || intent.reinvocation > best.reinvocation ? intent : best),
    null,
  );
}
