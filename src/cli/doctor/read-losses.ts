import {
  GetMetricDataCommand,
  type CloudWatchClient,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { ask } from './ask.ts';
import type { Count, Losses } from './facts.ts';
import type { Reading } from './reading.ts';

/** Reaches back over a weekend, and lets what was mended be forgotten. */
const DAYS = 3;
const PERIOD_SECONDS = 3600;
const DAY_MS = 86_400_000;

const METRICS = {
  dead: 'DeadLetterErrors',
  destination: 'DestinationDeliveryFailures',
  dropped: 'AsyncEventsDropped',
  recursive: 'RecursiveInvocationsDropped',
} as const;

/** What CloudWatch has counted of a function's events that did not arrive. `functionName`: bare. */
export function readLosses(
  client: CloudWatchClient,
  functionName: string,
  nowMs: number,
): Promise<Reading<Losses>> {
  return ask('cloudwatch:GetMetricData', async () => {
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(nowMs - DAYS * DAY_MS),
        EndTime: new Date(nowMs),
        MetricDataQueries: Object.entries(METRICS).map(([Id, MetricName]) => ({
          Id,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName,
              Dimensions: [{ Name: 'FunctionName', Value: functionName }],
            },
            Period: PERIOD_SECONDS,
            Stat: 'Sum',
          },
        })),
      }),
    );
    const count = (id: keyof typeof METRICS): Count =>
      countOf(MetricDataResults.find((result) => result.Id === id));
    return {
      days: DAYS,
      deadLetterErrors: count('dead'),
      destinationDeliveryFailures: count('destination'),
      asyncEventsDropped: count('dropped'),
      recursiveInvocationsDropped: count('recursive'),
    };
  });
}

/** There is no datapoint of an hour in which nothing was counted. */
function countOf({ Values = [], Timestamps = [] }: MetricDataResult = {}): Count {
  const hours = Timestamps.filter((_, index) => (Values[index] ?? 0) > 0).map((time) => time.toISOString());
  return { sum: Values.reduce((sum, value) => sum + value, 0), lastAt: hours.toSorted().at(-1) ?? null };
}
