import { describe, expect, test } from '@jest/globals';
import type { DeadEvent } from '../../src/recovery/dead-event.ts';
import { factsOf } from '../../src/recovery/facts.ts';
import { absent, textPayload } from '../../src/recovery/payload.ts';
import { testEvent } from '../support/test-event.ts';
import { testPolicy, testRule } from '../support/test-policy.ts';

const BORN = '2026-09-21T14:00:00.000Z';
const BORN_MS = Date.parse(BORN);
const PAYLOAD = { Records: [{ eventSource: 'aws:s3', eventTime: BORN }] };
const event: DeadEvent = { ...testEvent, payload: textPayload(JSON.stringify(PAYLOAD)) };

/** What rules with these patterns see. */
function factsFor(
  change: Partial<DeadEvent>,
  ...patterns: readonly unknown[]
): Readonly<Record<string, unknown>> {
  const rules = patterns.map((when, at) => testRule(`rule ${at}`, when));
  return factsOf(
    { ...event, ...change },
    { ...testPolicy, rules },
    {
      nowMs: BORN_MS + 90_000,
      attempt: 2,
    },
  );
}

describe('the facts of a dead event', () => {
  test('are all that the policy may speak of', () => {
    const error = { code: '200', type: 'Error', message: 'boom' };
    expect(factsFor({ error }, { payload: { Records: [{ exists: true }] } })).toStrictEqual({
      form: 'lambda-dlq',
      target: 'orders',
      intake: 'orders-dlq',
      error,
      attempt: 2,
      ageSeconds: 90,
      source: 's3',
      payload: PAYLOAD,
    });
  });

  test('are left out where the event does not have them, so that a rule may ask whether they exist', () => {
    const nothing = {
      target: null,
      intake: null,
      error: { code: null, type: null, message: 'boom' },
      payload: absent('payload-missing'),
      diedAtMs: BORN_MS,
    };
    expect(factsFor(nothing, { payload: { id: [1] } })).toStrictEqual({
      form: 'lambda-dlq',
      error: { message: 'boom' },
      attempt: 2,
      ageSeconds: 90,
    });
  });
});

describe('the age', () => {
  test('counts since the event says that it happened', () => {
    expect(factsFor({ diedAtMs: BORN_MS + 80_000 })['ageSeconds']).toBe(90);
  });

  test('counts since it died where the event does not say', () => {
    const diedAtMs = BORN_MS + 80_000;
    expect(factsFor({ diedAtMs, payload: textPayload('{}') })['ageSeconds']).toBe(10);
    expect(factsFor({ diedAtMs, payload: absent('not-in-this-message') })['ageSeconds']).toBe(10);
  });

  test('is in whole seconds, of which only those count that are over', () => {
    expect(factsFor({ diedAtMs: BORN_MS + 88_001, payload: textPayload('{}') })['ageSeconds']).toBe(1);
  });

  test('is never below nothing, though clocks differ', () => {
    expect(factsFor({ diedAtMs: BORN_MS + 95_000, payload: textPayload('{}') })['ageSeconds']).toBe(0);
  });
});

describe('the payload, which costs to parse,', () => {
  const ofPayload = { payload: { id: [1] } };
  const ofTarget = { target: ['orders'] };

  test.each([
    ['its only rule', [ofPayload]],
    ['the second of its rules', [ofTarget, ofPayload]],
    ['a rule that names something else too', [{ ...ofTarget, ...ofPayload }]],
    ['one of a rule’s alternatives', [{ $or: [ofTarget, ofPayload] }]],
  ])('is looked at for %s', (_, patterns) => {
    expect(factsFor({}, ...patterns)).toHaveProperty('payload', PAYLOAD);
  });

  test.each([
    ['no rule at all', []],
    ['rules that do not name it', [ofTarget, { error: { message: ['payload'] } }]],
  ])('is not looked at for %s', (_, patterns) => {
    expect(factsFor({}, ...patterns)).not.toHaveProperty('payload');
  });

  test.each(['[{"id":1}]', '"id"', 'no JSON'])('is no fact where it has no members: %s', (text) => {
    expect(factsFor({ payload: textPayload(text) }, ofPayload)).not.toHaveProperty('payload');
  });
});
