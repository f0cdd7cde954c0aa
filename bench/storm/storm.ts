import type { CompiledPolicy } from '../../src/recovery/policy.ts';

/** One cause of death at one target. */
export type StormCause = {
  /** Key and name of the target's function. */
  readonly target: string;
  /** The error's text of the event with that number. */
  readonly messageOf: (n: number) => string;
  /** From when on the target does its events, in milliseconds from the storm's beginning; null = not in this storm. */
  readonly mendedAtMs: number | null;
};

/** A new version of a target's code, whether or not it mends anything. */
export type Deployment = { readonly target: string; readonly atMs: number };

/** A storm: so many events die, evenly over some time, of causes in turn. */
export type Storm = {
  readonly name: string;
  readonly events: number;
  readonly dyingMs: number;
  /** The causes of event 0, 1, 2 …, again and again; target number i of all has the causes i, i + targets, … */
  readonly causes: readonly StormCause[];
  readonly targets: readonly string[];
  readonly deployments: readonly Deployment[];
  readonly policy: CompiledPolicy;
  /** The share of calls to ports that fail. */
  readonly faultShare: number;
  /** At least so long it is watched, and so long at most. */
  readonly leastMs: number;
  readonly mostMs: number;
};

export function causeOf({ causes }: Storm, n: number): StormCause {
  const cause = causes[n % causes.length];
  if (cause === undefined) throw new Error('a storm needs a cause');
  return cause;
}

/** How many events have a cause that is mended by then, and when the last of these causes was; times from the storm's beginning. */
export function mendedBy(
  { events, causes }: Storm,
  untilMs: number,
): { readonly events: number; readonly lastAtMs: number | null } {
  const times = causes.map(({ mendedAtMs }) =>
    mendedAtMs !== null && mendedAtMs <= untilMs ? mendedAtMs : null,
  );
  const known = times.filter((time) => time !== null);
  const whole = Math.floor(events / causes.length);
  const rest = times.slice(0, events % causes.length).filter((time) => time !== null);
  return {
    events: whole * known.length + rest.length,
    lastAtMs: known.length === 0 ? null : Math.max(...known),
  };
}

/** When event `n` dies, in milliseconds from the storm's beginning. */
export function diesAtMs({ events, dyingMs }: Storm, n: number): number {
  return Math.floor((n * dyingMs) / events);
}

const REST = ',"lines":[' + '{"sku":"A-1000","quantity":3,"cents":1999},'.repeat(22) + '{"sku":"B-1"}]}';

/** The payload of event `n`, about a kilobyte. */
export function payloadOf(n: number): string {
  return `{"n":${n}${REST}`;
}

/** The number of the event with that payload. */
export function numberOf(payload: string): number {
  return Number(payload.slice('{"n":'.length, payload.indexOf(',')));
}

/** Whether the payload is, byte for byte, what died. */
export function isUntouched(payload: string): boolean {
  return payload === payloadOf(numberOf(payload));
}
