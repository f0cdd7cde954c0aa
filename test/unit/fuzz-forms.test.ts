import { describe, expect, test } from '@jest/globals';
import { FORMS } from '../../src/recovery/dead-event.ts';
import { fuzzForms } from '../support/fuzz-forms.ts';
import { fuzzPolicy } from '../support/fuzz-policy.ts';

const RECORDS = 24_000;
/** Far above anything measured (see bench/): only what hangs, or grows faster than its text, takes so long. */
const LONGEST_MS = 1_000;

describe('mutated records', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_007);

  test(`are read without a throw, a hang or a forged payload (FUZZ_SEED=${seed})`, () => {
    const { faults, slowestMs, forms } = fuzzForms(RECORDS, seed, fuzzPolicy);
    expect(faults).toEqual([]);
    expect(slowestMs).toBeLessThan(LONGEST_MS);
    // The mutations must reach every form, or they show nothing.
    expect(FORMS.filter((form) => (forms[form] ?? 0) < 50)).toEqual([]);
  });
});
