import type { CompiledPolicy, FunctionTarget } from '../../src/recovery/policy.ts';
import { testFunction, testIntake, testPolicy } from '../../test/support/test-policy.ts';
import { queueName } from './storm-queue.ts';
import type { Storm, StormCause } from './storm.ts';

/** The storms of this bench. Each has a size of its own, which a run may make smaller. */

const MINUTE_MS = 60_000;
const MILLION = 1_000_000;

/** A million in ten minutes: smaller storms die as fast, and are over sooner. */
const DYING_MS_PER_MILLION = 10 * MINUTE_MS;
const DOWN_MS = 30 * MINUTE_MS;
/** What the policy allows for a million; smaller storms are brought back in as long a time. */
const RATE_PER_MILLION = 500;
const CONCURRENCY = 100;
const LEAST_RATE = 5;
/** Longer than any of these needs. */
const MOST_MS = 6 * 60 * MINUTE_MS;

const REFUSED = 'connect ECONNREFUSED 10.0.0.7:5432';

function policyOf(
  targets: readonly string[],
  ratePerSecond: number,
  invocation: FunctionTarget['invocation'],
): CompiledPolicy {
  const release = { ...testPolicy.defaults.release, ratePerSecond, concurrency: CONCURRENCY };
  return {
    ...testPolicy,
    targets: targets.map((target) => testFunction(target, { invocation, release })),
    intakes: targets.map((target) => testIntake(queueName(target), target)),
  };
}

function rateFor(events: number): number {
  return Math.max(LEAST_RATE, Math.round((RATE_PER_MILLION * events) / MILLION));
}

type Part = Pick<Storm, 'name' | 'events'> & Partial<Storm>;

/** One target and one outage of half an hour, unless something else is said. */
function stormOf(part: Part): Storm {
  return {
    dyingMs: (part.events / MILLION) * DYING_MS_PER_MILLION,
    causes: [{ target: 'orders', messageOf: () => REFUSED, mendedAtMs: DOWN_MS }],
    targets: ['orders'],
    deployments: [],
    policy: policyOf(['orders'], rateFor(part.events), 'auto'),
    faultShare: 0,
    leastMs: 0,
    mostMs: MOST_MS,
    ...part,
  };
}

const mainStorm = (events: number): Storm => stormOf({ name: 'one cause', events });

/** Accepted is not done: each rate is held for as long as a death takes to come back. */
const asynchronousStorm = (events: number): Storm =>
  stormOf({
    name: 'an asynchronous target',
    events,
    policy: policyOf(['orders'], RATE_PER_MILLION, 'async'),
  });

/** An outage that speaks with a new text each time. */
const manyTextsStorm = (events: number): Storm =>
  stormOf({
    name: 'one outage, another text each time',
    events,
    causes: [
      { target: 'orders', messageOf: (n) => `connection refused by shelf ${wordOf(n)}`, mendedAtMs: DOWN_MS },
    ],
  });

const faultyStorm = (events: number): Storm =>
  stormOf({ name: '1 % of all calls to ports fail', events, faultShare: 0.01 });

const MIXED_CAUSES = 50;
const MIXED_TARGETS = ['billing', 'orders', 'parcels', 'returns', 'stock'] as const;
const MIXED_RATE = 100;
/** Two recover by themselves, and one when its fix is deployed. All others are down for as long as this is watched. */
const RECOVERS_AT_MS: Readonly<Record<number, number>> = {
  5: 20 * MINUTE_MS,
  11: 30 * MINUTE_MS,
  17: 45 * MINUTE_MS,
};
const MIXED_DEPLOYMENTS = [
  // Of a target of which nothing is mended by it: a wrong fix.
  { target: 'stock', atMs: 25 * MINUTE_MS },
  { target: 'orders', atMs: 30 * MINUTE_MS },
];
const MIXED_WATCHED_MS = 75 * MINUTE_MS;

/** Fifty causes at five targets: of each target five that time may mend, and five that need a fix. */
const mixedStorm = (events: number): Storm =>
  stormOf({
    name: '50 causes at 5 targets',
    events,
    dyingMs: DYING_MS_PER_MILLION,
    causes: Array.from({ length: MIXED_CAUSES }, (_, index) => mixedCause(index)),
    targets: MIXED_TARGETS,
    deployments: MIXED_DEPLOYMENTS,
    policy: policyOf(MIXED_TARGETS, MIXED_RATE, 'auto'),
    leastMs: MIXED_WATCHED_MS,
  });

function mixedCause(index: number): StormCause {
  const target = MIXED_TARGETS[index % MIXED_TARGETS.length] ?? MIXED_TARGETS[0];
  const word = wordOf(index);
  const needsFix = Math.floor(index / MIXED_TARGETS.length) % 2 === 0;
  const text = needsFix ? `${word} is not a function` : `connection refused by shelf ${word}`;
  return { target, messageOf: () => text, mendedAtMs: RECOVERS_AT_MS[index] ?? null };
}

const SYLLABLES = 'b c d f g h j k l m n p r s t v w z'
  .split(' ')
  .flatMap((first) => ['a', 'e', 'i', 'o', 'u'].map((second) => first + second));
const SYLLABLES_PER_WORD = 4;

/** A word of its own for each number. */
function wordOf(n: number): string {
  return Array.from({ length: SYLLABLES_PER_WORD }, (_, place) => {
    return SYLLABLES[Math.floor(n / SYLLABLES.length ** place) % SYLLABLES.length] ?? '';
  }).join('');
}

type Scenario = {
  readonly size: number;
  readonly stormOf: (events: number) => Storm;
  /** Whether the aims for one outage of one target hold for it. */
  readonly hasAims: boolean;
  readonly isCompared: boolean;
};

export const SCENARIOS = {
  main: { size: MILLION, stormOf: mainStorm, hasAims: true, isCompared: true },
  asynchronous: { size: 50_000, stormOf: asynchronousStorm, hasAims: false, isCompared: false },
  mixed: { size: 100_000, stormOf: mixedStorm, hasAims: false, isCompared: false },
  manyTexts: { size: 50_000, stormOf: manyTextsStorm, hasAims: true, isCompared: false },
  faulty: { size: 20_000, stormOf: faultyStorm, hasAims: false, isCompared: false },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
