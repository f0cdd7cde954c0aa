import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Row } from './rows.ts';

const COLUMNS = ['event', 'form', 'category', 'rule', 'action', 'outcome'] as const;

/** The rows as a table for people; what did not end as it should says so in its last column. */
export function formatTable(rows: readonly Row[]): string {
  const table = new Table({ head: [...COLUMNS, ''], style: { head: [], border: [] } });
  for (const row of rows) {
    const verdict = row.asExpected
      ? styleText('green', 'as expected')
      : styleText('red', `expected ${row.expected}`);
    table.push([...COLUMNS.map((column) => row[column] ?? '-'), verdict]);
  }
  return table.toString();
}
