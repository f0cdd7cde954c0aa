import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { compilePattern, type PatternProblem } from '../recovery/pattern/compile.ts';
import { matches } from '../recovery/pattern/match.ts';
import { isObject, ownProperty } from '../recovery/json.ts';
import { cannotRead, Misuse } from './misuse.ts';

/** Whether a pattern matches an event; each is a file or JSON text. Throws a Misuse when one cannot be read. */
export async function matchPair(pattern: string, event: string): Promise<boolean> {
  return matchValues(await valueOf(pattern, 'pattern'), await valueOf(event, 'event'), 'the pattern');
}

/** The same for each line `{"pattern","event"}` of a file, in their order. */
export async function matchCases(file: string): Promise<readonly boolean[]> {
  const lines = (await contentOf(file)).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${file}:${index + 1}`;
    const value = parse(line, where);
    if (!isObject(value) || !Object.hasOwn(value, 'pattern') || !Object.hasOwn(value, 'event')) {
      throw new Misuse(`${where} is no case: write {"pattern": …, "event": …}`);
    }
    return [matchValues(ownProperty(value, 'pattern'), ownProperty(value, 'event'), where)];
  });
}

function matchValues(pattern: unknown, event: unknown, where: string): boolean {
  const compiled = compilePattern(pattern);
  if (compiled.kind === 'pattern') return matches(compiled.pattern, event);
  throw unusable(where, compiled.problems);
}

/** The wrong use that says what is wrong with a pattern. */
export function unusable(where: string, problems: readonly PatternProblem[]): Misuse {
  const lines = problems.map(({ path, message }) => `  ${path.join('.') || 'pattern'}: ${message}`);
  return new Misuse(`${where} cannot be used:\n${lines.join('\n')}`);
}

/** What a file or a JSON text holds. `what`: its name, for whoever has to be told. Throws a Misuse when it is neither. */
export async function valueOf(fileOrText: string, what: string): Promise<unknown> {
  const isText = /^\s*[[{"]/.test(fileOrText);
  const isFile = !isText && existsSync(fileOrText);
  if (!isText && !isFile) throw new Misuse(`${fileOrText}: the ${what} is neither a file nor JSON text`);
  return isFile ? parse(await contentOf(fileOrText), fileOrText) : parse(fileOrText, `the ${what}`);
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Misuse(`${where} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
