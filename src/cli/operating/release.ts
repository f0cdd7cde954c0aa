import { targetOf } from '../../recovery/intakes.ts';
import type { CompiledPolicy, TargetPolicy } from '../../recovery/policy.ts';
import type { Asked } from '../../recovery/ports.ts';
import { canariesOf } from '../../recovery/release/circuit.ts';
import type { Desk } from './desk.ts';
import { counted } from './format-groups.ts';
import { circuitNamed, parkedIn, viewOf, type GroupView, type Held } from './groups.ts';

/** What a release of a group would do. The keys are an interface. */
export type ReleasePlan = Pick<
  GroupView,
  'group' | 'target' | 'category' | 'cause' | 'state' | 'parked' | 'held'
> & {
  /** What the target is, null where the policy does not declare it. */
  readonly to: string | null;
  /** Events that are tried first. */
  readonly canaries: number;
  /** Events a second at most, once one of them has succeeded; null where the target is not declared. */
  readonly ratePerSecond: number | null;
  /** At that rate; it begins with one a second. */
  readonly leastSeconds: number | null;
};

/** `applied`: whether the release has been asked for. `woken`: whether the releaser looks at once, and not within a minute. */
export type ReleaseReport = ReleasePlan & {
  readonly applied: boolean;
  readonly outcome: Asked | 'planned';
  readonly woken: boolean;
};

/** Plans the release of a group, which is named as `circuitNamed` takes it. Changes nothing. */
export async function planRelease(desk: Desk, policy: CompiledPolicy, name: string): Promise<ReleasePlan> {
  const [{ circuits }, pauses] = await Promise.all([desk.circuits.live(), desk.operations.pauses()]);
  const circuit = circuitNamed(circuits, name);
  const parked = await parkedIn(desk.circuits, circuit.group.key);
  const { group, target, category, cause, state, held } = viewOf(circuit, parked, policy, pauses);
  const declared = targetOf(policy, target);
  const ratePerSecond = declared?.release.ratePerSecond ?? null;
  return {
    group,
    target,
    category,
    cause,
    state,
    parked,
    held,
    to: declared === null ? null : targetWords(declared),
    canaries: Math.min(parked, canariesOf('person-asked')),
    ratePerSecond,
    leastSeconds: ratePerSecond === null ? null : Math.ceil(parked / ratePerSecond),
  };
}

/** Asks for the release that was planned, on record. */
export async function askForRelease(
  { circuits, operations, waker, whoAmI }: Desk,
  plan: ReleasePlan,
  reason: string,
  nowMs: number,
): Promise<ReleaseReport> {
  if (plan.state === 'probing' || plan.state === 'releasing') return unapplied(plan, 'under-way');
  const act = { who: await whoAmI(), what: 'release', subject: plan.group, reason, atMs: nowMs };
  await operations.record(act);
  const outcome = await circuits.ask(plan.group);
  if (outcome !== 'asked') return unapplied(plan, outcome);
  return { ...plan, applied: true, outcome, woken: await isWoken(waker) };
}

/** A report of what has not been asked for. */
export function unapplied(
  plan: ReleasePlan,
  outcome: Exclude<ReleaseReport['outcome'], 'asked'>,
): ReleaseReport {
  return { ...plan, applied: false, outcome, woken: false };
}

/** It looks once a minute anyway: what cannot be woken comes later, and nothing is lost. */
async function isWoken(waker: Desk['waker']): Promise<boolean> {
  try {
    await waker.wake();
    return true;
  } catch {
    return false;
  }
}

function targetWords(target: TargetPolicy): string {
  if (target.kind === 'queue') return `the queue ${target.queueArn ?? target.queueName}`;
  const { functionName, qualifier } = target;
  return `the function ${qualifier === null ? functionName : `${functionName}:${qualifier}`}`;
}

/** The plan for a person, and what came of it. */
export function formatRelease(report: ReleaseReport): string {
  const { group, cause, category, parked, to, target, canaries, ratePerSecond, leastSeconds } = report;
  const rate =
    ratePerSecond === null
      ? ''
      : `, then the rest, from one a second to ${ratePerSecond} a second: ${leastSeconds} s at least`;
  return [
    group,
    `   cause     ${cause} (${category})`,
    `   release   ${counted(parked, 'parked event')} to ${to ?? `${target ?? 'nobody'}, which the policy does not declare`}`,
    `   how       ${canaries} first, to see whether one succeeds${rate}; it stops when too many die again`,
    ...(report.held === null ? [] : [`   but       ${BUT[report.held]}`]),
    OUTCOMES[report.outcome](report),
    '',
  ].join('\n');
}

const BUT: Readonly<Record<Held, string>> = {
  paused: 'its target is paused: nothing runs until dlq resume lets it',
  observed: 'its target is only observed: nothing runs until the policy says mode: act, and is deployed',
  'not-declared':
    'nothing runs unless the deployed policy declares the target: give the right one with --policy',
};

const OUTCOMES: Readonly<Record<ReleaseReport['outcome'], (report: ReleaseReport) => string>> = {
  planned: () => 'nothing has been done yet: add --yes to do it',
  asked: ({ woken }) =>
    `asked for; the releaser looks ${woken ? 'now' : 'within a minute'}. dlq groups shows how it goes`,
  'under-way': ({ state }) =>
    `nothing to do: it is being tried already (${state}). dlq groups shows how it goes`,
  gone: () => 'not done: nothing is parked in it any more',
};
