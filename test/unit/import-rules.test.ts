import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Each line breaks one rule on purpose: the file, and what it must not import. */
const WRONG = [
  ['recovery-is-pure', 'src/recovery/wrong.ts', '@aws-sdk/client-sqs'],
  ['recovery-is-pure', 'src/recovery/wrong.ts', 'node:fs'],
  ['recovery-is-pure', 'src/recovery/forms/wrong.ts', '../../aws/clients/s3.ts'],
  ['aws-knows-only-recovery', 'src/aws/wrong.ts', '../handlers/consumer/run.ts'],
  ['handlers-know-no-tools', 'src/handlers/consumer/wrong.ts', '../../local/local-aws.ts'],
  ['local-knows-no-dead-events', 'src/local/wrong.ts', '../recovery/decide.ts'],
  ['policy-knows-only-recovery', 'src/policy/wrong.ts', '../aws/clients/s3.ts'],
  ['no-test-code-in-the-product', 'src/aws/wrong.ts', '../../test/support/memory-ledger.ts'],
] as const;

function cruise(directory: string): { status: number | null; output: string } {
  const tool = join(ROOT, 'node_modules', '.bin', 'depcruise');
  const run = spawnSync(process.execPath, [tool, 'src', '--config', '.dependency-cruiser.cjs'], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status: run.status, output: `${run.stdout}${run.stderr}` };
}

describe('the import rules', () => {
  let copy = '';

  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'import-rules-'));
    for (const name of ['src', 'test/support', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      await cp(join(ROOT, name), join(copy, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  });

  afterEach(() => rm(copy, { recursive: true, force: true }));

  test('hold for the project as it is', () => {
    expect(cruise(copy)).toMatchObject({ status: 0 });
  });

  test.each(WRONG)('catch what breaks %s: %s imports %s', async (rule, file, wrong) => {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), `import * as wrong from '${wrong}';\nexport const used = wrong;\n`);
    const { status, output } = cruise(copy);
    expect(output).toContain(`error ${rule}: ${file}`);
    expect(status).not.toBe(0);
  });
});
