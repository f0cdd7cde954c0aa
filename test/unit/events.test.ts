import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logRecord } from '../../src/handlers/consumer/report.ts';
import type { Processed } from '../../src/handlers/consumer/process-batch.ts';
import { ownProperty } from '../../src/recovery/json.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { KNOWN_TARGET, SimulatedWorld } from '../support/simulated-world.ts';
import { QUEUE_PREFIX } from '../support/dlq-record.ts';

const EVENTS = join(import.meta.dirname, '..', '..', 'events');
const STACK = 'dead-letter-reprocessor-local';

/** What becomes of each record of each event file at its first look: form, category, action, outcome. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'access-denied': ['lambda-dlq misconfigured park parked'],
  'connection-refused': ['lambda-dlq transient wait waiting'],
  'delivered-twice': ['lambda-dlq transient wait waiting', 'lambda-dlq transient - in-other-hands'],
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
  'throttled-until-too-old': ['lambda-dlq transient wait waiting'],
  'undeclared-intake': ['lambda-dlq misconfigured archive archived'],
  'validation-failed': ['lambda-dlq poison archive archived'],
  'zero-reserved-concurrency': ['lambda-dlq misconfigured park parked'],
};

const policy: CompiledPolicy = {
  targets: [
    {
      key: `${STACK}-target`,
      functionName: `${STACK}-target`,
      qualifier: null,
      invocation: 'async',
    },
  ],
  intakes: [{ key: `${STACK}-target-dlq`, target: `${STACK}-target`, topic: null }],
  defaults: {
    maxAttempts: 4,
    backoff: { firstSeconds: 2, factor: 2, maxSeconds: 4 },
    maxAgeSeconds: 14 * 86_400,
  },
};

function recordsOf(file: string): Record<string, unknown>[] {
  const event: unknown = JSON.parse(readFileSync(join(EVENTS, `${file}.json`), 'utf8'));
  const records = ownProperty(event, 'Records');
  if (!Array.isArray(records)) throw new Error(`${file} is no SQS event`);
  return records.map((record: unknown) => Object.fromEntries(Object.entries(Object(record))));
}

async function look(file: string): Promise<{ world: SimulatedWorld; processed: readonly Processed[] }> {
  const world = new SimulatedWorld();
  world.policy = policy;
  world.lambda.functions.set(`${STACK}-target`, {
    ...KNOWN_TARGET,
    deadLetterArn: `${QUEUE_PREFIX}${STACK}-target-dlq`,
  });
  world.send(...recordsOf(file));
  const processed = await world.poll();
  if (processed === 'crashed') throw new Error('nobody asked for a crash');
  return { world, processed };
}

function summary({ subject, decided, outcome }: Processed): string {
  if (subject.kind === 'unreadable') return 'unreadable';
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
    const kept = world.archive.stored.map(({ entry }) => ownProperty(entry.record, 'body'));
    for (const record of recordsOf(file)) expect(kept).toContain(record['body']);
  });
});

/** The payload's longer values and numbers, or all of it where it is no JSON. */
function secretsOf(body: string): string[] {
  const values = Array.from(body.matchAll(/:\s*"?([^",}]{8,})/g), ([, value = '']) => value);
  return (body.startsWith('{') ? values : [body]).filter((value) => value.length >= 8);
}

describe('the log', () => {
  test.each(Object.keys(EXPECTED))('of %s holds no string of the payload', async (file) => {
    const lines: string[] = [];
    const { processed } = await look(file);
    for (const record of processed) {
      logRecord({ info: (...input) => lines.push(JSON.stringify(input)) }, record);
    }
    expect(lines).toHaveLength(processed.length);
    for (const record of recordsOf(file)) {
      for (const secret of secretsOf(String(record['body']))) expect(lines.join('\n')).not.toContain(secret);
    }
  });
});
