import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { zipSync } from 'fflate';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { packageDirOf } from '../support/packaged-stages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const rowsSchema = z.array(
  z.strictObject({
    event: z.string(),
    form: z.nullable(z.string()),
    category: z.nullable(z.string()),
    rule: z.nullable(z.string()),
    action: z.nullable(z.string()),
    outcome: z.string(),
    expected: z.string(),
    asExpected: z.boolean(),
    events: z.optional(z.number()),
    callsBefore: z.optional(z.number()),
    back: z.optional(z.number()),
    secondsToAllBack: z.optional(z.number()),
  }),
);

type Run = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

async function start(...args: string[]): Promise<Run> {
  const child = spawn(process.execPath, [join(ROOT, 'src', 'demo', 'start.ts'), ...args], { cwd: ROOT });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...output };
}

function rowsOf(run: Run): z.infer<typeof rowsSchema> {
  return rowsSchema.parse(JSON.parse(run.stdout));
}

describe('npm start', () => {
  let broken = '';

  beforeAll(async () => {
    broken = await mkdtemp(join(tmpdir(), 'broken-consumer-'));
    await cp(packageDirOf('local'), broken, { recursive: true });
    const acknowledges = 'exports.handler = async () => ({ batchItemFailures: [] });';
    const zip = zipSync({ 'src/handlers/consumer/handler.js': Buffer.from(acknowledges) });
    await writeFile(join(broken, 'consumer.zip'), zip);
  });

  afterAll(() => rm(broken, { recursive: true, force: true }));

  test('prints the rows alone on standard output and exits with 0 when every event ends as it should', async () => {
    const run = await start('--json', '--package', packageDirOf('local'));
    const rows = rowsOf(run);
    expect(rows.map(({ outcome }) => outcome)).toEqual(rows.map(({ expected }) => expected));
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(
      new Set(['succeeded', 'recovered', 'parked', 'archived']),
    );
    expect(rows.filter(({ asExpected }) => !asExpected)).toEqual([]);
    const crowds = rows.filter(({ events }) => events !== undefined);
    expect(crowds.map(({ events, back }) => [events, back])).toEqual([
      [24, 24],
      [300, 300],
    ]);
    expect(run.code).toBe(0);
  }, 300_000);

  test('exits with 1 and shows what is lost when the consumer acknowledges without acting', async () => {
    const run = await start('--json', '--package', broken);
    const lost = rowsOf(run).filter(({ outcome }) => outcome === 'lost');
    expect(lost).toHaveLength(rowsOf(run).length - 1); // all but the event that never died
    expect(run.code).toBe(1);
  }, 180_000);

  test('explains itself, and exits with 2 for an option that it does not have', async () => {
    expect(await start('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: npm start'),
    });
    const wrong = await start('--jsno');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain("Unknown option '--jsno'");
  });
});
