import { UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { unzipSync, zipSync } from 'fflate';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clients } from './clients.ts';

const FROM = 'src/handlers/target/';
const TO = 'src/handlers/misnamed/';

/**
 * The deployment package that `misnamed` should have been deployed with: the target's code, under the path and the name that its
 * configuration names. `packageDir`: output folder of `sls package`.
 */
export async function mendedPackage(packageDir: string): Promise<Uint8Array> {
  const files = unzipSync(await readFile(join(packageDir, 'target.zip')));
  return zipSync(
    Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path.replace(FROM, TO), bytes])),
  );
}

/** Deploys code to a function as `aws lambda update-function-code` does; the next run is of the new code. */
export async function deploy({ lambda }: Clients, FunctionName: string, ZipFile: Uint8Array): Promise<void> {
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
}
