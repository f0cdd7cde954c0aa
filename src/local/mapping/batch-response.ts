import { isObject, parseJson } from '../json.ts';

/**
 * Which messages of a batch failed, by a function's answer under ReportBatchItemFailures. `all`: the answer cannot be
 * read, so the whole batch failed. Source: the Lambda developer guide, "Reporting batch item failures".
 */
export function failedOf(response: string, messageIds: readonly string[]): ReadonlySet<string> | 'all' {
  const parsed = parseJson(response);
  if (!parsed.ok) return 'all';
  if (parsed.value === null) return new Set();
  if (!isObject(parsed.value)) return 'all';
  const failures = parsed.value['batchItemFailures'];
  if (failures === undefined) return Object.keys(parsed.value).length === 0 ? new Set() : 'all';
  if (failures === null) return new Set();
  if (!Array.isArray(failures)) return 'all';
  const failed = new Set<string>();
  for (const item of failures) {
    const id: unknown = isObject(item) ? item['itemIdentifier'] : null;
    if (typeof id !== 'string' || !messageIds.includes(id)) return 'all';
    failed.add(id);
  }
  return failed;
}
