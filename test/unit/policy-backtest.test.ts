import { describe, expect, test } from '@jest/globals';
import { packLines } from '../../src/aws/archive-object.ts';
import { backtest, type BacktestReport } from '../../src/cli/policy-backtest.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { explainArchived } from '../../src/recovery/explain.ts';
import { parseLetter } from '../../src/recovery/letter.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { destinationBody, dlqRecord } from '../support/dlq-record.ts';
import { batchRecord, bucketRecord, KEY, START, STREAM } from '../support/elsewhere-records.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';

const HEAD = `targets: { orders: { invocation: async } }
intakes: { orders-dlq: { target: orders } }
`;
const SOURCES = `sources: { streams: ['${STREAM}'], buckets: [dead-events] }
`;

function policyOf(text: string): CompiledPolicy {
  const parsed = parsePolicy(text, { stage: 'dev', region: null, ownQueues: null });
  if (parsed.kind === 'problems') throw new Error(JSON.stringify(parsed.problems));
  return parsed.policy;
}

type Filed = { readonly record: unknown; readonly fetched?: string };

/** Backtests archived records, one object for each. */
async function report(
  filed: readonly Filed[],
  [before, after]: readonly [string, string],
  notice: (text: string) => void = () => undefined,
): Promise<BacktestReport> {
  async function* objects(): AsyncIterable<{ name: string; bytes: Uint8Array }> {
    for (const [index, { record, fetched = null }] of filed.entries()) {
      const text = JSON.stringify({ v: 1, deathId: `death-${index + 1}`, fetched, record });
      yield { name: `object-${index + 1}`, bytes: packLines([{ section: '', text }]).body };
    }
  }
  const policies = { before: policyOf(before), after: policyOf(after) };
  return backtest({ where: 'memory', objects: objects() }, policies, notice);
}

const CUT_OFF = destinationBody({ message: 'Task timed out after 3.00 seconds' });

describe('backtest of events that were fetched from elsewhere', () => {
  test('judges the record of a bucket by the policies that declare the bucket', async () => {
    const filed = [{ record: bucketRecord('dead-events'), fetched: CUT_OFF }];
    expect(await report(filed, [HEAD, HEAD + SOURCES])).toMatchObject({
      changed: 1,
      notFetched: 0,
      differences: [
        { before: { rule: 'not-in-this-message', action: 'archive' }, after: { category: 'exhausted' } },
      ],
    });
  });

  test('shows a stream’s batch to the rules over the payload', async () => {
    const rule = `rules: [{ name: clicks, when: { payload: { Records: { eventSource: ['aws:kinesis'] } } }, do: archive }]
`;
    const filed = [{ record: batchRecord(STREAM), fetched: '{"Records":[{"eventSource":"aws:kinesis"}]}' }];
    expect(await report(filed, [HEAD + SOURCES, HEAD + SOURCES + rule])).toMatchObject({
      changed: 1,
      differences: [{ after: { rule: 'clicks', action: 'archive' } }],
    });
  });

  test('counts those that the archive holds only the place of, where a policy would have them fetched', async () => {
    const filed = [
      { record: batchRecord(STREAM) },
      { record: bucketRecord('somebody-elses') },
      { record: dlqRecord() },
    ];
    expect(await report(filed, [HEAD, HEAD + SOURCES])).toMatchObject({
      events: 3,
      changed: 0,
      notFetched: 1,
    });
    expect(await report(filed, [HEAD, HEAD])).toMatchObject({ events: 3, notFetched: 0 });
  });

  test('judges each as the consumer judged it', async () => {
    const world = new SimulatedWorld();
    world.policy = policyOf(HEAD + SOURCES);
    world.fetcher.texts.set(`${STREAM}@${START}`, '{"Records":[{"eventSource":"aws:kinesis"}]}');
    world.fetcher.texts.set(`dead-events/${KEY}`, CUT_OFF);
    world.send(batchRecord(STREAM), batchRecord(STREAM, 'pipe'), bucketRecord('dead-events'));
    await world.drain();
    const entries = (['parked', 'archived', 'accepted'] as const).flatMap((where) => world.archive.in(where));
    expect(entries.map(({ fetched }) => fetched)).toEqual([
      expect.any(String),
      expect.any(String),
      expect.any(String),
    ]);
    for (const { deathId, record, fetched, form, category, rule, payloadSha256 } of entries) {
      const letter = parseLetter(record);
      if (letter === null) throw new Error('the archive holds no message');
      expect(explainArchived({ letter, fetched }, deathId, world.policy)).toMatchObject({
        lacksEvent: false,
        explanation: { form, category, rule, payloadSha256 },
      });
    }
  });
});

describe('backtest', () => {
  test('says how far it is after every hundred objects', async () => {
    const told: string[] = [];
    const filed = Array.from({ length: 250 }, () => ({ record: dlqRecord() }));
    await report(filed, [HEAD, HEAD], (text) => told.push(text));
    expect(told).toEqual([
      '100 events of 100 archive objects judged',
      '200 events of 200 archive objects judged',
    ]);
  });
});
