import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { packLines } from '../../src/aws/archive-object.ts';

test('an archive object of many members is read by zcat as one text', () => {
  const lines = Array.from({ length: 95 }, (_, n) => ({ text: `{"n":${n}}`, section: String(n % 3) }));
  const { body } = packLines(lines);
  const { stdout, status } = spawnSync('zcat', { input: body, encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toBe(lines.map(({ text }) => `${text}\n`).join(''));
});
