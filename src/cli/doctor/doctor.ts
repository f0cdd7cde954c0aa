import type { CompiledPolicy } from '../../recovery/policy.ts';
import { Misuse } from '../misuse.ts';
import { examine, type Diagnosis } from './examine.ts';
import type { Facts } from './facts.ts';
import type { Asked } from './gather.ts';

export type DoctorOptions = {
  readonly policy: CompiledPolicy;
  readonly stage: string;
  readonly nowMs: number;
  readonly notice: (text: string) => void;
};

/** Name of the service in serverless.yml; its parts are named after it and the stage. */
const SERVICE = 'dead-letter-reprocessor';

/**
 * Looks at what is asked for and says what is wrong with it. Only reads. Throws a Misuse where there is nothing to look at, or
 * AWS cannot be asked: a diagnosis of nothing would look like health.
 */
export async function diagnose(asked: Asked, options: DoctorOptions): Promise<Diagnosis> {
  const { policy, stage, nowMs, notice } = options;
  if (asked.kind === 'policy' && policy.targets.length === 0) {
    throw new Misuse('there is no target to look at: give --policy FILE, --function NAME or --stack NAME');
  }
  // The SDK takes longer to load than the other commands take to run.
  const [{ doctorClients, destroy }, { gather }] = await Promise.all([
    import('./clients.ts'),
    import('./gather.ts'),
  ]);
  const clients = doctorClients();
  try {
    const facts = await gather(clients, asked, { policy, service: `${SERVICE}-${stage}`, nowMs, notice });
    assertAnswered(facts);
    return examine(facts);
  } finally {
    destroy(clients);
  }
}

/** Where nothing that was asked for could be read, not even whether it is there, nothing can be said. */
function assertAnswered({ functions, queueTargets, intakes }: Facts): void {
  const answers = [
    ...functions.map(({ configuration }) => configuration),
    ...queueTargets.map(({ queue }) => queue),
    ...intakes.map(({ queue }) => queue),
  ];
  const [first] = answers;
  if (first?.kind === 'unread' && answers.every(({ kind }) => kind === 'unread')) {
    throw new Misuse(
      `nothing could be read: ${first.call}: ${first.text}\nSee that you may, and that AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL are right.`,
    );
  }
}
