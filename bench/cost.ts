import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { packageStack } from '../src/local/package-stack.ts';
import { dlqRecord } from '../test/support/dlq-record.ts';
import { SimulatedWorld } from '../test/support/simulated-world.ts';
import { PRICES } from './prices.ts';

/**
 * What the stack costs while nothing happens, counted from the packaged template, and which calls a thousand dead events
 * of one parked cause make. `npm run bench:cost`; with `-- --json` one JSON object.
 */

const MONTH_SECONDS = 30 * 86_400;
/** Lambda begins with five pollers for a mapping of a standard queue, each asking for twenty seconds. */
const POLLERS = 5;
const LONG_POLL_SECONDS = 20;
/** A run of the reporter with nothing to tell, or of the releaser with nothing to release: two reads. Assumed, not measured on AWS. */
const IDLE_RUN_SECONDS = 0.1;
const IDLE_RUN_READS = 2;
const REPORTER_GIGABYTES = 256 / 1024;
const RELEASER_GIGABYTES = 1769 / 1024;

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

type Line = { readonly what: string; readonly dollarsPerMonth: number };

async function idle(): Promise<Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-cost-'));
  try {
    await packageStack('dev', directory);
    const text = await readFile(join(directory, 'cloudformation-template-update-stack.json'), 'utf8');
    const resources = Object.values(templateSchema.parse(JSON.parse(text)).Resources);
    const ofType = (type: string): typeof resources => resources.filter(({ Type }) => Type === type);
    const alarmMetrics = ofType('AWS::CloudWatch::Alarm').map(metricsOf);
    const metrics = alarmMetrics.reduce((sum, count) => sum + count, 0);
    const intakes = ofType('AWS::Lambda::EventSourceMapping').length;
    const polls = (intakes * POLLERS * MONTH_SECONDS) / LONG_POLL_SECONDS;
    const minutes = MONTH_SECONDS / 60;
    return [
      {
        what: `${alarmMetrics.length} alarms on ${metrics} metrics`,
        dollarsPerMonth: metrics * PRICES.alarmMetricMonth,
      },
      { what: 'key of the topics', dollarsPerMonth: ofType('AWS::KMS::Key').length * PRICES.keyMonth },
      {
        what: `polling ${intakes} empty intakes`,
        dollarsPerMonth: (polls / 1e6) * PRICES.millionQueueRequests,
      },
      { what: 'reporter, once a minute', dollarsPerMonth: idleRuns(minutes, REPORTER_GIGABYTES) },
      { what: 'releaser, once a minute', dollarsPerMonth: idleRuns(minutes, RELEASER_GIGABYTES) },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function idleRuns(runs: number, gigabytes: number): number {
  const requests = (runs / 1e6) * (PRICES.millionInvocations + IDLE_RUN_READS * PRICES.millionReadUnits);
  return requests + runs * IDLE_RUN_SECONDS * gigabytes * PRICES.gigabyteSecond;
}

/** An alarm on an expression is billed for each metric that it reads. */
function metricsOf({ Properties }: { readonly Properties: Record<string, unknown> }): number {
  const read = z
    .array(z.looseObject({ MetricStat: z.unknown().optional() }))
    .safeParse(Properties['Metrics']);
  return read.success ? read.data.filter(({ MetricStat }) => MetricStat !== undefined).length : 1;
}

const EVENTS = 1000;
const BATCH = 1000; // as the stack is packaged

/** The calls that our code makes for events of one cause whose group is parked, as the real consumer makes them. */
async function callsOfAStorm(): Promise<Record<string, number>> {
  const world = new SimulatedWorld();
  world.send(dlqRecord({ message: 'order is not defined', requestId: 'bench-00000000' }));
  await world.poll();
  const calls: string[] = [];
  for (let sent = 0; sent < EVENTS; sent += BATCH) {
    world.send(
      ...Array.from({ length: BATCH }, (_, n) =>
        dlqRecord({
          message: 'order is not defined',
          requestId: `bench-${String(1 + sent + n).padStart(8, '0')}`,
        }),
      ),
    );
    await world.poll();
    // The target's facts are cached for five minutes on AWS.
    calls.push(...world.calls.filter((call) => call !== 'targets.facts'));
  }
  return Object.fromEntries(
    [...Map.groupBy(calls, (call) => call)].map(([call, made]) => [call, made.length]),
  );
}

const lines = await idle();
const total = lines.reduce((sum, { dollarsPerMonth }) => sum + dollarsPerMonth, 0);
const calls = await callsOfAStorm();
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ idle: lines, idleDollarsPerMonth: total, calls })}\n`);
} else {
  process.stdout.write('While nothing happens, a month:\n');
  for (const { what, dollarsPerMonth } of [...lines, { what: 'all', dollarsPerMonth: total }]) {
    process.stdout.write(`  ${what.padEnd(36)}${dollarsPerMonth.toFixed(2).padStart(6)} $\n`);
  }
  process.stdout.write(
    `\nCalls of our code for ${EVENTS} dead events of one parked cause, batches of ${BATCH}:\n`,
  );
  for (const [call, count] of Object.entries(calls)) process.stdout.write(`  ${call.padEnd(36)}${count}\n`);
}
