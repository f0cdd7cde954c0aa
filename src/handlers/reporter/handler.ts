import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, ScheduledEvent } from 'aws-lambda';
import { errorName } from '../error-name.ts';
import { coldStart } from './cold-start.ts';
import { reportPending, type Reported } from './report-pending.ts';

const { logger, parts } = coldStart(process.env);

/** Tells people, once a minute, what has been parked and archived since they were last told. */
export const handler = middy<ScheduledEvent, Reported>()
  .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
  .handler(async (_event: ScheduledEvent, context: Context) => {
    const reported = await reportPending({
      ...parts,
      nowMs: Date.now,
      deadlineMs: Date.now() + context.getRemainingTimeInMillis(),
      onFailure: (error) => logger.error('an alert is not published', { errorName: errorName(error) }),
    });
    if (reported.published > 0) logger.info('alerts', { ...reported });
    // The alarm on this function's errors is how people learn that they are not being told.
    if (reported.failed > 0) throw new NotPublished(reported.failed);
    return reported;
  });

class NotPublished extends Error {
  override readonly name = 'NotPublished';
  constructor(notices: number) {
    super(`${notices} notices could not be published: they stay pending, and the next run tries again`);
  }
}
