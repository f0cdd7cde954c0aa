import { compilePattern } from '../../src/recovery/pattern/compile.ts';
import type { Pattern } from '../../src/recovery/pattern/pattern.ts';

/** An event pattern as rules hold it. Throws what is wrong with it. */
export function compiledPattern(pattern: unknown): Pattern {
  const compiled = compilePattern(pattern);
  if (compiled.kind === 'problems') throw new Error(JSON.stringify(compiled.problems));
  return compiled.pattern;
}
