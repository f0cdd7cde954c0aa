import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The ledger's one table: rows are found by `pk` and `sk`, and DynamoDB removes them after `expiresAt`. */
export type LedgerTable = { readonly client: DynamoDBDocumentClient; readonly name: string };

/**
 * Name of the sparse index of what there is to do, and of the attribute that puts a row into it: causes to tell people of, and
 * groups to look at.
 */
export const WORK = 'work';
export const ALERT = 'alert';
export const CIRCUIT = 'circuit';

const DAY_SECONDS = 24 * 60 * 60;

/** Rows that bound attempts outlive the longest park that anybody plans for; the count is in the archive entry too. */
export const LONG_DAYS = 400;
/** Rows of one death or intent outlive SQS's longest retention, 14 days, after which no duplicate can arrive. */
export const SHORT_DAYS = 15;

/** DynamoDB's TTL value, in epoch seconds. */
export function expiresAt(fromMs: number, days: number): number {
  return Math.ceil(fromMs / 1000) + days * DAY_SECONDS;
}

/** Runs a conditional write; false when its condition did not hold. Any other error is passed on. */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
