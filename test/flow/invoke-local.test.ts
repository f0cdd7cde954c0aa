import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** As on a machine without an account: no credentials, no endpoint, no configuration. */
function withoutAccount(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(kept),
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  };
}

function invokeLocal(file: string): { status: number | null; output: string } {
  const framework = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const args = ['invoke', 'local', '--stage', 'local', '--function', 'consumer', '--path', file];
  const run = spawnSync(process.execPath, [framework, ...args], {
    cwd: ROOT,
    env: withoutAccount(),
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status: run.status, output: `${run.stdout}${run.stderr}` };
}

/** One of each form, and the batch of everything. They run one after the other: the bundler has one folder. */
describe('sls invoke local', () => {
  test.each([
    [
      'events/mixed-batch.json',
      /"outcome":"waiting".*"outcome":"archived".*"outcome":"parked".*"outcome":"reinvoked"/s,
      1,
    ],
    ['events/foreign-message.json', /"form":"foreign".*"outcome":"archived"/s, 0],
  ])('works on %s with nothing else running', (file, log, returned) => {
    const { status, output } = invokeLocal(file);
    expect(output).toMatch(log);
    expect(output.match(/itemIdentifier/g) ?? []).toHaveLength(returned);
    expect(output).not.toContain('"message":"a step failed"');
    expect(status).toBe(0);
  });
});
