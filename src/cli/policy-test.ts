import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';
import * as z from 'zod';
import { CATEGORIES, type Category, type Judgement } from '../recovery/category.ts';
import { explainCase } from '../recovery/explain.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { cannotRead, Misuse } from './misuse.ts';
import { readInput } from './read-input.ts';

const category = z.enum(CATEGORIES);
const labelSchema = z.object({
  expect: z.object({
    category: z.union([category.transform((one) => [one]), z.array(category).min(1)]),
    retrySafe: z.union([z.boolean(), z.literal('maybe')]).optional(),
  }),
});

/** One case that was judged otherwise than anybody accepts. */
export type Miss = { readonly id: string | null; readonly expected: readonly Category[] } & Judgement;

/** What came of a file of labelled cases. Shares are of all cases. */
export type TestReport = {
  readonly cases: number;
  /** Judged as one of the accepted categories. */
  readonly right: number;
  /** Judged as the first of them. */
  readonly rightFirst: number;
  /** Called transient although a retry is not safe. */
  readonly falselyTransient: number;
  /** Called unknown although that is not accepted. */
  readonly needlesslyUnknown: number;
  /** By the first accepted category and the judged one. */
  readonly matrix: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly misses: readonly Miss[];
};

/** Judges the labelled cases of a file: JSON Lines of `{"id","form","error","expect":{"category":[…],"retrySafe"}}`. */
export async function testCases(file: string, policy: CompiledPolicy): Promise<TestReport> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw cannotRead(file, error);
  });
  const judged = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${file}:${index + 1}`;
    const [item] = readInput(line, where);
    const label = labelSchema.safeParse(JSON.parse(line));
    if (item?.kind !== 'case' || !label.success) {
      throw new Misuse(`${where} is no labelled case: write {"form", "error", "expect": {"category": […]}}`);
    }
    const { category: expected, retrySafe } = label.data.expect;
    return [{ id: item.case.id, expected, retrySafe, told: explainCase(item.case, policy) }];
  });
  const matrix: Record<string, Record<string, number>> = {};
  for (const { expected, told } of judged) {
    const row = (matrix[expected[0] ?? 'unknown'] ??= {});
    row[told.category] = (row[told.category] ?? 0) + 1;
  }
  const count = (isOne: (one: (typeof judged)[number]) => boolean): number => judged.filter(isOne).length;
  return {
    cases: judged.length,
    right: count(({ expected, told }) => expected.includes(told.category)),
    rightFirst: count(({ expected, told }) => expected[0] === told.category),
    falselyTransient: count(({ retrySafe, told }) => told.category === 'transient' && retrySafe === false),
    needlesslyUnknown: count(
      ({ expected, told }) => told.category === 'unknown' && !expected.includes('unknown'),
    ),
    matrix,
    misses: judged
      .filter(({ expected, told }) => !expected.includes(told.category))
      .map(({ id, expected, told }) => ({ id, expected, category: told.category, rule: told.rule })),
  };
}

/** The report for a person: the matrix, the misses, and the shares. */
export function formatReport(report: TestReport): string {
  const table = new Table({ head: ['expected \\ judged', ...CATEGORIES], style: { head: [], border: [] } });
  for (const expected of CATEGORIES) {
    const row = report.matrix[expected] ?? {};
    table.push([expected, ...CATEGORIES.map((judged) => String(row[judged] ?? ''))]);
  }
  const misses = report.misses.map(
    ({ id, expected, category: judged, rule }) =>
      `  ${id ?? '-'}: ${judged} by ${rule}, expected ${expected.join(' or ')}`,
  );
  const share = (count: number): string => `${((100 * count) / Math.max(1, report.cases)).toFixed(1)} %`;
  return [
    table.toString(),
    ...(misses.length === 0 ? [] : ['Misses:', ...misses]),
    `${report.cases} cases: ${share(report.right)} right (${share(report.rightFirst)} as the first category), ${share(report.falselyTransient)} falsely transient, ${share(report.needlesslyUnknown)} needlessly unknown`,
    '',
  ].join('\n');
}
