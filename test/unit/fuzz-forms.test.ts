import { describe, expect, test } from '@jest/globals';
import { FORMS } from '../../src/recovery/dead-event.ts';
import { fuzzForms, mutator } from '../support/fuzz-forms.ts';
import { fuzzPolicy } from '../support/fuzz-policy.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';

const RECORDS = 24_000;
/** Far above anything measured (see bench/): only what hangs, or grows faster than its text, takes so long. */
const LONGEST_MS = 1_000;

/** Batches that go through the whole consumer: fewer, since each writes down all that it meets. */
const BATCHES = 150;
const BATCH_SIZE = 20;

describe('mutated records', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_007);

  test(`are read without a throw, a hang or a forged payload (FUZZ_SEED=${seed})`, () => {
    const { faults, slowestMs, forms } = fuzzForms(RECORDS, seed, fuzzPolicy);
    expect(faults).toEqual([]);
    expect(slowestMs).toBeLessThan(LONGEST_MS);
    // The mutations must reach every form, or they show nothing.
    expect(FORMS.filter((form) => (forms[form] ?? 0) < 50)).toEqual([]);
  });

  test(`end well in every batch, none of which fails whole (FUZZ_SEED=${seed})`, async () => {
    const mutate = mutator(seed);
    for (let batch = 0; batch < BATCHES; batch++) {
      const world = new SimulatedWorld();
      world.policy = fuzzPolicy;
      const records = Array.from({ length: BATCH_SIZE }, mutate);
      world.send(...records);
      const processed = await world.poll();
      if (processed === 'crashed') throw new Error('nobody asked for a crash');
      const failed = processed.filter(
        ({ outcome }) => outcome.kind === 'returned' && outcome.why === 'failed',
      );
      expect(
        failed.map(({ outcome, subject }) => [outcome, JSON.stringify(records[subject.index]).slice(0, 500)]),
      ).toEqual([]);
      expect(processed).toHaveLength(BATCH_SIZE);
    }
  });
});
