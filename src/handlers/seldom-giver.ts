import type { Giver } from '../recovery/ports.ts';

/** Sends to queues; loads SQS when the first message goes back into one. */
export function seldomGiver(): Giver {
  let giver: Promise<Giver> | null = null;
  return {
    give: async (target, besideArn, messages) =>
      (await (giver ??= loadGiver())).give(target, besideArn, messages),
  };
}

async function loadGiver(): Promise<Giver> {
  const [{ sqsGiver }, { sendClient }] = await Promise.all([
    import('../aws/sqs-giver.ts'),
    import('../aws/clients/sqs.ts'),
  ]);
  return sqsGiver(sendClient());
}
