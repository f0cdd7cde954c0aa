import { describe, expect, test } from '@jest/globals';
import type { DeadEvent } from '../../src/recovery/dead-event.ts';
import { judge } from '../../src/recovery/judge.ts';
import { absent } from '../../src/recovery/payload.ts';
import type { CompiledPolicy, PolicyRule } from '../../src/recovery/policy.ts';
import { testEvent } from '../support/test-event.ts';
import { testPolicy, testRule } from '../support/test-policy.ts';

const NOW_MS = testEvent.diedAtMs + 60_000;
const SILENT = { code: null, type: null, message: null };
const REFUSED = { code: '200', type: null, message: 'connect ECONNREFUSED 10.0.0.7:5432' };
const NOW = { nowMs: NOW_MS, attempt: 1 };
const CONNECTION_REFUSED = { category: 'transient', rule: 'connection-refused' };
const NOTHING_KNOWN = { category: 'unknown', rule: 'nothing-known' };
const ALL_EVENTS = { form: [{ exists: true }] };

function policyWith(...rules: PolicyRule[]): CompiledPolicy {
  return { ...testPolicy, rules };
}

function judged(change: Partial<DeadEvent>, policy = testPolicy): unknown {
  return judge({ ...testEvent, ...change }, policy, NOW);
}

describe('what may not run is misconfigured, whatever its error and the rules of the policy say:', () => {
  test.each([
    ['an intake that nobody declares', { intake: null }, 'intake-not-declared'],
    ['a sender that nobody declares', { senderIsDeclared: false }, 'sender-not-declared'],
    ['a target that nobody declares', { target: null }, 'target-not-declared'],
    [
      'a stranger, before the target that it names',
      { senderIsDeclared: false, target: null },
      'sender-not-declared',
    ],
    [
      'an undeclared intake, before all that came through it',
      { intake: null, senderIsDeclared: false, target: null },
      'intake-not-declared',
    ],
  ])('%s', (_, change, rule) => {
    const policy = policyWith(testRule('all', ALL_EVENTS, { category: 'transient', action: 'reinvoke' }));
    expect(judged({ error: REFUSED, ...change }, policy)).toEqual({ category: 'misconfigured', rule });
  });

  test('but an event that is not there needs no target to be judged', () => {
    const payload = absent('not-in-this-message');
    expect(judged({ target: null, error: REFUSED, payload })).toEqual(CONNECTION_REFUSED);
  });
});

describe('a rule of the policy', () => {
  test('that says a category says no more', () => {
    const policy = policyWith(testRule('r', ALL_EVENTS, { category: 'poison' }));
    expect(judged({ error: REFUSED }, policy)).toEqual({ category: 'poison', rule: 'r' });
  });

  test('that says what is done leaves the category to the built-in knowledge', () => {
    const policy = policyWith(testRule('r', ALL_EVENTS, { action: 'park' }));
    expect(judged({ error: REFUSED }, policy)).toEqual({
      category: 'transient',
      rule: 'r',
      override: { action: 'park', isManual: false },
    });
  });

  test('that leaves the release to a person says so alone', () => {
    const policy = policyWith(testRule('r', ALL_EVENTS, { isManual: true }));
    expect(judged({ error: REFUSED }, policy)).toEqual({
      category: 'transient',
      rule: 'r',
      override: { action: null, isManual: true },
    });
  });

  test('is the first that matches, and where none does the built-in knowledge stands', () => {
    const policy = policyWith(
      testRule('others', { target: ['payouts'] }, { category: 'poison' }),
      testRule('refused', { error: { message: [{ prefix: 'connect' }] } }, { category: 'defect' }),
      testRule('all orders', { target: ['orders'], error: { message: ['boom'] } }, { category: 'poison' }),
    );
    expect(judged({ error: REFUSED }, policy)).toEqual({ category: 'defect', rule: 'refused' });
    expect(judged({}, policy)).toEqual({ category: 'poison', rule: 'all orders' });
    expect(judged({ error: SILENT }, policy)).toEqual(NOTHING_KNOWN);
  });

  test('sees how long ago the event died', () => {
    const policy = policyWith(
      testRule('old', { ageSeconds: [{ numeric: ['>=', 60] }] }, { category: 'expired' }),
    );
    expect(judge(testEvent, policy, NOW)).toEqual({ category: 'expired', rule: 'old' });
    expect(judge(testEvent, policy, { ...NOW, nowMs: NOW_MS - 1 })).toEqual(NOTHING_KNOWN);
  });

  test('sees the facts that are given in the place of the event’s own', () => {
    const policy = policyWith(testRule('payouts', { target: ['payouts'] }, { category: 'poison' }));
    expect(judge(testEvent, policy, NOW, { target: 'payouts' })).toEqual({
      category: 'poison',
      rule: 'payouts',
    });
  });
});

describe('what the record shows', () => {
  test.each([
    ['s3-test-event', 'poison'],
    ['payload-not-json', 'poison'],
    ['not-a-failure', 'poison'],
    ['foreign-record', 'unknown'],
  ] as const)('beats the error where there is nothing to bring back: %s', (reason, category) => {
    for (const error of [SILENT, REFUSED]) {
      expect(judged({ error, payload: absent(reason) })).toEqual({ category, rule: reason });
    }
  });

  test.each(['not-in-this-message', 'not-what-the-target-got', 'payload-truncated'] as const)(
    'is the rule only where the error tells nothing: %s',
    (reason) => {
      const payload = absent(reason);
      expect(judged({ error: SILENT, payload })).toEqual({ category: 'unknown', rule: reason });
      expect(judged({ error: REFUSED, payload })).toEqual(CONNECTION_REFUSED);
    },
  );

  test('a record that should have held its event is judged by its error alone', () => {
    const payload = absent('payload-missing');
    expect(judged({ error: REFUSED, payload })).toEqual(CONNECTION_REFUSED);
    expect(judged({ error: SILENT, payload })).toEqual(NOTHING_KNOWN);
  });

  test('what SQS moved without a word of why is named so, and nothing is said of its cause', () => {
    expect(judged({ form: 'sqs-redrive', error: SILENT })).toEqual({
      category: 'unknown',
      rule: 'redriven-by-sqs',
    });
    expect(judged({ error: SILENT })).toEqual(NOTHING_KNOWN);
  });
});
