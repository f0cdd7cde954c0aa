import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logRecord } from '../../src/handlers/consumer/report.ts';
import type { Processed } from '../../src/handlers/consumer/process-batch.ts';
import { alertOf, digestOf } from '../../src/recovery/alert-text.ts';
import { ownProperty } from '../../src/recovery/json.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { KNOWN_TARGET, SimulatedWorld } from '../support/simulated-world.ts';
import { QUEUE_PREFIX } from '../support/dlq-record.ts';
import { testFunction, testIntake, testPolicy, testQueue } from '../support/test-policy.ts';

const EVENTS = join(import.meta.dirname, '..', '..', 'events');
const STACK = 'dead-letter-reprocessor-local';

/** What becomes of each record of each event file at its first look: form, category, action, outcome. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'access-denied': ['lambda-dlq misconfigured park parked'],
  'connection-refused': ['lambda-dlq transient wait waiting'],
  'delivered-twice': ['lambda-dlq transient wait waiting', 'lambda-dlq transient - in-other-hands'],
  'destination-of-a-stopped-function': ['lambda-destination misconfigured park parked'],
  'destination-of-a-success': ['lambda-destination poison archive archived'],
  'destination-of-an-undeclared-function': ['lambda-destination misconfigured archive archived'],
  'destination-of-a-wrapped-error': ['lambda-destination transient wait waiting'],
  'destination-record': ['lambda-destination exhausted reinvoke reinvoked'],
  'foreign-message': ['foreign unknown archive archived'],
  'function-deleted': ['lambda-dlq misconfigured park parked'],
  'handler-not-found': ['lambda-dlq defect park parked'],
  'imitated-dead-letter': ['foreign unknown archive archived'],
  'mixed-batch': [
    'lambda-dlq transient wait waiting',
    'lambda-dlq poison archive archived',
    'lambda-dlq defect park parked',
    'lambda-dlq poison archive archived',
    'lambda-dlq exhausted reinvoke reinvoked',
  ],
  'module-not-found': ['lambda-dlq defect park parked'],
  'nothing-known': ['lambda-dlq unknown wait waiting'],
  'out-of-memory': ['lambda-dlq exhausted reinvoke reinvoked'],
  'own-timeout': ['lambda-dlq exhausted reinvoke reinvoked'],
  'payload-is-null': ['lambda-dlq defect park parked'],
  'payload-not-json': ['lambda-dlq poison archive archived'],
  'reported-both-ways': ['lambda-dlq defect park parked', 'lambda-destination defect - waiting'],
  'throttled-until-too-old': ['lambda-dlq transient wait waiting'],
  'topic-enveloped': ['lambda-dlq defect park parked'],
  'topic-raw': ['lambda-dlq defect park parked'],
  'topic-to-function': ['lambda-dlq defect park parked'],
  'undeclared-intake': ['lambda-dlq misconfigured archive archived'],
  'validation-failed': ['lambda-dlq poison archive archived'],
  'zero-reserved-concurrency': ['lambda-dlq misconfigured park parked'],
  'bucket-test-event': ['foreign poison archive archived'],
  'bus-gave-up': ['eventbridge-bus misconfigured archive archived'],
  'credentials-of-a-caller': ['lambda-dlq transient park parked'],
  'credentials-of-a-custom-resource': ['lambda-dlq transient park parked'],
  'credentials-of-a-pipeline': ['lambda-dlq transient park parked'],
  'deeply-nested': ['lambda-dlq exhausted reinvoke reinvoked'],
  'destination-in-a-bucket': ['lambda-destination unknown archive archived'],
  'destination-through-eventbridge': ['lambda-destination transient wait waiting'],
  'iot-rule-failed': ['iot-rule unknown archive archived'],
  'iot-rule-failed-batch': ['iot-rule unknown archive archived'],
  'notification-undelivered': ['sns-subscription unknown archive archived'],
  'payload-of-a-bucket': ['lambda-dlq transient wait waiting'],
  'pipe-gave-up': ['pipe unknown archive archived'],
  'prototype-keys': ['foreign unknown archive archived'],
  'redriven-from-a-declared-queue': ['sqs-redrive unknown reinvoke reinvoked'],
  'redriven-from-an-undeclared-queue': ['sqs-redrive misconfigured archive archived'],
  'rule-not-delivered': ['eventbridge-rule transient wait waiting'],
  'rule-to-undeclared-queue': ['eventbridge-rule misconfigured archive archived'],
  'rule-without-permission': ['eventbridge-rule misconfigured park parked'],
  'schedule-cut': ['scheduler transient archive archived'],
  'schedule-not-delivered': ['scheduler transient wait waiting'],
  'schedule-of-an-api-action': ['scheduler misconfigured archive archived'],
  'stream-dynamodb': ['stream-batch unknown archive archived'],
  'stream-in-a-bucket': ['stream-batch unknown archive archived'],
  'stream-kafka': ['stream-batch unknown archive archived'],
  'stream-kinesis': ['stream-batch unknown archive archived'],
  'stream-kinesis-too-old': ['stream-batch unknown archive archived'],
  'stream-through-topic': ['stream-batch unknown archive archived'],
  'credentials-within-a-topic-event': ['lambda-dlq transient park parked'],
  'destination-record-of-a-queue': ['lambda-destination misconfigured archive archived'],
  'redriven-with-attributes-of-others': ['sqs-redrive unknown reinvoke reinvoked'],
  'stream-kafka-hostile': ['stream-batch unknown archive archived'],
  'stream-of-the-last-moment': ['stream-batch unknown archive archived'],
};

const TARGETS = ['target', 'misnamed', 'reported'].map((name) => testFunction(`${STACK}-${name}`));

const policy: CompiledPolicy = {
  ...testPolicy,
  targets: [...TARGETS, testQueue('orders', `${STACK}-orders`)],
  intakes: [
    testIntake(`${STACK}-target-dlq`, `${STACK}-target`),
    testIntake(`${STACK}-misnamed-dlq`, `${STACK}-misnamed`, { topic: `${STACK}-misnamed-failures` }),
    testIntake(`${STACK}-reported-dlq`, `${STACK}-reported`),
    testIntake(`${STACK}-orders-dlq`, 'orders'),
  ],
  defaults: { ...testPolicy.defaults, backoff: { firstSeconds: 2, factor: 2, maxSeconds: 4 } },
};

function recordsOf(file: string): Record<string, unknown>[] {
  const event: unknown = JSON.parse(readFileSync(join(EVENTS, `${file}.json`), 'utf8'));
  const records = ownProperty(event, 'Records');
  if (!Array.isArray(records)) throw new Error(`${file} is no SQS event`);
  return records.map((record: unknown) => Object.fromEntries(Object.entries(Object(record))));
}

/** The texts that the records carry; of a death that is reported both ways, those of the dead letter. */
function payloadsOf(file: string): string[] {
  const texts = recordsOf(file).map(
    (record) => ownProperty(record, 'body') ?? ownProperty(record['Sns'], 'Message'),
  );
  return texts.slice(0, file === 'reported-both-ways' ? 1 : texts.length).map(String);
}

async function look(file: string): Promise<{ world: SimulatedWorld; processed: readonly Processed[] }> {
  const world = new SimulatedWorld();
  world.policy = policy;
  world.nowMs = Date.parse('2026-11-24T08:00:01.000Z'); // just after the events of the files died
  for (const { functionName } of TARGETS) {
    world.lambda.functions.set(functionName, {
      ...KNOWN_TARGET,
      deadLetterArn: `${QUEUE_PREFIX}${functionName}-dlq`,
      onFailureArn: functionName.endsWith('reported') ? `${QUEUE_PREFIX}${functionName}-dlq` : null,
    });
  }
  world.send(...recordsOf(file));
  const processed = await world.poll();
  if (processed === 'crashed') throw new Error('nobody asked for a crash');
  return { world, processed };
}

function summary({ subject, decided, outcome }: Processed): string {
  if (subject.kind === 'unopened') return subject.why;
  const came = outcome.kind === 'done' ? outcome.how : outcome.why;
  return [subject.event.form, subject.judgement.category, decided?.decision.action ?? '-', came].join(' ');
}

describe('the event files', () => {
  test('are all in the table', () => {
    const files = readdirSync(EVENTS).filter((name) => name.endsWith('.json'));
    expect(files.map((name) => name.replace('.json', '')).toSorted()).toEqual(
      Object.keys(EXPECTED).toSorted(),
    );
  });

  test.each(Object.keys(EXPECTED))('%s meets what it should', async (file) => {
    const { processed } = await look(file);
    expect(processed.map(summary)).toEqual(EXPECTED[file]);
  });

  test.each(Object.keys(EXPECTED))('%s leaves the queue with nothing lost in the end', async (file) => {
    const { world } = await look(file);
    await world.drain();
    const kept = JSON.stringify(world.archive.stored.map(({ entry }) => entry.record));
    for (const payload of payloadsOf(file)) expect(kept).toContain(JSON.stringify(payload).slice(1, -1));
  });
});

/** The longer values and numbers of an event's payload; all of the text where it is no JSON. */
function secretsIn({ subject }: Processed): string[] {
  if (subject.kind === 'unopened') return [];
  const { payload, form } = subject.event;
  if (payload.kind === 'absent') return form === 'lambda-dlq' ? [subject.letter.body] : [];
  if (subject.letter.body.length > 5000) return []; // nesting alone, no value
  const values = Array.from(payload.text.matchAll(/:\s*"?([^",}]{8,})/g), ([, value = '']) => value);
  return values.filter((value) => value.length >= 8);
}

describe('the log', () => {
  test.each(Object.keys(EXPECTED))('of %s holds no string of the payload', async (file) => {
    const lines: string[] = [];
    const { processed } = await look(file);
    for (const record of processed) {
      logRecord({ info: (...input) => lines.push(JSON.stringify(input)) }, record);
    }
    expect(lines).toHaveLength(processed.length);
    for (const secret of processed.flatMap(secretsIn)) expect(lines.join('\n')).not.toContain(secret);
  });
});

describe('the alerts', () => {
  test.each(Object.keys(EXPECTED))('of %s hold no string of the payload', async (file) => {
    const { world, processed } = await look(file);
    await world.drain();
    const { alerts: pending } = await world.ledger.outbox.pending();
    const sender = { service: 's', region: 'r', archiveBucket: 'b' };
    const text = JSON.stringify([
      ...pending.map((alert) => alertOf(alert, sender)),
      digestOf(pending, sender),
    ]);
    for (const secret of processed.flatMap(secretsIn)) expect(text).not.toContain(secret);
  });
});
