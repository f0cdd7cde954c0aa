import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws } from '../local/local-aws.ts';
import { packageStack } from '../local/package-stack.ts';
import type { ReceivedAlert } from './alerts.ts';
import { everybodyIsTold, play, type Played } from './play.ts';
import { playRecovery, prepareForCrowds, type CrowdRow } from './recovery.ts';
import { readScenario } from './scenario.ts';
import { formatCrowds, formatTable } from './table.ts';

const HELP = `Usage: npm start [-- OPTIONS]

Brings up a local AWS from the packaged stack, lets real events die in it, and shows what becomes of each; then lets hundreds
die of one cause, mends it, and shows how they come back. Needs no AWS account and no network. Takes about two minutes.

Options:
  --json          print the rows, without the alerts, as JSON on standard output (use: npm start -s -- --json)
  --package DIR   use a stack that is already packaged: npx sls package --stage local --package DIR
  --help          show this text

Exit code: 0 when every event ended as expected and people were told, 1 when not, 2 for wrong use.
`;

/** Lambda's own waits, one and two minutes between attempts, become one and two seconds. Nothing else is sped up. */
const LAMBDA_SPEED = 60;

const EVENTS = join(import.meta.dirname, '..', '..', 'events', 'target');

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'dead-letter-reprocessor-'));
  try {
    const played = await run(options.package ?? (await packaged(scratch)));
    const all = [...played.rows, ...played.crowds];
    process.stdout.write(`${options.json ? JSON.stringify(all, null, 2) : formatAll(played)}\n`);
    const told = everybodyIsTold(played.rows, played.alerts);
    if (!told) say('not every event that was parked or archived is in an alert');
    return told && all.every((row) => row.asExpected) ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function formatAll({ rows, crowds, alerts }: AllPlayed): string {
  return [formatTable(rows), formatCrowds(crowds), formatAlerts(alerts)].join('\n');
}

/** The subjects of all alerts, and one of them whole. */
function formatAlerts(alerts: readonly ReceivedAlert[]): string {
  const subjects = alerts.map(({ subject }) => `  ${subject}`);
  const [first] = alerts;
  if (first === undefined) return 'No alert went out.';
  return [`${alerts.length} alerts went out:`, ...subjects, '', 'One of them, whole:', '', first.body].join(
    '\n',
  );
}

async function packaged(directory: string): Promise<string> {
  say('packaging the stack, stage local');
  await packageStack('local', directory);
  return directory;
}

type AllPlayed = Played & { readonly crowds: readonly CrowdRow[] };

async function run(packageDir: string): Promise<AllPlayed> {
  say('starting the local AWS');
  const aws = await startLocalAws({ packageDir, lambdaSpeed: LAMBDA_SPEED, onProgress: say });
  try {
    await prepareForCrowds(aws);
    const played = await play(aws, await readScenario(EVENTS), say);
    // Where single events are lost, hundreds would only take longer to say the same.
    const isSound = played.rows.every((row) => row.asExpected);
    return { ...played, crowds: isSound ? await playRecovery(aws, packageDir, say) : [] };
  } finally {
    await aws.stop();
  }
}

type Options = { readonly json: boolean; readonly help: boolean; readonly package: string | null };

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, help: { type: 'boolean' }, package: { type: 'string' } },
    });
    return { json: values.json ?? false, help: values.help ?? false, package: values.package ?? null };
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return null;
  }
}

process.exitCode = await main().catch((error: unknown) => {
  say(`npm start failed: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
