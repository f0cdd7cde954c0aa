import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { parsePolicy, type PolicyPlace } from './parse-policy.ts';
import { formatProblems } from './problems.ts';

/** Stage local has a policy of its own, with seconds for minutes; every other stage takes the one that users edit. */
export function policyFileOf(stage: string): string {
  return stage === 'local' ? 'policy.local.yml' : 'policy.yml';
}

/**
 * Loads and compiles the policy of a stage. Rejects with every problem and its line when the file is wrong, so that
 * packaging stops before anything is deployed.
 */
export async function loadPolicy(directory: string, place: PolicyPlace): Promise<CompiledPolicy> {
  const file = policyFileOf(place.stage);
  const parsed = parsePolicy(await readFile(join(directory, file), 'utf8'), place);
  switch (parsed.kind) {
    case 'policy':
      return parsed.policy;
    case 'problems':
      throw new Error(`${file} cannot be used:\n${formatProblems(file, parsed.problems)}`);
  }
}
