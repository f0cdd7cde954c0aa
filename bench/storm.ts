import { parseArgs } from 'node:util';
import { aimsOf, type Aim } from './storm/aims.ts';
import type { Figures, OwnFigures } from './storm/figures.ts';
import { aimsTable, callsTable, explanation, figuresTable } from './storm/format.ts';
import { bringBackNaively, NAIVE_WAYS } from './storm/naive.ts';
import { runStorm } from './storm/run-storm.ts';
import { SCENARIOS, type ScenarioName } from './storm/scenarios.ts';
import type { Storm } from './storm/storm.ts';
import { PRICES } from './prices.ts';

/**
 * Storms over the real consumer, releaser and reporter with a simulated clock, beside the usual ways. `npm run bench:storm`; with
 * `-- --json` one JSON object, with `-- --events 20000` each storm no larger than that, with `-- --only main` that one alone.
 */

type Passed = {
  readonly storm: Storm;
  readonly figures: OwnFigures;
  readonly beside: readonly Figures[];
  readonly aims: readonly Aim[];
};

async function pass(name: ScenarioName, mostEvents: number): Promise<Passed> {
  const { size, stormOf, hasAims, isCompared } = SCENARIOS[name];
  const storm = stormOf(Math.min(size, mostEvents));
  const figures = await runStorm(storm);
  const beside = isCompared ? NAIVE_WAYS.map((way) => bringBackNaively(way, outageOf(storm))) : [];
  return { storm, figures, beside, aims: hasAims ? aimsOf(figures) : [] };
}

function outageOf({ events, dyingMs, causes }: Storm): Parameters<typeof bringBackNaively>[1] {
  return {
    events,
    dyingSeconds: dyingMs / 1000,
    mendedAtSecond: (causes[0]?.mendedAtMs ?? 0) / 1000,
  };
}

function namesOf(only: string | undefined): readonly ScenarioName[] {
  const all: readonly ScenarioName[] = ['main', 'asynchronous', 'mixed', 'manyTexts', 'faulty'];
  const wanted = all.filter((name) => only === undefined || name === only);
  if (wanted.length === 0) throw new Error(`--only is one of ${all.join(', ')}`);
  return wanted;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, events: { type: 'string' }, only: { type: 'string' } },
});
const mostEvents = values.events === undefined ? Infinity : Number(values.events);
if (!(mostEvents >= 1)) throw new Error('--events is a number of events');

const results: Record<string, unknown> = {};
for (const name of namesOf(values.only)) {
  const { storm, figures, beside, aims } = await pass(name, mostEvents);
  results[name] = { storm: storm.name, figures, beside, aims };
  if (values.json === true) continue;
  process.stdout.write(`\n${explanation(storm)}\n${figuresTable([figures, ...beside])}\n`);
  process.stdout.write(`${callsTable(figures)}\n`);
  if (aims.length > 0) process.stdout.write(`${aimsTable(aims)}\n`);
}
if (values.json === true) process.stdout.write(`${JSON.stringify({ prices: PRICES, ...results })}\n`);
