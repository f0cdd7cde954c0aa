import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Evidence } from '../../recovery/merge.ts';
import { errorEvidenceRow } from '../error-evidence-row.ts';
import { batchGet } from './batch-get.ts';
import { SHORT_DAYS, expiresAt, type LedgerTable } from './table.ts';

const evidenceRow = z.object({
  deathId: z.string(),
  error: errorEvidenceRow,
  target: z.nullable(z.string()),
});

const EVIDENCE = 'evidence';

/** See `Ledger.recordEvidence`. */
export async function recordEvidence(
  table: LedgerTable,
  deathId: string,
  evidence: Evidence,
  nowMs: number,
): Promise<void> {
  await table.client.send(
    new PutCommand({
      TableName: table.name,
      Item: {
        pk: `death#${deathId}`,
        sk: EVIDENCE,
        deathId,
        error: evidence.error,
        target: evidence.target,
        expiresAt: expiresAt(nowMs, SHORT_DAYS),
      },
    }),
  );
}

/** See `Ledger.evidence`. One read per hundred deaths. */
export async function evidenceOf(
  table: LedgerTable,
  deathIds: readonly string[],
): Promise<ReadonlyMap<string, Evidence>> {
  const keys = [...new Set(deathIds)].map((id) => ({ pk: `death#${id}`, sk: EVIDENCE }));
  const rows = (await batchGet(table, keys)).map((row) => evidenceRow.parse(row));
  return new Map(rows.map(({ deathId, error, target }) => [deathId, { error, target }]));
}
