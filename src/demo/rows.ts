import type { InvocationRecord } from '../local/local-aws.ts';
import type { Judged } from './judgements.ts';
import type { EventOutcome } from './scenario.ts';
import type { SentEvent } from './send.ts';

/** One line of the demonstration's table. */
export type Row = {
  readonly event: string;
  readonly form: string | null;
  readonly category: string | null;
  readonly rule: string | null;
  /** The last action that was decided. */
  readonly action: string | null;
  readonly outcome: EventOutcome;
  readonly expected: EventOutcome;
  readonly asExpected: boolean;
};

/** What was seen from outside the product: runs of the target, the archive, the queue; and what the consumer said. */
export type Observation = {
  readonly invocations: readonly InvocationRecord[];
  readonly parked: ReadonlySet<string>;
  readonly archived: ReadonlySet<string>;
  readonly queueIsEmpty: boolean;
  readonly judged: readonly Judged[];
};

/** The row of one event. The outcome is read from outside; only form, category, rule and action are the consumer's word. */
export function rowOf({ scene, payload, ids }: SentEvent, seen: Observation): Row {
  const about = seen.judged.filter((line) => ids.has(line.origin ?? '') || ids.has(line.messageId ?? ''));
  const last = about.findLast((line) => line.action !== undefined);
  const { expected } = scene;
  const row = {
    event: scene.event,
    form: last?.form ?? null,
    category: last?.category ?? null,
    rule: last?.rule ?? null,
    action: last?.action ?? null,
    outcome: outcomeOf(payload, scene.send === 'invoke', seen),
  };
  const asExpected =
    row.form === expected.form &&
    row.category === expected.category &&
    row.rule === expected.rule &&
    row.action === expected.action &&
    row.outcome === expected.outcome;
  return { ...row, expected: expected.outcome, asExpected };
}

function outcomeOf(payload: string, invoked: boolean, seen: Observation): EventOutcome {
  const runs = seen.invocations.filter((record) => record.payload === payload);
  const successes = runs.filter((record) => record.outcome.kind === 'success').length;
  if (successes > 1) return 'repeated';
  if (successes === 1) return invoked && runs.length === 1 ? 'succeeded' : 'recovered';
  if (isKeptIn(seen.parked, payload)) return 'parked';
  if (isKeptIn(seen.archived, payload)) return 'archived';
  const running = runs.some((record) => record.outcome.kind === 'running');
  return running || !seen.queueIsEmpty ? 'waiting' : 'lost';
}

/** A destination record holds the payload within its own text. */
function isKeptIn(bodies: ReadonlySet<string>, payload: string): boolean {
  return bodies.has(payload) || [...bodies].some((body) => body.includes(`"requestPayload":${payload}`));
}
