import type { CompiledPolicy, TargetPolicy } from '../recovery/policy.ts';
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
  const functions = Map.groupBy(policy.targets, nameOf);
  return Object.fromEntries(
    [...functions].flatMap(([name, targets]) => {
      const queues = namedQueuesOf(policy, targets);
      const lost = [logicalId('Undelivered', name), undelivered(name, settings)] as const;
      if (queues === null) return [lost];
      return [lost, [logicalId('NothingArrives', name), nothingArrives(name, queues, settings)] as const];
    }),
  );
}

/** Deaths of the function that its dead-letter queue or destination did not take. */
function undelivered(name: string, settings: AlarmSettings): TemplateValue {
  return alarm(settings, {
    name: `undelivered-${name}`,
    description: `Dead events of ${name} are lost: Lambda could not send them to its dead-letter queue or destination. Check that its role may send there, and the queue's key and policy.`,
    expression: 'FILL(letters, 0) + FILL(records, 0)',
    metrics: [
      lambdaMetric('letters', 'DeadLetterErrors', name, LOST_PERIOD_SECONDS),
      lambdaMetric('records', 'DestinationDeliveryFailures', name, LOST_PERIOD_SECONDS),
    ],
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
    expression: `IF(${arrived} == 0, FILL(dropped, 0), 0)`,
    metrics: [lambdaMetric('dropped', 'AsyncEventsDropped', name, SILENCE_PERIOD_SECONDS), ...arrivals],
  });
}

type Alarm = {
  readonly name: string;
  readonly description: string;
  readonly expression: string;
  readonly metrics: readonly TemplateValue[];
};

function alarm(
  { alarmTopic, alarmNames }: AlarmSettings,
  { name, description, expression, metrics }: Alarm,
): TemplateValue {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${alarmNames}-${name}`,
      AlarmDescription: description,
      Metrics: [{ Id: 'alarm', Expression: expression, ReturnData: true }, ...metrics],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching', // a counter of failures has no data while there are none
      AlarmActions: [ref(alarmTopic)],
    },
  };
}

function lambdaMetric(
  id: string,
  metric: string,
  functionName: string,
  periodSeconds: number,
): TemplateValue {
  const MetricStat = stat('AWS/Lambda', metric, 'FunctionName', functionName, periodSeconds);
  return { Id: id, ReturnData: false, MetricStat };
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
function namedQueuesOf(policy: CompiledPolicy, targets: readonly TargetPolicy[]): readonly string[] | null {
  const keys = targets.map(({ key }) => key);
  const intakes = policy.intakes.filter(({ target }) => keys.includes(target));
  const areOurs = intakes.every(({ queueArn }) => queueArn === null);
  return intakes.length > 0 && areOurs ? intakes.map(({ queueName }) => queueName) : null;
}

/** The bare name, which is what the metrics are kept under, whichever alias was called. */
function nameOf({ functionName }: TargetPolicy): string {
  return functionName.split(':').at(-1) ?? functionName;
}
