import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, ScheduledEvent } from 'aws-lambda';
import { randomUUID } from 'node:crypto';
import { errorName } from '../error-name.ts';
import { coldStart } from './cold-start.ts';
import { releaseDue, type Released } from './release-due.ts';
import { RUN_MS, sleepFor, type Step } from './run.ts';

const { policy, ports, logger, metrics } = coldStart(process.env);

/** Looks once a minute, and whenever a group closes, at what may be brought back, and brings it back. */
export const handler = middy<ScheduledEvent, Released>()
  .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
  .use(logMetrics(metrics, { throwOnEmptyMetrics: false }))
  .handler(async (_event: ScheduledEvent, context: Context) => {
    const startedMs = Date.now();
    const deadlineMs = startedMs + context.getRemainingTimeInMillis();
    return releaseDue({
      policy,
      ports,
      owner: context.awsRequestId,
      nowMs: Date.now,
      sleep: sleepFor,
      stopAtMs: Math.min(startedMs + RUN_MS, deadlineMs),
      deadlineMs,
      randomId: randomUUID,
      onFailure: (step, what, error) => {
        metrics.addMetric('failed', MetricUnit.Count, 1);
        logger.error('a step failed', { step, what, errorName: errorName(error) });
      },
      onStep: (step) => report(step),
    });
  });

function report({ brought, died, ...step }: Step): void {
  metrics.addMetric('BroughtBack', MetricUnit.Count, brought);
  metrics.addMetric('DiedAgain', MetricUnit.Count, died);
  logger.info('release', { ...step, brought, died });
}
