import { InvokeCommand } from '@aws-sdk/client-lambda';
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import type { InvocationRecord } from '../local/local-aws.ts';
import type { Clients } from './clients.ts';

/** Many events of one kind, which differ in their `orderId`, and the request ids under which Lambda has accepted them. */
export type Crowd = { readonly payloads: readonly string[]; readonly requestIds: ReadonlySet<string> };

/** Invokes a function asynchronously with so many events. */
export async function sendCrowd(
  { lambda }: Clients,
  FunctionName: string,
  count: number,
  event: Readonly<Record<string, unknown>>,
): Promise<Crowd> {
  const payloads = Array.from({ length: count }, () => JSON.stringify({ ...event, orderId: randomUUID() }));
  const answers = await pMap(
    payloads,
    (payload) =>
      lambda.send(
        new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: Buffer.from(payload) }),
      ),
    { concurrency: 10 },
  );
  return { payloads, requestIds: new Set(answers.map(({ $metadata }) => $metadata.requestId ?? '')) };
}

/** Runs of these events that the service has caused, and not their sender, in the order of their beginning. */
export function callsOf(
  invocations: readonly InvocationRecord[],
  { payloads, requestIds }: Crowd,
): readonly InvocationRecord[] {
  const ours = new Set(payloads);
  return invocations
    .filter((run) => ours.has(run.payload) && !requestIds.has(run.requestId))
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

/** How often each event has succeeded, by its payload. */
export function successesOf(
  invocations: readonly InvocationRecord[],
  { payloads }: Crowd,
): ReadonlyMap<string, number> {
  const counts = new Map(payloads.map((payload) => [payload, 0]));
  for (const { payload, outcome } of invocations) {
    const count = counts.get(payload);
    if (count !== undefined && outcome.kind === 'success') counts.set(payload, count + 1);
  }
  return counts;
}

/** How many have succeeded. */
export function backOf(invocations: readonly InvocationRecord[], crowd: Crowd): number {
  return [...successesOf(invocations, crowd).values()].filter((count) => count > 0).length;
}
