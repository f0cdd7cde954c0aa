import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { explainCase, explainLetter, explainUnreadable, type Explanation } from '../recovery/explain.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { formatExplanation } from './format-explanation.ts';
import { cannotRead } from './misuse.ts';
import { InputProblem, readInput, type Item } from './read-input.ts';

export type ExplainOptions = {
  readonly policy: CompiledPolicy;
  readonly json: boolean;
  /** The moment to judge at; null means that of each death. */
  readonly nowMs: number | null;
  readonly write: (text: string) => void;
  readonly warn: (text: string) => void;
};

/**
 * Explains every record of the files, `-` being standard input, in their order. Gives the exit code: 0 when every input was
 * read, 2 when one was not; what could be read is explained all the same.
 */
export async function explainFiles(files: readonly string[], options: ExplainOptions): Promise<0 | 2> {
  const explanations: Explanation[] = [];
  let code: 0 | 2 = 0;
  for (const file of files) {
    try {
      const items = readInput(await contentOf(file), file === '-' ? 'standard input' : file);
      explanations.push(...items.map((item) => explain(item, options)));
    } catch (error) {
      code = 2;
      options.warn(problemOf(error, file));
    }
  }
  if (options.json) options.write(`${JSON.stringify(explanations, null, 2)}\n`);
  else options.write(explanations.map((one, index) => formatExplanation(one, index + 1)).join('\n'));
  return code;
}

function contentOf(file: string): Promise<string> {
  return file === '-' ? readAll(process.stdin) : readFile(file, 'utf8');
}

function explain(item: Item, { policy, nowMs }: ExplainOptions): Explanation {
  switch (item.kind) {
    case 'letter':
      return explainLetter(item.letter, item.id, policy, nowMs);
    case 'case':
      return explainCase(item.case, policy);
    case 'unreadable':
      return explainUnreadable(item.id);
  }
}

function problemOf(error: unknown, file: string): string {
  if (error instanceof InputProblem) return error.message;
  return cannotRead(file, error).message;
}
