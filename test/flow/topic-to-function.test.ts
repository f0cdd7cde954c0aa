import { afterEach, describe, expect, test } from '@jest/globals';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { randomUUID } from 'node:crypto';
import { archivedPayloads } from '../../src/demo/archive-contents.ts';
import { clientsFor } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { snsRecord } from '../support/dlq-record.ts';
import { NAMES, startLocalStack } from '../support/local-stack.ts';

let aws: LocalAws | null = null;

afterEach(async () => {
  await aws?.stop();
  aws = null;
});

async function deliver(
  local: LocalAws,
  message: string,
  body: string,
): Promise<{ error: string | undefined; answer: unknown }> {
  const topic = 'dead-letter-reprocessor-local-misnamed-failures';
  const record = snsRecord({ message, topic, requestId: randomUUID(), body });
  const { FunctionError, Payload } = await clientsFor(local).lambda.send(
    new InvokeCommand({
      FunctionName: NAMES.consumer,
      Payload: Buffer.from(JSON.stringify({ Records: [record] })),
    }),
  );
  return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) };
}

describe('a topic that delivers a dead letter straight to the consumer', () => {
  test.each([
    ['a defect', 'index.handle is undefined or not exported'],
    ['what could only wait', 'connect ECONNREFUSED 10.20.0.14:5432'],
  ])('has %s parked, byte for byte', async (_, message) => {
    aws = await startLocalStack({ triggers: false });
    const body = '{ "orderId": "o-3001",  "n": 42.50 }';
    expect(await deliver(aws, message, body)).toEqual({
      error: undefined,
      answer: { batchItemFailures: [] },
    });
    const kept = [...(await archivedPayloads(clientsFor(aws).s3, NAMES.archiveBucket, 'parked/'))];
    expect(kept).toEqual([body]);
  });

  test('has the invocation fail, so that Lambda tries it again, when the archive does not take it', async () => {
    aws = await startLocalStack({ triggers: false, editTemplate: withoutArchive });
    const { error, answer } = await deliver(aws, 'index.handle is undefined or not exported', '{}');
    expect(error).toBe('Unhandled');
    expect(answer).toMatchObject({ errorType: 'NotProvenDone' });
  });
});

test('a record without an id, which cannot be named as failed, fails its whole batch when the archive does not take it', async () => {
  aws = await startLocalStack({ triggers: false, editTemplate: withoutArchive });
  const Payload = Buffer.from(JSON.stringify({ Records: [{ eventSource: 'aws:sqs' }] }));
  const answer = await clientsFor(aws).lambda.send(
    new InvokeCommand({ FunctionName: NAMES.consumer, Payload }),
  );
  expect(answer.FunctionError).toBe('Unhandled');
});

function withoutArchive(template: unknown): unknown {
  const text = JSON.stringify(template);
  return JSON.parse(
    text.replace(`"ARCHIVE_BUCKET":"${NAMES.archiveBucket}"`, '"ARCHIVE_BUCKET":"no-such-bucket"'),
  );
}
