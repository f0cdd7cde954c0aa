import { unzipSync } from 'fflate';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { UnpackedCode } from './function-definition.ts';

/** Unpacks a deployment package into a new folder whose path begins so. Rejects when it is no zip, or an entry would leave the folder. */
export async function unpack(zip: Uint8Array, pathPrefix: string): Promise<UnpackedCode> {
  const entries = Object.entries(unzipSync(zip));
  const codeDirectory = await mkdtemp(pathPrefix);
  for (const [name, content] of entries) {
    if (name.endsWith('/')) continue;
    const file = join(codeDirectory, name);
    if (relative(codeDirectory, file).startsWith('..'))
      throw new Error(`the deployment package holds ${name}, outside its folder`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { codeDirectory, codeSha256: createHash('sha256').update(zip).digest('base64') };
}
