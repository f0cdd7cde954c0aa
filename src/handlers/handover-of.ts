import type { Form } from '../recovery/dead-event.ts';
import { chooseHandover, queueHandover, type Handover, type TargetFacts } from '../recovery/handover.ts';
import { located } from '../recovery/intakes.ts';
import type { CompiledPolicy, IntakePolicy, TargetPolicy } from '../recovery/policy.ts';
import type { TargetReader } from '../recovery/ports.ts';

/** An event on its way to its target, as far as the way depends on it. `groupId`: of the message that it came in. */
type OnItsWay = {
  readonly target: TargetPolicy;
  readonly intake: IntakePolicy | null;
  readonly sourceArn: string;
  readonly groupId: string | null;
  readonly payloadBytes: number;
  readonly form: Form;
};

/** How an event can be handed to its target, and what AWS says of the target; null of a queue, which is not asked about. */
export async function handoverOf(
  policy: CompiledPolicy,
  targets: TargetReader,
  { target, intake, groupId, ...event }: OnItsWay,
): Promise<{ readonly handover: Handover; readonly facts: TargetFacts | null }> {
  if (target.kind === 'queue') return { handover: queueHandover(target, groupId), facts: null };
  const facts = await targets.facts(located(target, intake));
  return { handover: chooseHandover(policy, target, facts, event), facts };
}
