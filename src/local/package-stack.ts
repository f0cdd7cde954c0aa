import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const FRAMEWORK = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');

/**
 * Packages the stack of one stage into a folder, as `sls package` does, with this very Node. Rejects with what the
 * framework printed when it fails.
 */
export async function packageStack(stage: string, directory: string): Promise<void> {
  const args = [FRAMEWORK, 'package', '--stage', stage, '--package', directory];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, SLS_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`sls package failed for stage ${stage}:\n${output.join('')}`);
}
