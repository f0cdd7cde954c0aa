import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TRANSITIONS } from '../../src/recovery/release/circuit.ts';

const README = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

/** The cells of the table with that heading, without what only formats them. */
function tableWith(head: readonly string[]): readonly (readonly string[])[] {
  const lines = README.split('\n').map((line) => (line.startsWith('|') ? cellsOf(line) : null));
  const start = lines.findIndex((cells) => cells?.join() === head.join());
  if (start < 0) throw new Error(`the README has no table of ${head.join(', ')}`);
  const end = lines.findIndex((cells, index) => index > start && cells === null);
  return lines.slice(start + 2, end).flatMap((cells) => (cells === null ? [] : [cells]));
}

function cellsOf(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));
}

test('the README shows every transition of a group, and no other', () => {
  expect(tableWith(['state', 'when', 'next state', 'what follows'])).toEqual(
    TRANSITIONS.map(({ from, on, to, effect }) => [from, on, to, effect]),
  );
});
