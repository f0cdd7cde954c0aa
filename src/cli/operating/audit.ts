import Table from 'cli-table3';
import type { Operations, RecordedAct } from '../../recovery/ports.ts';
import { visible } from '../visible.ts';
import { shortTime } from './format-groups.ts';
import { isoOf } from './groups.ts';

/** A recorded act as people and programs are told of it. The keys are an interface. */
export type ActView = Omit<RecordedAct, 'atMs'> & { readonly at: string };

export type AuditPage = { readonly acts: readonly ActView[]; readonly next: string | null };

/** A page of what people have done, newest first. */
export async function auditPage(
  operations: Operations,
  page: Parameters<Operations['acts']>[0],
): Promise<AuditPage> {
  const found = await operations.acts({ ...page, limit: page.limit + 1 });
  const acts = found.slice(0, page.limit).map(({ atMs, ...act }) => ({ ...act, at: isoOf(atMs) }));
  return { acts, next: found.length > page.limit ? (acts.at(-1)?.id ?? null) : null };
}

const REASON_WIDTH = 44;
const WHO_WIDTH = 40;

/** The page for a person. */
export function formatAudit({ acts, next }: AuditPage): string {
  if (acts.length === 0) return 'nobody has done anything\n';
  const table = new Table({
    head: ['when', 'who', 'what', 'to what', 'why'],
    style: { head: [], border: [] },
    wordWrap: true,
    wrapOnWordBoundary: false,
    colWidths: [null, WHO_WIDTH, null, null, REASON_WIDTH],
  });
  for (const { at, who, what, subject, reason } of acts) {
    table.push([shortTime(at), visible(who), what, visible(subject), visible(reason)]);
  }
  return `${table.toString()}\n${next === null ? '' : `there are more: --after ${next}\n`}`;
}
