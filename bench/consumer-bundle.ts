import { unzipSync } from 'fflate';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageStack } from '../src/local/package-stack.ts';

/**
 * Size of the consumer's bundle and how long a fresh process takes to load it, beside a process that loads nothing.
 * `npm run bench:bundle`; with `-- --json` one JSON object.
 */

const RUNS = 15; // the median of these; the first is dropped, since it reads the file from disk
const HANDLER = 'src/handlers/consumer/handler.cjs';

function medianMs(program: string, environment: Readonly<Record<string, string>>): number {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const startedMs = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ['-e', program], {
      env: environment,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the bundle cannot be loaded: ${stderr}`);
    if (run > 0) times.push(performance.now() - startedMs);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
}

const directory = await mkdtemp(join(tmpdir(), 'bench-bundle-'));
try {
  await packageStack('dev', directory);
  const zip = await readFile(join(directory, 'consumer.zip'));
  const bundle = unzipSync(zip)[HANDLER];
  if (bundle === undefined) throw new Error(`${HANDLER} is not in consumer.zip`);
  const file = join(directory, 'handler.cjs');
  await writeFile(file, bundle);
  const environment = {
    ARCHIVE_BUCKET: 'b',
    LEDGER_TABLE: 't',
    RELEASER: 'r',
    AWS_REGION: 'eu-west-1',
    POWERTOOLS_METRICS_NAMESPACE: 'n',
  };
  const emptyMs = medianMs('', environment);
  const loadedMs = medianMs(`require(${JSON.stringify(file)})`, environment);
  const figures = {
    bundleKilobytes: Math.round(bundle.length / 1024),
    zipKilobytesWithSourceMap: Math.round(zip.length / 1024),
    emptyProcessMs: Math.round(emptyMs),
    processThatLoadsItMs: Math.round(loadedMs),
    ratio: Number((loadedMs / emptyMs).toFixed(2)),
  };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else
    for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(28)}${value}\n`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
