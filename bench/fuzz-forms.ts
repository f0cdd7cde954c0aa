import { parseArgs } from 'node:util';
import { fuzzForms } from '../test/support/fuzz-forms.ts';
import { fuzzPolicy } from '../test/support/fuzz-policy.ts';

/** The fuzz test of the readers, for as long as one likes: `npm run fuzz -- --records 1000000 --seed 7`. */

const { values } = parseArgs({ options: { records: { type: 'string' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
const wanted = Number(values.records ?? 1_000_000);
/** Reported after each: long work says where it is. */
const STEP = 50_000;

let done = 0;
let slowestMs = 0;
while (done < wanted && process.exitCode === undefined) {
  const count = Math.min(STEP, wanted - done);
  const report = fuzzForms(count, seed + done, fuzzPolicy);
  done += count;
  slowestMs = Math.max(slowestMs, report.slowestMs);
  process.stderr.write(`${done} of ${wanted} records, seed ${seed}, slowest ${slowestMs.toFixed(1)} ms\n`);
  for (const fault of report.faults) process.stdout.write(`${fault}\n`);
  if (report.faults.length > 0) process.exitCode = 1;
}
