import { beforeEach, describe, expect, test } from '@jest/globals';
import type { QueueTarget } from '../../src/recovery/policy.ts';
import type { Giver } from '../../src/recovery/ports.ts';
import type { QueueMessage } from '../../src/recovery/queue-message.ts';

export type ReceivedMessage = {
  readonly id: string;
  readonly body: string;
  /** Attributes as text: `TYPE VALUE`, binary ones in base64. */
  readonly attributes: Readonly<Record<string, string>>;
};

export type GiverUnderTest = {
  readonly port: Giver;
  readonly besideArn: string;
  readonly target: QueueTarget;
  readonly received: (count: number) => Promise<readonly ReceivedMessage[]>;
};

export function messageOf(body: string, attributes?: unknown): QueueMessage {
  return { body, attributes, groupId: null, deduplicationId: 'never-used' };
}

/** What everything that gives messages back to queues does. */
export function giverContract(name: string, open: () => Promise<GiverUnderTest>): void {
  describe(`giving messages back (${name})`, () => {
    let subject: GiverUnderTest;

    beforeEach(async () => {
      subject = await open();
    });

    test('sends body and attributes as they are, and gives the id that the queue gave', async () => {
      const { port, target, besideArn, received } = subject;
      const body = '{ "amount": 42.50,  "n": 12345678901234567890, "text": "é 😀 \\u00e9" }';
      const attributes = {
        tenant: { stringValue: 'blue', dataType: 'String.tenant' },
        weight: { stringValue: '7.50', dataType: 'Number' },
        stamp: { binaryValue: 'AAEC/w==', dataType: 'Binary.png' },
      };
      const [result] = await port.give(target, besideArn, [messageOf(body, attributes)]);
      const [message] = await received(1);
      expect(result).toEqual({ kind: 'accepted', requestId: message?.id });
      expect(message).toMatchObject({
        body,
        attributes: {
          tenant: 'String.tenant blue',
          weight: 'Number 7.50',
          stamp: 'Binary.png AAEC/w==',
        },
      });
    });

    test('sends more than a batch takes, each in its place', async () => {
      const { port, target, besideArn, received } = subject;
      const bodies = Array.from({ length: 23 }, (_, n) => `message ${n}`);
      const results = await port.give(
        target,
        besideArn,
        bodies.map((body) => messageOf(body)),
      );
      expect(results.map(({ kind }) => kind)).toEqual(bodies.map(() => 'accepted'));
      const byId = new Map((await received(23)).map(({ id, body }) => [id, body]));
      const sent = results.map((result) => (result.kind === 'accepted' ? byId.get(result.requestId) : null));
      expect(sent).toEqual(bodies);
    });

    test('sends nothing when there is nothing to send', async () => {
      const { port, target, besideArn } = subject;
      expect(await port.give(target, besideArn, [])).toEqual([]);
    });
  });
}
