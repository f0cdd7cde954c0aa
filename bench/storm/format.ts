import Table from 'cli-table3';
import type { Aim } from './aims.ts';
import type { Figures, OwnFigures } from './figures.ts';
import { IN_FLIGHT_LIMIT } from './latencies.ts';
import type { Storm } from './storm.ts';

type Row = readonly [what: string, value: (figures: Figures) => string];

const ROWS: readonly Row[] = [
  ['events', ({ events }) => count(events)],
  ['executions of targets that are down', ({ callsToFailingTargets }) => count(callsToFailingTargets)],
  ['API calls of our code', ({ apiCalls }) => count(sum(Object.values(apiCalls)))],
  [
    '  of these per 1,000 events at the intake',
    ({ intakeCallsPerThousand: calls }) => (calls === null ? '-' : calls.toFixed(1)),
  ],
  ['calls of the mapping: Receive', ({ mappingReceives }) => count(mappingReceives)],
  ['calls of the mapping: Delete', ({ mappingDeletes }) => count(mappingDeletes)],
  ['alerts', ({ alerts }) => count(alerts)],
  [
    'most in flight in a queue',
    ({ mostInFlight, breaksInFlightLimit }) =>
      breaksInFlightLimit ? `${count(mostInFlight)} (SQS: ${count(IN_FLIGHT_LIMIT)})` : count(mostInFlight),
  ],
  ['back, of those that could come back', ({ back, mended }) => `${count(back)} of ${count(mended)}`],
  ['from the last fix to all back', ({ secondsFromFixToAllBack }) => duration(secondsFromFixToAllBack)],
  ["share of the policy's rate", ({ shareOfRate: share }) => (share === null ? '-' : percent(share))],
  ['runs in the busiest second', ({ mostRunsPerSecond }) => count(mostRunsPerSecond)],
  ['lost', ({ lost }) => count(lost)],
  ['run twice', ({ ranTwice }) => count(ranTwice)],
  ['dollars', ({ dollars }) => dollars.toFixed(2)],
];

export function explanation({
  name,
  events,
  dyingMs,
  causes,
  policy,
  faultShare,
  deployments,
}: Storm): string {
  const [target] = policy.targets;
  const rate = target === undefined ? '' : `${target.release.ratePerSecond} a second`;
  const targets = new Set(causes.map((cause) => cause.target)).size;
  return [
    `${name}: ${count(events)} events of ${some(causes.length, 'cause')} at ${some(targets, 'target')} die over ${duration(dyingMs / 1000)};`,
    `the policy allows ${rate}, ${target?.release.concurrency ?? 0} at the same time;`,
    `mended after ${causes.flatMap(({ mendedAtMs }) => (mendedAtMs === null ? [] : [duration(mendedAtMs / 1000)])).join(', ')}.`,
    ...(deployments.length === 0 ? [] : [`${some(deployments.length, 'deployment')}.`]),
    ...(faultShare === 0 ? [] : [`${percent(faultShare)} of all calls to ports fail.`]),
  ].join(' ');
}

export function figuresTable(all: readonly Figures[]): string {
  const table = plain(['', ...all.map(({ way }) => way)]);
  for (const [what, value] of ROWS) table.push([what, ...all.map((figures) => value(figures))]);
  return table.toString();
}

/** Each call of our code and of the mapping, and what else is known of the machine's own way. */
export function callsTable(figures: OwnFigures): string {
  const table = plain(['part', 'call', 'count']);
  for (const [part, calls] of Object.entries(figures.calls)) {
    for (const [call, made] of Object.entries(calls)) table.push([part, call, count(made)]);
  }
  const { batches, parked, archived, groups, faults, ranTwice, ranTwiceUnanswered, failures, minutes } =
    figures;
  const lines = [
    `${count(batches)} batches; ${count(parked)} events still parked in ${count(groups)} groups, ${count(archived)} archived; ${minutes.toFixed(0)} minutes.`,
    ...(faults === 0
      ? []
      : [
          `${count(faults)} calls to ports failed: ${list(failures)}.`,
          `Of ${count(ranTwice)} events that ran twice, ${count(ranTwiceUnanswered)} had run and not answered, or could not be written down.`,
        ]),
  ];
  return [table.toString(), ...lines].join('\n');
}

export function aimsTable(aims: readonly Aim[]): string {
  const table = plain(['aim', 'measured', '']);
  for (const { aim, measured, isMet } of aims) {
    table.push([aim, String(Number(measured.toFixed(3))), isMet ? 'met' : 'MISSED']);
  }
  return table.toString();
}

function plain(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, times]) => `${what} ${count(times)}`)
    .join(', ');
}

function some(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function duration(seconds: number | null): string {
  if (seconds === null) return '-';
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}
