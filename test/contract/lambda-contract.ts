import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FunctionTarget } from '../../src/recovery/policy.ts';
import type { Reinvoker, TargetReader } from '../../src/recovery/ports.ts';
import { testFunction } from '../support/test-policy.ts';

/** A Lambda with one function whose dead-letter queue is known. */
export type LambdaUnderTest = {
  readonly port: Reinvoker & TargetReader;
  readonly functionName: string;
  readonly deadLetterArn: string;
  /** The payloads that the function has been handed, with their request ids, once `count` of them are there. */
  readonly received: (count: number) => Promise<readonly { payload: string; requestId: string | null }[]>;
};

/** What every Lambda does for the product. */
export function lambdaContract(name: string, open: () => Promise<LambdaUnderTest>): void {
  describe(`Lambda (${name})`, () => {
    let lambda: LambdaUnderTest;

    beforeEach(async () => {
      lambda = await open();
    });

    function target(change: Partial<FunctionTarget> = {}): FunctionTarget {
      return testFunction(lambda.functionName, { key: 'orders', ...change });
    }

    test('takes a payload byte for byte and gives the request id under which it runs', async () => {
      const payload = '{ "do":"return", "orderId":"é 😀 \\u00e9", "n": 42.50, "big": 12345678901234567890 }';
      const result = await lambda.port.reinvoke(target(), payload);
      expect(result.kind).toBe('accepted');
      const [run] = await lambda.received(1);
      expect(run).toEqual({ payload, requestId: result.kind === 'accepted' ? result.requestId : '' });
    });

    test('rejects a function that it does not have, and a qualifier that the function does not have', async () => {
      for (const wrong of [{ functionName: 'nobody' }, { qualifier: 'no-such-alias' }]) {
        expect(await lambda.port.reinvoke(target(wrong), '{}')).toEqual({
          kind: 'rejected',
          error: 'ResourceNotFoundException',
        });
      }
    });

    test('rejects a payload above the limit of asynchronous events', async () => {
      const payload = JSON.stringify('x'.repeat(1024 * 1024));
      expect(await lambda.port.reinvoke(target(), payload)).toEqual({
        kind: 'rejected',
        error: 'RequestTooLargeException',
      });
    });

    test('tells what a hand-over depends on', async () => {
      expect(await lambda.port.facts(target())).toEqual({
        kind: 'known',
        timeoutSeconds: 3,
        deadLetterArn: lambda.deadLetterArn,
        onFailureArn: null,
        onSuccessArn: null,
        retries: 2,
        maxEventAgeSeconds: 21_600,
      });
    });

    test('tells that a function or its qualifier is missing', async () => {
      expect(await lambda.port.facts(target({ functionName: 'nobody' }))).toEqual({ kind: 'missing' });
      expect(await lambda.port.facts(target({ qualifier: 'no-such-alias' }))).toEqual({ kind: 'missing' });
    });
  });
}
