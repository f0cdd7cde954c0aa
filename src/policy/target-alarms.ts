import type { CompiledPolicy, FunctionTarget } from '../recovery/policy.ts';
import { logicalId, ref, type TemplateValue } from './template-value.ts';

export type AlarmSettings = {
  /** Logical id of the topic that alarms go to: not the one that carries the alerts, which they guard. */
  readonly alarmTopic: string;
  /** What the names of alarms begin with. */
  readonly alarmNames: string;
};

/** A lost dead event is never normal: the first one counts, and five minutes are CloudWatch's usual grain. */
const LOST_PERIOD_SECONDS = 300;
/** Long enough that a death and its arrival hardly ever fall into two periods. */
const SILENCE_PERIOD_SECONDS = 900;

/**
 * The alarms on each target, by logical id: what Lambda gave up on and could not deliver to anybody is gone for good, and
 * only these metrics tell. They watch functions of the stack's own account and region.
 */
export function alarmsOf(
  policy: CompiledPolicy,
  settings: AlarmSettings,
): { readonly [logicalId: string]: TemplateValue } {
  const targets = policy.targets.filter((target) => target.kind === 'function');
  const functions = Map.groupBy(targets, nameOf);
  return Object.fromEntries(
    [...functions].flatMap(([name, ofName]) => {
      const queues = namedQueuesOf(policy, ofName);
      const letters = [
        logicalId('LettersLost', name),
        undelivered('DeadLetterErrors', name, settings),
      ] as const;
      const records = [
        logicalId('RecordsLost', name),
        undelivered('DestinationDeliveryFailures', name, settings),
      ] as const;
      const silence = queues === null ? null : nothingArrives(name, queues, settings);
      if (silence === null) return [letters, records];
      return [letters, records, [logicalId('NothingArrives', name), silence] as const];
    }),
  );
}

/** What Lambda could not deliver, by the way on which it tried. */
const LOST_METRICS = {
  DeadLetterErrors: 'dead-letter queue or topic',
  DestinationDeliveryFailures: 'OnFailure destination',
} as const;

/** Deaths of the function that the given way did not take. No expression: a metric without any data has no series to add. */
function undelivered(
  metric: keyof typeof LOST_METRICS,
  name: string,
  settings: AlarmSettings,
): TemplateValue {
  return alarm(settings, {
    name: `${metric === 'DeadLetterErrors' ? 'letters' : 'records'}-lost-${name}`,
    description: `Dead events of ${name} are lost: Lambda could not send them to its ${LOST_METRICS[metric]}. Check that its role may send there, and the key and the policy of what it sends to.`,
    watched: {
      Namespace: 'AWS/Lambda',
      MetricName: metric,
      Dimensions: [{ Name: 'FunctionName', Value: name }],
      Statistic: 'Sum',
      Period: LOST_PERIOD_SECONDS,
    },
  });
}

/**
 * Deaths of the function while nothing arrives in its intakes. Lambda counts an event as dropped also when it has sent it
 * to a dead-letter queue, so that the count alone would be an alarm on every death.
 */
function nothingArrives(name: string, queues: readonly string[], settings: AlarmSettings): TemplateValue {
  const arrivals = queues.map((queue, index) => ({
    Id: `arrived${index}`,
    ReturnData: false,
    MetricStat: stat('AWS/SQS', 'NumberOfMessagesSent', 'QueueName', queue, SILENCE_PERIOD_SECONDS),
  }));
  const arrived = arrivals.map(({ Id }) => `FILL(${Id}, 0)`).join(' + ');
  return alarm(settings, {
    name: `nothing-arrives-${name}`,
    description: `Lambda drops events of ${name}, and none of them arrives in its intake: has its dead-letter queue been taken away, or does a published version carry an old one?`,
    watched: {
      Metrics: [
        // A queue that is polled always has data; while nothing is dropped there is none, and no alarm.
        { Id: 'alarm', Expression: `IF(${arrived} == 0, dropped)`, ReturnData: true },
        {
          Id: 'dropped',
          ReturnData: false,
          MetricStat: stat('AWS/Lambda', 'AsyncEventsDropped', 'FunctionName', name, SILENCE_PERIOD_SECONDS),
        },
        ...arrivals,
      ],
    },
  });
}

type Alarm = {
  readonly name: string;
  readonly description: string;
  /** What is watched: one metric, or metrics and an expression. */
  readonly watched: { readonly [property: string]: TemplateValue };
};

function alarm(
  { alarmTopic, alarmNames }: AlarmSettings,
  { name, description, watched }: Alarm,
): TemplateValue {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${alarmNames}-${name}`,
      AlarmDescription: description,
      ...watched,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching', // a counter of failures has no data while there are none
      AlarmActions: [ref(alarmTopic)],
    },
  };
}

function stat(
  namespace: string,
  metric: string,
  dimension: string,
  value: string,
  periodSeconds: number,
): TemplateValue {
  return {
    Metric: {
      Namespace: namespace,
      MetricName: metric,
      Dimensions: [{ Name: dimension, Value: value }],
    },
    Stat: 'Sum',
    Period: periodSeconds,
  };
}

/** The queues on which deaths of these targets arrive; null where there is none, or one whose account is not ours to read. */
function namedQueuesOf(policy: CompiledPolicy, targets: readonly FunctionTarget[]): readonly string[] | null {
  const keys = targets.map(({ key }) => key);
  const intakes = policy.intakes.filter(({ target }) => keys.includes(target));
  const areOurs = intakes.every(({ queueArn }) => queueArn === null);
  return intakes.length > 0 && areOurs ? intakes.map(({ queueName }) => queueName) : null;
}

/** The bare name, which is what the metrics are kept under, whichever alias was called. */
function nameOf({ functionName }: FunctionTarget): string {
  return functionName.split(':').at(-1) ?? functionName;
}
