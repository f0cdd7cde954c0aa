import { unzipSync } from 'fflate';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { UnpackedCode } from './function-definition.ts';

/** Unpacks a deployment package into a folder. Rejects when an entry would leave it. */
export async function unpack(zipFile: string, directory: string): Promise<UnpackedCode> {
  const zip = await readFile(zipFile);
  for (const [name, content] of Object.entries(unzipSync(zip))) {
    if (name.endsWith('/')) continue;
    const file = join(directory, name);
    if (relative(directory, file).startsWith('..'))
      throw new Error(`${zipFile} holds ${name}, outside its folder`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { directory, sha256: createHash('sha256').update(zip).digest('base64') };
}
