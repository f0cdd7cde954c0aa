import type { CompiledPolicy, IntakePolicy, TargetPolicy } from './policy.ts';

/** The parts of an SQS queue ARN, `arn:PARTITION:sqs:REGION:ACCOUNT:NAME`. */
export type QueueArn = { readonly prefix: string; readonly name: string };

/** Splits a queue's ARN; null when it is not one. `prefix` is everything before the name, colon included. */
export function parseQueueArn(arn: string): QueueArn | null {
  const match = /^(arn:[^:]+:sqs:[^:]+:\d{12}:)([^:]+)$/.exec(arn);
  return match?.[1] !== undefined && match[2] !== undefined ? { prefix: match[1], name: match[2] } : null;
}

/** The declared intake that a queue's ARN names, null when the policy declares none. */
export function intakeOf(policy: CompiledPolicy, queueArn: string | null): IntakePolicy | null {
  const name = queueArn === null ? null : parseQueueArn(queueArn)?.name;
  return policy.intakes.find((intake) => intake.key === name) ?? null;
}

/** The declared target of that key, null when there is none. */
export function targetOf(policy: CompiledPolicy, key: string | null): TargetPolicy | null {
  return policy.targets.find((target) => target.key === key) ?? null;
}

/**
 * Whether a queue is one of the policy's intakes beside `besideArn`: a bare name in the policy means the account
 * and region of the intake on which the event arrived.
 */
export function isDeclaredIntake(
  policy: CompiledPolicy,
  queueArn: string | null,
  besideArn: string,
): boolean {
  const queue = queueArn === null ? null : parseQueueArn(queueArn);
  if (queue === null || queue.prefix !== parseQueueArn(besideArn)?.prefix) return false;
  return policy.intakes.some((intake) => intake.key === queue.name);
}
