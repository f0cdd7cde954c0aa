import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';

const FILE = join(import.meta.dirname, '..', '..', 'policy.local.yml');

/** The policy that the project's own events are written for. */
export const fuzzPolicy: CompiledPolicy = policyOfEvents();

function policyOfEvents(): CompiledPolicy {
  const parsed = parsePolicy(readFileSync(FILE, 'utf8'), { stage: 'local', region: null, ownQueues: null });
  if (parsed.kind === 'problems') throw new Error('policy.local.yml has problems');
  return parsed.policy;
}
