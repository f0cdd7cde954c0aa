import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { causeKey, MOST_SAMPLES, type Cause, type Filed } from '../../recovery/alerts.ts';
import { ALERT, LONG_DAYS, WORK, expiresAt, type LedgerTable } from './table.ts';

/** The row of a cause. */
export function noteKey(cause: Cause): { readonly pk: string; readonly sk: string } {
  return { pk: `cause#${causeKey(cause)}`, sk: 'alert' };
}

/** See `Ledger.note`. One update, whatever is in the row: right under any number of consumers. */
export async function note(
  table: LedgerTable,
  { cause, tally, text, samples }: Filed,
  nowMs: number,
): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: noteKey(cause),
      UpdateExpression: [
        'SET #target = :target, intake = :intake, category = :category, #rule = :rule, #text = :text, lastAtMs = :now',
        'firstAtMs = if_not_exists(firstAtMs, :now), samples = if_not_exists(samples, :samples)',
        '#work = :alert, expiresAt = :expires ADD parked :parked, archived :archived, held :held',
      ].join(', '),
      ExpressionAttributeNames: { '#target': 'target', '#rule': 'rule', '#text': 'text', '#work': WORK },
      ExpressionAttributeValues: {
        ':target': cause.target,
        ':intake': cause.intake,
        ':category': cause.category,
        ':rule': cause.rule,
        ':text': text,
        ':samples': samples.slice(0, MOST_SAMPLES),
        ':now': nowMs,
        ':alert': ALERT,
        ':expires': expiresAt(nowMs, LONG_DAYS),
        ':parked': tally.parked,
        ':archived': tally.archived,
        ':held': tally.held,
      },
    }),
  );
}
