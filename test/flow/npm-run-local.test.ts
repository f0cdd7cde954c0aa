import { afterEach, describe, expect, test } from '@jest/globals';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { sdkSettings } from '../../src/local/sdk-settings.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES } from '../support/local-stack.ts';
import { packageDirOf } from '../support/packaged-stages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

type Running = {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
};

let running: Running | null = null;

afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.ended;
  running = null;
});

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'src', 'local', 'serve.ts'), ...args], { cwd: ROOT });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  running = { child, output, ended };
  return running;
}

describe('npm run local', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'stays up, says how to use it, and ends well on %s',
    async (signal) => {
      const { child, output, ended } = start('--port', '0', '--package', packageDirOf('local'));
      await eventually(() => output.stdout.includes('Stop it with Ctrl-C'));
      const endpoint = /^export AWS_ENDPOINT_URL=(\S+)$/m.exec(output.stdout)?.[1] ?? '';
      const lambda = new LambdaClient(sdkSettings({ endpoint, region: 'eu-west-1' }));
      const Payload = Buffer.from('{"do":"return","orderId":"o-1"}');
      const { StatusCode, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName: NAMES.target, Payload }),
      );
      expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: undefined });
      lambda.destroy();
      child.kill(signal);
      expect(await ended).toBe(0);
    },
  );

  test('explains itself, and refuses what it does not understand', async () => {
    const help = start('--help');
    expect(await help.ended).toBe(0);
    expect(help.output.stdout).toContain('Usage: npm run local');
    for (const wrong of [
      ['--prot', '1'],
      ['--port', 'x'],
      ['--port', '70000'],
      ['--speed', '0'],
    ]) {
      const { ended, output } = start(...wrong);
      expect(await ended).toBe(2);
      expect(output.stderr).toContain('Usage: npm run local');
    }
  });

  test('says why it cannot start', async () => {
    const { ended, output } = start('--package', '/nowhere');
    expect(await ended).toBe(1);
    expect(output.stderr).toContain('the local AWS cannot start: ENOENT');
  });
});
