import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Processed } from './process-batch.ts';

/**
 * One log line per record: what it was, what was decided and why, what came of it. Ids, names and the masked cause only;
 * never the payload, never the raw error text, which may quote it.
 */
export function logRecord(logger: Pick<Logger, 'info'>, { subject, decided, outcome }: Processed): void {
  const known =
    subject.kind === 'readable'
      ? {
          deathId: subject.event.deathId,
          origin: decided?.history?.origin ?? subject.event.deathId,
          form: subject.event.form,
          intake: subject.event.intake,
          target: subject.event.target,
          category: subject.judgement.category,
          rule: subject.judgement.rule,
          cause: subject.group.cause,
        }
      : { form: 'unreadable', intake: subject.intake?.key ?? null, rule: subject.why };
  logger.info('dead event', {
    messageId: subject.messageId,
    ...known,
    action: decided?.decision.action ?? null,
    reason: decided?.decision.reason ?? null,
    instead: decided?.decision.action === 'park' ? decided.decision.instead : null,
    reinvocations: decided?.history?.reinvocations ?? null,
    outcome: outcome.kind === 'done' ? outcome.how : outcome.why,
    done: outcome.kind === 'done',
    ...(outcome.kind === 'returned' && outcome.error !== undefined ? { errorName: outcome.error } : {}),
  });
}

/** Counts per batch: records received, and how many came to each outcome. */
export function countRecords(metrics: Metrics, processed: readonly Processed[]): void {
  metrics.addMetric('DeadEvents', MetricUnit.Count, processed.length);
  const byOutcome = Map.groupBy(processed, ({ outcome }) =>
    outcome.kind === 'done' ? outcome.how : outcome.why,
  );
  for (const [name, records] of byOutcome) metrics.addMetric(name, MetricUnit.Count, records.length);
}
