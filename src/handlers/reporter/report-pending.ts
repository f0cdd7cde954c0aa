import { alertOf, digestOf, type Sender } from '../../recovery/alert-text.ts';
import { planAlerts, type Notice, type PendingAlert, type SentAlerts } from '../../recovery/alerts.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import type { Outbox, Publisher } from '../../recovery/ports.ts';

/** What one run of the reporter works with. */
export type ReporterRun = {
  readonly outbox: Outbox;
  readonly publisher: Publisher;
  readonly sender: Sender;
  readonly limits: CompiledPolicy['alerts'];
  readonly nowMs: () => number;
  /** When the sandbox is killed, in epoch milliseconds. A lease ends then. */
  readonly deadlineMs: number;
  /** Told of each notice that could not be published or cleared, by the error alone. */
  readonly onFailure: (error: unknown) => void;
};

/** What a run did: notices published, causes that they cover, and notices that could not be published. */
export type Reported = { readonly published: number; readonly causes: number; readonly failed: number };

/**
 * Publishes what is unreported: gather, decide, act, and only then clear it. Killed in between, the next run publishes the
 * same alert again, under the same id. One that cannot be published keeps no other back.
 */
export async function reportPending(run: ReporterRun): Promise<Reported> {
  const startedMs = run.nowMs();
  const { alerts, unreadable } = await run.outbox.pending();
  for (const key of unreadable) run.onFailure(new UnreadableNote(key));
  const plan = planAlerts(alerts, await run.outbox.sent(startedMs), run.limits, startedMs);
  const results: Reported[] = [];
  for (const alert of plan.alone) {
    results.push(await publishCovering(run, 'alerts', [alert], () => alertOf(alert, run.sender)));
  }
  if (plan.digest.length > 0) {
    results.push(await publishCovering(run, 'digests', plan.digest, (taken) => digestOf(taken, run.sender)));
  }
  return results.reduce(
    (sum, one) => ({
      published: sum.published + one.published,
      causes: sum.causes + one.causes,
      failed: sum.failed + one.failed,
    }),
    { ...NOTHING, failed: unreadable.length },
  );
}

const NOTHING: Reported = { published: 0, causes: 0, failed: 0 };

async function publishCovering(
  run: ReporterRun,
  kind: keyof SentAlerts,
  alerts: readonly PendingAlert[],
  textOf: (taken: readonly PendingAlert[]) => Notice,
): Promise<Reported> {
  const { outbox, publisher, nowMs, deadlineMs } = run;
  try {
    const taken: PendingAlert[] = [];
    for (const alert of alerts) {
      if (await outbox.take(alert, nowMs(), deadlineMs)) taken.push(alert);
    }
    if (taken.length === 0) return NOTHING;
    await outbox.countSent(kind, nowMs());
    try {
      await publisher.publish(textOf(taken));
    } catch (error) {
      await outbox.uncountSent(kind, nowMs()); // or an outage of the topic would use up the hour
      throw error;
    }
    const cleared = await Promise.allSettled(taken.map((alert) => outbox.published(alert, nowMs())));
    const notCleared = cleared.filter((result) => result.status === 'rejected');
    for (const { reason } of notCleared) run.onFailure(reason);
    return { published: 1, causes: taken.length, failed: notCleared.length };
  } catch (error) {
    run.onFailure(error);
    return { ...NOTHING, failed: 1 };
  }
}

/** A row of the outbox that is not what a consumer writes. The others are not kept back by it. */
class UnreadableNote extends Error {
  override readonly name = 'UnreadableNote';
  constructor(key: string) {
    super(`the row ${key} of the ledger cannot be read as a note`);
  }
}
