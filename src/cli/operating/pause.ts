import { nearest } from '../../policy/nearest.ts';
import { targetOf } from '../../recovery/intakes.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type { Pause } from '../../recovery/ports.ts';
import { Misuse } from '../misuse.ts';
import type { Desk } from './desk.ts';
import { shortTime } from './format-groups.ts';
import { isoOf } from './groups.ts';

/** What the stop button is about to do, or has done. The keys are an interface. */
export type PauseReport = {
  readonly what: 'pause' | 'resume';
  /** Null = all targets. */
  readonly target: string | null;
  readonly applied: boolean;
  /** All pauses as they were before. */
  readonly pauses: readonly Pause[];
};

export type PauseQuery = {
  readonly what: 'pause' | 'resume';
  readonly target: string | null;
  readonly reason: string;
  /** Whether it is to be done, and not only planned. */
  readonly isMeant: boolean;
  readonly nowMs: number;
};

/** Presses the stop button or lets go of it, on record. Throws a Misuse for a target that the policy does not declare. */
export async function pressButton(
  { operations, whoAmI }: Desk,
  policy: CompiledPolicy,
  { what, target, reason, isMeant, nowMs }: PauseQuery,
): Promise<PauseReport> {
  const pauses = await operations.pauses();
  const isPressed = pauses.some((pause) => pause.target === target);
  // What is pressed may be of a target that the policy named once.
  if (target !== null && targetOf(policy, target) === null && !isPressed) throw notDeclared(target, policy);
  const report = { what, target, applied: false, pauses };
  if (!isMeant || (what === 'resume' && !isPressed)) return report;
  const who = await whoAmI();
  await operations.record({ who, what, subject: target ?? 'all targets', reason, atMs: nowMs });
  if (what === 'resume') return { ...report, applied: await operations.resume(target) };
  await operations.pause(target, { who, reason, atMs: nowMs });
  return { ...report, applied: true };
}

function notDeclared(target: string, policy: CompiledPolicy): Misuse {
  const known = policy.targets.map(({ key }) => key);
  const near = nearest(target, known);
  const advice = near === null ? `it declares ${known.join(', ') || 'none'}` : `did you mean ${near}?`;
  return new Misuse(
    `the policy declares no target ${target}: ${advice} (--policy FILE names another policy)`,
  );
}

/** The report for a person. */
export function formatPause(report: PauseReport): string {
  const lines = report.what === 'pause' ? pauseLines(report) : resumeLines(report);
  return [...lines, ''].join('\n');
}

function pauseLines({ target, applied, pauses }: PauseReport): readonly string[] {
  const who = nameOf(target);
  const before = pauses.find((pause) => pause.target === target);
  const told = before === undefined ? [] : [`it was paused before: ${pauseWords(before)}`];
  return applied
    ? [...told, `paused: nothing is handed to ${who} from the next batch on; what dies meanwhile is kept`]
    : [
        ...told,
        `would pause: nothing would be handed to ${who} from the next batch on; what dies meanwhile is kept`,
        'NOTHING HAS BEEN STOPPED YET: add --yes to do it',
      ];
}

function resumeLines({ target, applied, pauses }: PauseReport): readonly string[] {
  const pressed = pauses.find((pause) => pause.target === target);
  const rest = pauses
    .filter((pause) => pause !== pressed && (target === null || pause.target === null))
    .map((pause) => `still paused: ${nameOf(pause.target)}, ${pauseWords(pause)}`);
  if (pressed === undefined) return [`nothing to do: no pause of ${nameOf(target)} is in force`, ...rest];
  return applied
    ? [`resumed: ${nameOf(target)}; what was parked meanwhile comes back with its groups`, ...rest]
    : [
        `would resume ${nameOf(target)}, paused ${pauseWords(pressed)}`,
        ...rest,
        'nothing has been done yet: add --yes to do it',
      ];
}

function nameOf(target: string | null): string {
  return target ?? 'all targets';
}

function pauseWords({ who, reason, atMs }: Pause): string {
  const at = atMs === null ? 'at an unknown time' : `at ${shortTime(isoOf(atMs))}`;
  return `${at} by ${who ?? 'somebody'}${reason === null ? '' : `, ${reason}`}`;
}
