import { describe, expect, test } from '@jest/globals';
import { chooseHandover, type TargetFacts } from '../../src/recovery/handover.ts';
import type { FunctionTarget } from '../../src/recovery/policy.ts';
import { QUEUE_PREFIX } from '../support/dlq-record.ts';
import { KNOWN_TARGET } from '../support/simulated-world.ts';
import { testFunction, testIntake, testPolicy } from '../support/test-policy.ts';

const INTAKE = `${QUEUE_PREFIX}orders-dlq`;
const SMALL = { sourceArn: INTAKE, payloadBytes: 100, form: 'lambda-dlq' as const };

function target(invocation: FunctionTarget['invocation']): FunctionTarget {
  return testFunction('orders', { invocation });
}

function facts(change: Partial<typeof KNOWN_TARGET>): TargetFacts {
  return { ...KNOWN_TARGET, ...change };
}

function kindOf(invocation: FunctionTarget['invocation'], known: TargetFacts, event = SMALL): string {
  const handover = chooseHandover(testPolicy, target(invocation), known, event);
  return handover.kind === 'impossible' ? handover.reason : handover.kind;
}

describe('auto', () => {
  test('is synchronous, since only then the result is known', () => {
    expect(kindOf('auto', facts({}))).toBe('sync');
  });

  test('is asynchronous for a target with an OnSuccess destination, which a synchronous call never fires', () => {
    expect(kindOf('auto', facts({ onSuccessArn: `${QUEUE_PREFIX}done` }))).toBe('async');
  });

  test('is asynchronous for a target that runs too long to be waited for', () => {
    expect(kindOf('auto', facts({ timeoutSeconds: 300 }))).toBe('sync');
    expect(kindOf('auto', facts({ timeoutSeconds: 301 }))).toBe('async');
  });
});

describe('an asynchronous hand-over', () => {
  test('is allowed when the dead-letter queue or the failure destination is a declared intake', () => {
    expect(kindOf('async', facts({ deadLetterArn: INTAKE }))).toBe('async');
    expect(kindOf('async', facts({ deadLetterArn: null, onFailureArn: INTAKE }))).toBe('async');
  });

  test.each([
    ['there is none', null],
    ['it is a queue that nobody declared', `${QUEUE_PREFIX}other`],
    ['it is an intake of another account', INTAKE.replace('000000000000', '111111111111')],
    ['it is an intake of another region', INTAKE.replace('eu-west-1', 'us-east-1')],
    ['it is a topic', 'arn:aws:sns:eu-west-1:000000000000:orders-dlq'],
  ])('is refused when %s', (_, deadLetterArn) => {
    expect(kindOf('async', facts({ deadLetterArn }))).toBe('no-way-back');
  });

  test('is refused for a payload that its dead-letter queue could not take back with its attributes', () => {
    const limit = 1024 * 1024 - 4 * 1024;
    expect(kindOf('async', facts({}), { ...SMALL, payloadBytes: limit })).toBe('async');
    expect(kindOf('async', facts({}), { ...SMALL, payloadBytes: limit + 1 })).toBe('no-way-back');
  });

  test('is refused for a payload that its topic or its destination could not take back', () => {
    const policy = {
      ...testPolicy,
      intakes: [testIntake('orders-dlq', 'orders', { topic: 'orders-failures' })],
    };
    const topicArn = 'arn:aws:sns:eu-west-1:000000000000:orders-failures';
    const kindFor = (change: Partial<typeof KNOWN_TARGET>, payloadBytes: number): string =>
      chooseHandover(policy, target('async'), facts(change), { ...SMALL, payloadBytes }).kind;
    expect(kindFor({ deadLetterArn: topicArn }, 252 * 1024)).toBe('async');
    expect(kindFor({ deadLetterArn: topicArn }, 252 * 1024 + 1)).toBe('impossible');
    expect(kindFor({ deadLetterArn: null, onFailureArn: INTAKE }, 512 * 1024)).toBe('async');
    expect(kindFor({ deadLetterArn: null, onFailureArn: INTAKE }, 512 * 1024 + 1)).toBe('impossible');
  });

  test('knows how long a death can take to come back', () => {
    const handover = chooseHandover(testPolicy, target('async'), facts({ maxEventAgeSeconds: 3600 }), SMALL);
    expect(handover).toEqual({ kind: 'async', deathWindowMs: (3600 + 3 * 3 + 300) * 1000 });
  });

  test('is refused when the target is gone or may not be read', () => {
    expect(kindOf('async', { kind: 'missing' })).toBe('target-missing');
    expect(kindOf('sync', { kind: 'denied' })).toBe('target-unreadable');
  });
});
