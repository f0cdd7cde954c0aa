import type { Check, Finding } from './check.ts';
import type { Facts } from './facts.ts';
import { FUNCTION_CHECKS } from './function-checks.ts';
import { FAILURE_QUEUE_CHECKS, INTAKE_CHECKS } from './intake-checks.ts';
import { QUEUE_TARGET_CHECKS } from './queue-target-checks.ts';
import type { Unread } from './reading.ts';
import { NOTIFIED_CHECKS, PART_CHECKS } from './service-checks.ts';

/** A check that could not be made of a subject, or not wholly. */
export type NotMade = {
  readonly check: string;
  readonly asks: string;
  readonly subject: string;
  readonly call: string;
  readonly reason: Unread['reason'];
  readonly text: string;
};

export type Diagnosis = {
  /** Errors first, then in the order of the subjects. */
  readonly findings: readonly Finding[];
  readonly notMade: readonly NotMade[];
  /** How many checks were made wholly, over all subjects. */
  readonly made: number;
};

/** Makes every check of every subject. Pure. */
export function examine(facts: Facts): Diagnosis {
  const diagnoses = [
    ...facts.functions.map((one) => apply(FUNCTION_CHECKS, one.subject, one)),
    ...facts.queueTargets.map((one) => apply(QUEUE_TARGET_CHECKS, one.subject, one)),
    ...facts.intakes.map((one) => apply(INTAKE_CHECKS, one.subject, one)),
    ...facts.failureQueues.map((one) => apply(FAILURE_QUEUE_CHECKS, one.subject, one)),
    ...(facts.service?.functions ?? []).map((one) => apply(PART_CHECKS, one.name, one)),
    ...(facts.service?.topics ?? []).map((one) => apply(NOTIFIED_CHECKS, one.name, one)),
  ];
  const found = diagnoses.flatMap(({ findings }) => findings);
  return {
    findings: [...ofSeverity(found, 'error'), ...ofSeverity(found, 'warning')],
    notMade: diagnoses.flatMap(({ notMade }) => notMade),
    made: diagnoses.reduce((sum, { made }) => sum + made, 0),
  };
}

function ofSeverity(found: readonly Finding[], severity: Finding['severity']): readonly Finding[] {
  return found.filter((finding) => finding.severity === severity);
}

function apply<F>(checks: readonly Check<F>[], subject: string, facts: F): Diagnosis {
  const outcomes = checks.map((check) => ({ check, ...check.of(facts) }));
  return {
    findings: outcomes.flatMap(({ check, faults }) =>
      faults.map(({ evidence, fix, severity, consequence }) => ({
        check: check.name,
        severity: severity ?? check.severity,
        subject,
        evidence,
        consequence: consequence ?? check.consequence,
        fix,
      })),
    ),
    notMade: outcomes.flatMap(({ check, unread }) =>
      unread.map(({ call, reason, text }) => ({
        check: check.name,
        asks: check.asks,
        subject,
        call,
        reason,
        text,
      })),
    ),
    made: outcomes.filter(({ unread }) => unread.length === 0).length,
  };
}
