import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { CrowdRow } from './recovery.ts';
import type { Row } from './rows.ts';

const COLUMNS = ['event', 'form', 'category', 'rule', 'action', 'outcome'] as const;

/** The rows as a table for people; what did not end as it should says so in its last column. */
export function formatTable(rows: readonly Row[]): string {
  const table = tableOf(COLUMNS);
  for (const row of rows) table.push([...COLUMNS.map((column) => row[column] ?? '-'), verdictOn(row)]);
  return table.toString();
}

/** The same of what came back in crowds. */
export function formatCrowds(rows: readonly CrowdRow[]): string {
  const table = tableOf(['what happens', 'rule', 'calls until it is mended', 'back', 'seconds to all back']);
  for (const row of rows) {
    const { event, rule, callsBefore, back, secondsToAllBack } = row;
    table.push([event, rule ?? '-', callsBefore, back, secondsToAllBack, verdictOn(row)]);
  }
  return table.toString();
}

function tableOf(columns: readonly string[]): InstanceType<typeof Table> {
  return new Table({ head: [...columns, ''], style: { head: [], border: [] } });
}

function verdictOn({ asExpected, expected }: Row): string {
  return asExpected ? styleText('green', 'as expected') : styleText('red', `expected ${expected}`);
}
