import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs `dlq` in the project's folder. Not synchronous: the local AWS answers from the test's process. */
export function dlqBeside(
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<Ended> {
  const env = { ...process.env, ...environment };
  return new Promise((resolve) => {
    const command = [join(ROOT, 'bin', 'dlq.js'), ...args];
    const child = execFile(process.execPath, command, { cwd: ROOT, env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** The same without colours and bold type. */
export function plain({ stdout, ...ended }: Ended): Ended {
  return { ...ended, stdout: stripVTControlCharacters(stdout) };
}
