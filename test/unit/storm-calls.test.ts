import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import * as z from 'zod';
import { Dice } from '../../bench/storm/dice.ts';
import { Environment } from '../../bench/storm/environment.ts';
import { meteredCircuits, meteredLedger } from '../../bench/storm/metered-ledger.ts';
import { Tally } from '../../bench/storm/tally.ts';
import { dynamoCircuits } from '../../src/aws/ledger/circuits.ts';
import { dynamoLedger } from '../../src/aws/ledger/dynamo-ledger.ts';
import type { Group } from '../../src/recovery/group.ts';
import type { Circuits, Intent, Ledger, StoredPointer } from '../../src/recovery/ports.ts';
import { MemoryLedger } from '../support/memory-ledger.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** What the storm counts for a call to a port is what its adapter calls, where the table is empty. */

const NOW = 1_790_000_000_000;
const group: Group = {
  key: 'orders|transient|0123456789abcdef',
  target: 'orders',
  category: 'transient',
  rule: 'r',
  cause: 'c',
  isManual: false,
};
const intent: Intent = {
  origin: 'o',
  deathId: 'd',
  target: 'orders',
  payloadSha256: 's',
  reinvocation: 1,
  madeAtMs: NOW,
  openUntilMs: 0,
  trial: null,
};
const events = [{ key: 'parked/v1/x', offsetBytes: 0, lengthBytes: 10, line: 0 }];
const pointer: StoredPointer = {
  id: 'pointer#1',
  group: group.key,
  events,
  parkedAtMs: NOW,
  dueAtMs: null,
  newestDeathMs: NOW,
};
const lease = { owner: 'me', untilMs: NOW + 30_000 };
const many = Array.from({ length: 250 }, (_, n) => `orders|transient|${n}`);
const filed = {
  cause: { target: 'orders', intake: null, category: 'transient', rule: 'r' },
  tally: { parked: 1, archived: 0, held: 0 },
  text: 'c',
  samples: [],
} as const;

type Side = { readonly ledger: Ledger; readonly circuits: Circuits };

const STEPS: readonly (readonly [name: string, step: (side: Side) => Promise<unknown>])[] = [
  ['standing', ({ ledger }) => ledger.standing(many, ['orders'], NOW)],
  ['answers', ({ ledger }) => ledger.answers(many)],
  ['closeGroup', ({ ledger }) => ledger.closeGroup(group, NOW)],
  ['register', ({ ledger }) => ledger.register([{ group, dueAtMs: null }], NOW)],
  ['countDeaths', ({ ledger }) => ledger.countDeaths(group.key, 3, NOW)],
  ['countTrialDeath', ({ ledger }) => ledger.countTrialDeath({ group: group.key, id: 't' }, true)],
  [
    'history',
    ({ ledger }) =>
      ledger.history({ deathId: 'd', diedAtMs: NOW, target: 'orders', payloadSha256: 's', origin: null }),
  ],
  ['intend', ({ ledger }) => ledger.intend(intent)],
  ['succeeded', ({ ledger }) => ledger.succeeded(intent, 'id')],
  ['accepted', ({ ledger }) => ledger.accepted(intent, 'id')],
  ['died', ({ ledger }) => ledger.died(intent, 'id')],
  ['withdraw', ({ ledger }) => ledger.withdraw(intent)],
  ['note', ({ ledger }) => ledger.note(filed, NOW)],
  ['point', ({ ledger }) => ledger.point(pointer)],
  ['pointers', ({ circuits }) => circuits.pointers(group.key, { after: null, limit: 5 })],
  ['keep some', ({ circuits }) => circuits.keep(pointer, events)],
  ['keep none', ({ circuits }) => circuits.keep(pointer, [])],
  ['takeTarget', ({ circuits }) => circuits.takeTarget('orders', lease, NOW)],
  ['leaveTarget', ({ circuits }) => circuits.leaveTarget('orders', 'me')],
  ['expectDeaths', ({ circuits }) => circuits.expectDeaths('orders', NOW)],
  ['live', ({ circuits }) => circuits.live()],
];

/** The adapters, over a table that has nothing and takes everything. */
async function calledByAdapters(step: (side: Side) => Promise<unknown>): Promise<readonly string[]> {
  const called: string[] = [];
  const requestHandler = {
    handle: async ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => {
      const operation = (headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      called.push(operation);
      return { response: { statusCode: 200, headers: {}, body: Readable.from([answerOf(operation)]) } };
    },
  };
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ region: 'eu-west-1', credentials, requestHandler }),
  );
  const table = { client, name: 'ledger' };
  await step({ ledger: dynamoLedger(table), circuits: dynamoCircuits(table) });
  return called.toSorted();
}

function answerOf(operation: string): Buffer {
  return Buffer.from(
    JSON.stringify(
      operation === 'BatchGetItem'
        ? { Responses: { ledger: [] }, UnprocessedKeys: {} }
        : { Attributes: { dead: { N: '1' } } },
    ),
  );
}

async function countedByStorm(step: (side: Side) => Promise<unknown>): Promise<readonly string[]> {
  const clock = new VirtualClock(NOW);
  const tally = new Tally();
  const at = new Environment({ clock, tally, dice: new Dice(1), faultShare: 0 }, 'intake', 512);
  const inner = new MemoryLedger();
  await clock.run(step({ ledger: meteredLedger(inner, at, () => {}), circuits: meteredCircuits(inner, at) }));
  const calls = z.record(z.string(), z.number()).parse(tally.callsOf('intake'));
  return Object.entries(calls)
    .flatMap(([api, count]) => Array.from({ length: count }, () => api.replace('DynamoDB ', '')))
    .toSorted();
}

describe('the calls that a storm counts', () => {
  test.each(STEPS)('for %s are those of the adapter', async (_, step) => {
    const counted = await countedByStorm(step);
    expect(counted.length).toBeGreaterThan(0);
    expect(counted).toEqual(await calledByAdapters(step));
  });
});
