import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Hider } from '../../src/recovery/ports.ts';

/** A queue whose messages can be counted and received. */
export type QueueUnderTest = {
  readonly port: Hider;
  readonly queueArn: string;
  /** Sends that many messages and receives them: gives their receipt handles. */
  readonly receiveNew: (count: number) => Promise<readonly string[]>;
  /** Receives once more: how many messages are visible. */
  readonly countVisible: () => Promise<number>;
};

/** What every queue does for the product. */
export function queueContract(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`the queue (${name})`, () => {
    let queue: QueueUnderTest;

    beforeEach(async () => {
      queue = await open();
    });

    test('shows again what is hidden for no time, and not what is hidden for longer', async () => {
      const handles = await queue.receiveNew(3);
      expect(await queue.port.hide(queue.queueArn, all(handles, 3600))).toEqual(new Set());
      expect(await queue.countVisible()).toBe(0);
      expect(await queue.port.hide(queue.queueArn, all(handles.slice(0, 2), 0))).toEqual(new Set());
      expect(await queue.countVisible()).toBe(2);
    });

    test('hides any number of messages', async () => {
      const handles = await queue.receiveNew(25);
      expect(await queue.port.hide(queue.queueArn, all(handles, 0))).toEqual(new Set());
      expect(await queue.countVisible()).toBe(25);
    });

    test('says which messages it could not hide, and hides the others', async () => {
      const [handle = ''] = await queue.receiveNew(1);
      const failed = await queue.port.hide(queue.queueArn, all(['no-handle-of-ours', handle], 0));
      expect(failed).toEqual(new Set(['no-handle-of-ours']));
      expect(await queue.countVisible()).toBe(1);
    });

    test('hides nothing when there is nothing to hide', async () => {
      expect(await queue.port.hide(queue.queueArn, [])).toEqual(new Set());
    });
  });
}

function all(handles: readonly string[], seconds: number): { receiptHandle: string; seconds: number }[] {
  return handles.map((receiptHandle) => ({ receiptHandle, seconds }));
}
