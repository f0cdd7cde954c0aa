import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { subscribeTo, type ReceivedAlert } from '../../src/demo/alerts.ts';
import { archivedPayloads } from '../../src/demo/archive-contents.ts';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { sdkSettings } from '../../src/local/sdk-settings.ts';
import { sendDeadLetter } from '../support/dead-letter.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES, startLocalStack } from '../support/local-stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const TIMED_OUT = 'RequestId: 1 Error: Task timed out after 3.00 seconds';
const INVALID = 'Validation failed: quantity must be a positive integer';
const PAUSE = { pk: 'pause', sk: 'all' };

let aws: LocalAws;
let clients: Clients;

beforeEach(async () => {
  aws = await startLocalStack();
  clients = clientsFor(aws);
});

afterEach(() => aws.stop());

/** Puts a dead letter into the target's dead-letter queue; gives its payload. */
async function sendDead(message: string, requestId: string = randomUUID()): Promise<string> {
  const body = JSON.stringify({ do: 'return', orderId: randomUUID() });
  await sendDeadLetter(clients.sqs, { requestId, message, body });
  return body;
}

function ran(payload: string): boolean {
  return aws.invocations().some((run) => run.functionName === NAMES.target && run.payload === payload);
}

async function isParked(payload: string): Promise<boolean> {
  return (await archivedPayloads(clients.s3, NAMES.archiveBucket, 'parked/')).has(payload);
}

describe('the stop button', () => {
  test('holds from the next batch on, by one row of the ledger, and lets all go when the row is gone', async () => {
    const ledger = DynamoDBDocumentClient.from(new DynamoDBClient(sdkSettings(aws)));
    const before = await sendDead(TIMED_OUT);
    await eventually(() => ran(before));

    await ledger.send(new PutCommand({ TableName: NAMES.ledgerTable, Item: PAUSE }));
    const during = await sendDead(TIMED_OUT);
    await eventually(() => isParked(during));
    expect(ran(during)).toBe(false);

    await ledger.send(new DeleteCommand({ TableName: NAMES.ledgerTable, Key: PAUSE }));
    const after = await sendDead(TIMED_OUT);
    await eventually(() => ran(after));
    await eventually(() => ran(during));
    ledger.destroy();
  });
});

/** An alert without what differs from run to run: ids, times, places in the archive. */
function masked(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/date=\d{4}-\d\d-\d\d\/[0-9A-Z]{26}/g, 'date=DATE/ULID')
    .replaceAll(/@\d+\+\d+\.\d+/g, '@PLACE');
}

describe('an alert', () => {
  test('stands in the README as it is produced', async () => {
    const alertsSoFar = await subscribeTo(aws, clients, 'dead-letter-reprocessor-local-alerts');
    const payload = readFileSync(join(ROOT, 'events', 'target', 'rejects.json'), 'utf8').trimEnd();
    await clients.lambda.send(
      new InvokeCommand({
        FunctionName: NAMES.target,
        InvocationType: 'Event',
        Payload: Buffer.from(payload),
      }),
    );
    let alerts: readonly ReceivedAlert[] = [];
    await eventually(async () => {
      alerts = await alertsSoFar();
      return alerts.length > 0;
    });
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const shown = /```text\n(Subject: .+?)\n```/s.exec(readme)?.[1] ?? '';
    const [alert] = alerts;
    expect(masked(shown)).toBe(masked(`Subject: ${alert?.subject}\n\n${alert?.body}`));
  });

  test('reaches who is subscribed, once for all events of a cause, and says nothing of their payloads', async () => {
    const alertsSoFar = await subscribeTo(aws, clients, 'dead-letter-reprocessor-local-alerts');
    const ids = Array.from({ length: 12 }, () => randomUUID());
    const payloads = await Promise.all(ids.map((id) => sendDead(INVALID, id)));
    let alerts: readonly ReceivedAlert[] = [];
    await eventually(async () => {
      alerts = await alertsSoFar();
      const told = alerts.map(({ subject }) => Number(/\d+/.exec(subject)?.[0]));
      return told.reduce((sum, count) => sum + count, 0) === payloads.length;
    });
    expect(alerts.length).toBeLessThanOrEqual(2); // all in one batch, or some after the first alert
    expect(alerts[0]?.subject).toMatch(
      /^\[\d+ dead events?\] dead-letter-reprocessor-local-target: poison, validation-failed$/,
    );
    const text = JSON.stringify(alerts);
    expect(ids.some((id) => text.includes(id))).toBe(true);
    for (const payload of payloads) {
      expect(text).not.toContain(/"orderId":"([^"]+)"/.exec(payload)?.[1] ?? payload);
    }
  });
});
