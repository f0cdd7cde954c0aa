import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMS } from '../../src/recovery/dead-event.ts';
import { explainLetter, type Explanation } from '../../src/recovery/explain.ts';
import { readLetter } from '../../src/recovery/forms/read-letter.ts';
import { isObject, ownProperty } from '../../src/recovery/json.ts';
import { openEnvelope, parseLetter } from '../../src/recovery/letter.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';

/** Mutates real records at random and says what reading them did that it must not. A seed gives the same run again. */

const EVENTS = join(import.meta.dirname, '..', '..', 'events');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type FuzzReport = {
  readonly records: number;
  /** What went wrong, each with the record that shows it. */
  readonly faults: readonly string[];
  readonly slowestMs: number;
  /** How many records were read as each form. */
  readonly forms: Readonly<Record<string, number>>;
};

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Chance = { readonly random: () => number; readonly pick: Pick };

function chanceFrom(seed: number): Chance {
  const random = randomFrom(seed);
  return {
    random,
    pick: (list) => {
      const found = list[Math.floor(random() * list.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
  };
}

/** Gives one mutated record after the other. */
export function mutator(seed: number): () => Record<string, Json> {
  const { random, pick } = chanceFrom(seed);
  const records = seedRecords();
  return () => {
    const mutated = structuredClone(pick(records));
    for (let times = 1 + Math.floor(random() * 3); times > 0; times--) mutateInside(mutated, random, pick);
    return mutated;
  };
}

/** The records of the project's own events: at least one of each form. */
export function seedRecords(): readonly Record<string, Json>[] {
  const files = readdirSync(EVENTS).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) => {
    const event: { Records: Record<string, Json>[] } = JSON.parse(readFileSync(join(EVENTS, name), 'utf8'));
    return event.Records;
  });
}

/** Runs `count` mutations; stops collecting faults at ten. */
export function fuzzForms(count: number, seed: number, policy: CompiledPolicy): FuzzReport {
  const { random, pick } = chanceFrom(seed);
  const records = seedRecords();
  const faults: string[] = [];
  const forms: Record<string, number> = {};
  let slowestMs = 0;
  for (let run = 0; run < count && faults.length < 10; run++) {
    const original = pick(records);
    const isHarmless = random() < 0.3;
    const mutated = structuredClone(original);
    if (isHarmless) mutateOutside(mutated, random, pick);
    else
      for (let times = 1 + Math.floor(random() * 3); times > 0; times--) mutateInside(mutated, random, pick);
    const startedMs = performance.now();
    const fault = faultOf(original, mutated, isHarmless, policy, forms);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    if (fault !== null) faults.push(`${fault}: ${JSON.stringify(mutated).slice(0, 2000)}`);
  }
  return { records: count, faults, slowestMs, forms };
}

function faultOf(
  original: Record<string, Json>,
  mutated: Record<string, Json>,
  isHarmless: boolean,
  policy: CompiledPolicy,
  forms: Record<string, number>,
): string | null {
  try {
    const after = explained(mutated, policy);
    const form = after?.form ?? 'unreadable';
    forms[form] = (forms[form] ?? 0) + 1;
    if (after !== null && !FORMS.some((known) => known === after.form))
      return `a form of its own, ${after.form}`;
    if (isHarmless) {
      const before = explained(original, policy);
      if (same(before) !== same(after)) return `${same(after)} instead of ${same(before)}`;
    }
    return ofOtherBytes(mutated, policy);
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function same(one: Explanation | null): string {
  return JSON.stringify([one?.form, one?.target, one?.payloadSha256]);
}

function explained(record: Record<string, Json>, policy: CompiledPolicy): Explanation | null {
  const letter = parseLetter(record);
  return letter === null ? null : explainLetter(letter, letter.messageId, policy, 1_790_000_000_000);
}

/** The payload must be text of the message: all of it, of the one envelope within it, or a stretch of either. */
function ofOtherBytes(record: Record<string, Json>, policy: CompiledPolicy): string | null {
  const letter = parseLetter(record);
  if (letter === null) return null;
  const { payload } = readLetter(letter, policy, 0);
  if (payload.kind === 'absent') return null;
  const envelope = parse(letter.body);
  const within = isObject(envelope) ? (openEnvelope(letter, envelope)?.body ?? '') : '';
  const batches = [letter.body, within].map((text) => ownProperty(parse(text), 'payload'));
  const isThere =
    letter.body.includes(payload.text) || within.includes(payload.text) || batches.includes(payload.text);
  return isThere ? null : `a payload of other bytes, ${payload.text.slice(0, 200)}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type Pick = <T>(list: readonly T[]) => T;

/** Changes what no form reads. */
function mutateOutside(record: Record<string, Json>, random: () => number, pick: Pick): void {
  pick([
    () => (record['md5OfBody'] = wild(random, pick)),
    () => (record['receiptHandle'] = 'another'),
    () => (record['awsRegion'] = wild(random, pick)),
    () => (record['__extra'] = wild(random, pick)),
    () => into(record, 'attributes', 'AWSTraceHeader', 'Root=1-0-0;Lineage=1:a:0'),
    () => into(record, 'attributes', 'NewIn2027', wild(random, pick)),
    () => into(record, 'messageAttributes', 'traceparent', { stringValue: '00-0-0-00', dataType: 'String' }),
    () => into(record, 'messageAttributes', 'prototype', wild(random, pick)),
    () => into(record, 'messageAttributes', 'toString', wild(random, pick)),
  ])();
}

function into(record: Record<string, Json>, part: string, name: string, value: Json): void {
  const found = record[part];
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) found[name] = value;
}

/** Changes anything: types, texts, structure. */
function mutateInside(record: Record<string, Json>, random: () => number, pick: Pick): void {
  const body = typeof record['body'] === 'string' ? record['body'] : '';
  const at = Math.floor(random() * (body.length + 1));
  pick([
    () => (record['body'] = body.slice(0, at)),
    () => (record['body'] = body.slice(0, at) + pick(FRAGMENTS) + body.slice(at)),
    () => (record['body'] = body.slice(0, at) + body.slice(at + 1 + Math.floor(random() * 20))),
    () => (record['body'] = body + body),
    () => (record['body'] = JSON.stringify(body)),
    () =>
      (record['body'] = JSON.stringify({
        Type: 'Notification',
        TopicArn: 't',
        MessageId: 'm',
        Message: body,
      })),
    () => (record['body'] = mutatedJson(body, random, pick)),
    () => (record['body'] = mutatedJson(body, random, pick)),
    () =>
      (record[pick(['body', 'messageId', 'attributes', 'messageAttributes', 'eventSourceARN', 'Sns'])] = wild(
        random,
        pick,
      )),
    () => delete record[pick(Object.keys(record).concat('body'))],
    () =>
      into(record, 'messageAttributes', pick(ATTRIBUTE_NAMES), {
        stringValue: pick(FRAGMENTS),
        dataType: 'String',
      }),
    () => into(record, 'messageAttributes', pick(ATTRIBUTE_NAMES), wild(random, pick)),
    () =>
      into(
        record,
        'attributes',
        pick(['DeadLetterQueueSourceArn', 'SentTimestamp', 'SenderId']),
        wild(random, pick),
      ),
    () => {
      record['messageAttributes'] = Object.fromEntries(
        Array.from({ length: 1000 }, (_, n) => [`name${n}`, { stringValue: 'x', dataType: 'String' }]),
      );
    },
  ])();
}

/** Above this a text of the events is nothing but nesting, which JSON.stringify cannot write. */
const DEEP_CHARACTERS = 8_000;

/** A value somewhere within a JSON text replaced or taken away; keys too. */
function mutatedJson(text: string, random: () => number, pick: Pick): string {
  const value = parse(text);
  if (typeof value !== 'object' || value === null || text.length > DEEP_CHARACTERS) return text;
  let place: object = value;
  for (let depth = Math.floor(random() * 4); depth > 0; depth--) {
    const inner = Object.values(place).filter(
      (one): one is object => typeof one === 'object' && one !== null,
    );
    if (inner.length === 0) break;
    place = pick(inner);
  }
  const key = pick([...Object.keys(place), pick(ATTRIBUTE_NAMES), '__proto__', 'constructor', 'payload']);
  if (random() < 0.3) Reflect.deleteProperty(place, key);
  else
    Object.defineProperty(place, key, {
      value: wild(random, pick),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return JSON.stringify(value);
}

const ATTRIBUTE_NAMES = [
  'RequestID',
  'ErrorCode',
  'ErrorMessage',
  'RULE_ARN',
  'TARGET_ARN',
  'SCHEDULE_ARN',
  'SUBSCRIBER_ARN',
  'BUS_ARN',
  'IS_PAYLOAD_TRUNCATED',
  'requestContext',
  'requestPayload',
  'detail',
  'version',
  'KinesisBatchInfo',
  'failures',
  'Message',
] as const;

const FRAGMENTS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ',',
  ':',
  '\u0000',
  '\ud83d',
  '\udc00',
  'null',
  '1e999',
  '"__proto__":{"x":1},',
  '"requestPayload":{"forged":true},',
  '"requestPayload" : 1,',
  '[[[[[[[[[[[[[[[[[[[[',
  'arn:aws:lambda:eu-west-1:000000000000:function:dead-letter-reprocessor-local-target',
  '(a+)+$'.repeat(50),
  ' '.repeat(2000),
] as const;

function wild(random: () => number, pick: Pick): Json {
  return pick<() => Json>([
    () => null,
    () => true,
    () => random() * 1e12,
    () => -1,
    () => '',
    () => pick(FRAGMENTS),
    () => 'x'.repeat(20_000),
    () => [],
    () => ({}),
    () => [null, [null], { a: [] }],
    () => nested(200),
    () => ({ stringValue: null, dataType: 7 }),
  ])();
}

function nested(depth: number): Json {
  let value: Json = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
