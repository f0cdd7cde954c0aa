import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** The stages that tests look at: the one that runs locally, and one as users deploy it. */
export const STAGES = ['local', 'dev'] as const;

/** The folder that the stack of a stage is packaged into, once per run of the tests. */
export function packageDirOf(stage: (typeof STAGES)[number]): string {
  return join(ROOT, '.local', 'test-packages', stage);
}
