import { afterEach, describe, expect, test } from '@jest/globals';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { archivedPayloads } from '../../src/demo/archive-contents.ts';
import { clientsFor } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { sendDeadLetter } from '../support/dead-letter.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES, startLocalStack } from '../support/local-stack.ts';

const TIMED_OUT = 'RequestId: 1 Error: Task timed out after 3.00 seconds';
const INVALID = 'Validation failed: quantity must be a positive integer';

/** The consumer must have more than its least time left; the queue then shows the message again soon after the crash. */
const TIMEOUT_SECONDS = 12;

/** Makes a crashed consumer's messages come back within seconds. */
function impatient(template: unknown): unknown {
  return JSON.parse(
    JSON.stringify(template)
      .replaceAll(/"VisibilityTimeout":\d+/g, `"VisibilityTimeout":${TIMEOUT_SECONDS}`)
      .replace('"Timeout":25', `"Timeout":${TIMEOUT_SECONDS}`),
  );
}

let aws: LocalAws | null = null;

afterEach(async () => {
  await aws?.stop();
  aws = null;
});

/** Sends one dead event, kills the consumer's process once at the given call, and waits until the queue is empty. */
async function crashAt(
  isCrashPoint: (call: { service: string; action: string }) => boolean,
  message: string,
): Promise<{ local: LocalAws; payload: string; successes: number; crashes: number }> {
  let crashes = 0;
  const local = await startLocalStack({
    editTemplate: impatient,
    afterCall: async (call) => {
      if (crashes > 0 || !isCrashPoint(call)) return;
      crashes++;
      await local.killEnvironments(NAMES.consumer);
    },
  });
  aws = local;
  const payload = JSON.stringify({ do: 'return', orderId: randomUUID() });
  const { sqs } = clientsFor(local);
  const QueueUrl = await sendDeadLetter(sqs, { requestId: randomUUID(), message, body: payload });
  await eventually(async () => {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
    );
    return crashes > 0 && AttributeNames.every((name) => Attributes[name] === '0');
  });
  const successes = local
    .invocations()
    .filter((run) => run.functionName === NAMES.target && run.payload === payload).length;
  return { local, payload, successes, crashes };
}

describe('a consumer whose process is killed', () => {
  test('after the target took the event, before anybody wrote it down, hands it over once more and loses nothing', async () => {
    const { local, payload, successes } = await crashAt(
      ({ service, action }) => service === 'lambda' && action.endsWith('/invocations'),
      TIMED_OUT,
    );
    expect(successes).toBe(2); // the documented crash point
    expect(await archivedPayloads(clientsFor(local).s3, NAMES.archiveBucket, 'accepted/')).toContain(payload);
  });

  test('after the archive took the event, before it was acknowledged, keeps it and calls nobody', async () => {
    const { local, payload, successes } = await crashAt(
      ({ service, action }) => service === 's3' && action.startsWith('PUT'),
      INVALID,
    );
    expect(successes).toBe(0);
    expect(await archivedPayloads(clientsFor(local).s3, NAMES.archiveBucket, 'archived/')).toContain(payload);
  });

  test('after it took the claim, before it did anything, brings the event back when the lease has run out', async () => {
    const { successes } = await crashAt(
      ({ service, action }) => service === 'dynamodb' && action === 'UpdateItem',
      TIMED_OUT,
    );
    expect(successes).toBe(1);
  });
});
