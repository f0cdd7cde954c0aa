import type { CompiledPolicy, FunctionTarget, IntakePolicy, TargetPolicy } from './policy.ts';
import { isFifo } from './queue-message.ts';

/** The parts of the ARN of a queue or topic, `arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME`. */
export type ChannelArn = {
  readonly service: 'sqs' | 'sns';
  readonly partition: string;
  /** `REGION:ACCOUNT`: what a bare name in the policy leaves open. */
  readonly place: string;
  readonly name: string;
};

/** Splits the ARN of a queue or topic; null when it is neither. */
export function parseChannelArn(arn: string): ChannelArn | null {
  const match = /^arn:([^:]+):(sqs|sns):([^:]+:\d{12}):([^:]+)$/.exec(arn);
  const [, partition, service, place, name] = match ?? [];
  if (partition === undefined || place === undefined || name === undefined) return null;
  return service === 'sqs' || service === 'sns' ? { service, partition, place, name } : null;
}

/** The declared intake that a queue's or a bridged topic's ARN names, null when the policy declares none. */
export function intakeOf(policy: CompiledPolicy, sourceArn: string | null): IntakePolicy | null {
  const source = sourceArn === null ? null : parseChannelArn(sourceArn);
  if (source === null) return null;
  if (source.service === 'sns') return policy.intakes.find(({ topic }) => topic === source.name) ?? null;
  // The ARN first: two accounts may have queues of one name, and a bare name means the one of the stack's own.
  const isNamed = (intake: IntakePolicy): boolean =>
    intake.queueArn === null && intake.queueName === source.name;
  return (
    policy.intakes.find(({ queueArn }) => queueArn === sourceArn) ?? policy.intakes.find(isNamed) ?? null
  );
}

/** The declared target of that key, null when there is none. */
export function targetOf(policy: CompiledPolicy, key: string | null): TargetPolicy | null {
  return policy.targets.find((target) => target.key === key) ?? null;
}

/** Whether the order of a target's events counts: by the policy, or since they come from, or go to, a FIFO queue. */
export function isInTurn(policy: CompiledPolicy, target: TargetPolicy): boolean {
  const queues = policy.intakes
    .filter((intake) => intake.target === target.key)
    .map(({ queueName }) => queueName);
  const isFifoTarget = target.kind === 'queue' && isFifo(target.queueName);
  return target.orderBy !== null || isFifoTarget || queues.some(isFifo);
}

/**
 * The target as it is called for an event of that intake: a bare name means the account and region of the intake's ARN, which
 * for an intake that is given by its ARN need not be the stack's own.
 */
export function located(target: FunctionTarget, intake: IntakePolicy | null): FunctionTarget {
  const queue =
    intake?.queueArn === undefined || intake.queueArn === null ? null : parseChannelArn(intake.queueArn);
  if (queue === null || target.functionName.startsWith('arn:')) return target;
  return {
    ...target,
    functionName: `arn:${queue.partition}:lambda:${queue.place}:function:${target.functionName}`,
  };
}

/**
 * Whether what dies into that queue or topic comes back: it is one of the policy's intakes, or a topic bridged to one.
 * A bare name in the policy means the account and region of `besideArn`, on which the event arrived.
 */
export function isDeclaredIntake(policy: CompiledPolicy, arn: string | null, besideArn: string): boolean {
  const intake = intakeOf(policy, arn);
  if (arn === null || intake === null) return false;
  return intake.queueArn === arn || parseChannelArn(arn)?.place === parseChannelArn(besideArn)?.place;
}
