import { rm } from 'node:fs/promises';
import { packageStack } from '../../src/local/package-stack.ts';
import { packageDirOf, STAGES } from './packaged-stages.ts';

/** Before the tests of the stack: packages each stage anew, one after the other, since the bundler shares a folder. */
export default async function packageStages(): Promise<void> {
  for (const stage of STAGES) {
    const directory = packageDirOf(stage);
    await rm(directory, { recursive: true, force: true });
    await packageStack(stage, directory);
  }
}
