import type { Credentials } from './dead-event.ts';
import { isObject, ownProperty, ownString } from './json.ts';
import { isoMs, LATEST_MS, parseObject } from './letter.ts';

/** Which service made an event, by its shape. Sources: the event shapes of the Lambda developer guide. */

export type PayloadOrigin = { readonly source: string; readonly bornAtMs: number | null };

type Look = (payload: Readonly<Record<string, unknown>>) => PayloadOrigin | null;

/** By `eventSource` (SNS writes it with a capital) of the first record. */
const RECORD_SOURCES: Readonly<Record<string, string>> = {
  'aws:s3': 's3',
  'aws:sns': 'sns',
  'aws:ses': 'ses',
  'aws:sqs': 'sqs',
  'aws:dynamodb': 'dynamodb',
  'aws:kinesis': 'kinesis',
  'aws:codecommit': 'codecommit',
};

/** By `eventSource` of the event itself. */
const EVENT_SOURCES: Readonly<Record<string, string>> = {
  'aws:kafka': 'kafka',
  SelfManagedKafka: 'kafka',
  'aws:mq': 'mq',
  'aws:rmq': 'mq',
};

const CUSTOM: PayloadOrigin = { source: 'custom', bornAtMs: null };

/** The origin of a parsed payload; `custom` where nothing shows it, as with IoT rules, schedules with an input and SDK calls. */
export function originOf(payload: unknown): PayloadOrigin {
  if (!isObject(payload)) return CUSTOM;
  for (const look of LOOKS) {
    const origin = look(payload);
    if (origin !== null) return origin;
  }
  return CUSTOM;
}

const LOOKS: readonly Look[] = [
  ofRecords,
  (payload) => known(EVENT_SOURCES[ownString(payload, 'eventSource') ?? ''], null),
  (payload) => whenAll(payload, ['invocationId', 'deliveryStreamArn', 'records'], 'firehose'),
  ofEventBridge,
  (payload) => known(ownString(ownProperty(payload, 'awslogs'), 'data') === null ? undefined : 'logs', null),
  ofAlarm,
  (payload) => whenAll(payload, ['invokingEvent', 'configRuleName'], 'config'),
  (payload) => whenAll(payload, ['RequestType', 'ResponseURL', 'StackId'], 'cloudformation'),
  (payload) => whenAll(payload, ['CodePipeline.job'], 'codepipeline'),
  (payload) => whenAll(payload, ['triggerSource', 'userPoolId'], 'cognito'),
  ofRequest,
  (payload) =>
    known(ownString(ownProperty(payload, 'info'), 'fieldName') === null ? undefined : 'appsync', null),
  ofDestination,
];

/**
 * What secrets the payload shows by its shape: its own, or those of what it carries one or two levels down, as topics, queues,
 * buses, destinations and batches carry the events of others.
 */
export function credentialsIn(payload: unknown): Credentials | null {
  for (const part of partsOf(payload, MOST_LEVELS)) {
    const found = credentialsOf(part);
    if (found !== null) return found;
  }
  return null;
}

/** An event within a message within an event. */
const MOST_LEVELS = 3;
/** Of a larger batch the first say what it is. */
const MOST_PARTS = 100;

function credentialsOf(part: Readonly<Record<string, unknown>>): Credentials | null {
  if (Object.hasOwn(part, 'CodePipeline.job')) return 'codepipeline-job';
  if (hasAll(part, ['RequestType', 'ResponseURL', 'StackId'])) return 'cloudformation-custom-resource';
  return showsAuthorisation(part) ? 'api-request' : null;
}

/** The payload and what it carries, each as an object. */
function* partsOf(value: unknown, levels: number): Generator<Readonly<Record<string, unknown>>> {
  if (levels === 0) return;
  if (Array.isArray(value)) {
    for (const element of value.slice(0, MOST_PARTS)) yield* partsOf(element, levels);
    return;
  }
  if (!isObject(value)) return;
  yield value;
  const records = ownProperty(value, 'Records');
  if (Array.isArray(records)) {
    for (const record of records.slice(0, MOST_PARTS)) {
      yield* partsOf(within(ownProperty(ownProperty(record, 'Sns'), 'Message')), levels - 1);
      yield* partsOf(within(ownProperty(record, 'body')), levels - 1);
    }
  }
  for (const name of ['request', 'requestPayload', 'detail'])
    yield* partsOf(ownProperty(value, name), levels - 1);
  yield* partsOf(within(ownProperty(value, 'Message')), levels - 1);
}

/** Only a text that may hold secrets is parsed: most do not. */
const MAY_HOLD_SECRETS = /CodePipeline\.job|ResponseURL|eaders|cookies|authorizationToken/;

function within(text: unknown): unknown {
  return typeof text === 'string' && MAY_HOLD_SECRETS.test(text) ? parseObject(text) : null;
}

const SECRET_HEADERS = new Set([
  'authorization',
  'cookie',
  'x-api-key',
  'x-amz-security-token',
  'proxy-authorization',
]);

function showsAuthorisation(part: Readonly<Record<string, unknown>>): boolean {
  const names = ['headers', 'multiValueHeaders'].flatMap((name) => {
    const headers = ownProperty(part, name);
    return isObject(headers) ? Object.keys(headers) : [];
  });
  const cookies = ownProperty(part, 'cookies');
  return (
    names.some((name) => SECRET_HEADERS.has(name.toLowerCase())) ||
    (Array.isArray(cookies) && cookies.length > 0) ||
    ownString(part, 'authorizationToken') !== null
  );
}

function ofRecords(payload: Readonly<Record<string, unknown>>): PayloadOrigin | null {
  const records = ownProperty(payload, 'Records');
  const first: unknown = Array.isArray(records) ? records[0] : undefined;
  const name = ownString(first, 'eventSource') ?? ownString(first, 'EventSource') ?? '';
  return known(RECORD_SOURCES[name], bornIn(first));
}

/** When a record says that it happened: each service has a place of its own. */
function bornIn(record: unknown): number | null {
  const iso =
    ownString(record, 'eventTime') ??
    ownString(ownProperty(record, 'Sns'), 'Timestamp') ??
    ownString(ownProperty(ownProperty(record, 'ses'), 'mail'), 'timestamp');
  if (iso !== null) return isoMs(iso);
  const seconds =
    ownProperty(ownProperty(record, 'kinesis'), 'approximateArrivalTimestamp') ??
    ownProperty(ownProperty(record, 'dynamodb'), 'ApproximateCreationDateTime');
  return typeof seconds === 'number' ? timeInMs(seconds * 1000) : null;
}

function ofEventBridge(payload: Readonly<Record<string, unknown>>): PayloadOrigin | null {
  const detailType = ownString(payload, 'detail-type');
  const source = ownString(payload, 'source');
  if (detailType === null || source === null || !hasAll(payload, ['detail', 'id', 'time'])) return null;
  const isSchedule = source === 'aws.events' && detailType === 'Scheduled Event';
  return { source: isSchedule ? 'schedule' : 'eventbridge', bornAtMs: isoMs(ownString(payload, 'time')) };
}

function ofAlarm(payload: Readonly<Record<string, unknown>>): PayloadOrigin | null {
  const isAlarm =
    ownString(payload, 'source') === 'aws.cloudwatch' && ownString(payload, 'alarmArn') !== null;
  return known(isAlarm ? 'alarm' : undefined, isoMs(ownString(payload, 'time')));
}

/** API Gateway, function URLs and load balancers. */
function ofRequest(payload: Readonly<Record<string, unknown>>): PayloadOrigin | null {
  const context = ownProperty(payload, 'requestContext');
  if (!isObject(context)) return null;
  const isV1 = ownString(payload, 'httpMethod') !== null;
  const isV2 = ownString(payload, 'version') === '2.0' && ownString(payload, 'routeKey') !== null;
  if (!isV1 && !isV2) return null;
  const epochMs = ownProperty(context, 'timeEpoch') ?? ownProperty(context, 'requestTimeEpoch');
  return { source: 'api', bornAtMs: typeof epochMs === 'number' ? timeInMs(epochMs) : null };
}

/** A record that one function's destination handed to the next. */
function ofDestination(payload: Readonly<Record<string, unknown>>): PayloadOrigin | null {
  const context = ownProperty(payload, 'requestContext');
  const isRecord = ownString(context, 'functionArn') !== null && ownString(context, 'condition') !== null;
  return known(isRecord ? 'lambda' : undefined, isoMs(ownString(payload, 'timestamp')));
}

function whenAll(
  payload: Readonly<Record<string, unknown>>,
  names: readonly string[],
  source: string,
): PayloadOrigin | null {
  return hasAll(payload, names) ? { source, bornAtMs: null } : null;
}

function hasAll(payload: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => Object.hasOwn(payload, name));
}

function known(source: string | undefined, bornAtMs: number | null): PayloadOrigin | null {
  return typeof source === 'string' ? { source, bornAtMs } : null;
}

/** Only what is a time at all: hostile numbers are none. */
function timeInMs(ms: number): number | null {
  return Number.isFinite(ms) && Math.abs(ms) <= LATEST_MS ? ms : null;
}
