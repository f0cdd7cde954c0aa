import { ulid } from 'ulid';
import type { Placement } from '../recovery/archive-entry.ts';

/** How the name of every archive object ends. */
export const ARCHIVE_OBJECT = '.jsonl.gz';

/** The key of a new archive object. Its day, in UTC, is that of `nowMs`. */
export function newArchiveKey(placement: Placement, intake: string, nowMs: number): string {
  const date = new Date(nowMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return `${archivePrefix(placement, intake)}date=${date}/${ulid(nowMs)}${ARCHIVE_OBJECT}`;
}

/** How the keys of a placement begin, of one intake or of all. `intake`: its key in the policy; null = all. */
export function archivePrefix(placement: Placement, intake: string | null): string {
  const folder = `${placement}/v1/`;
  // An ARN has colons, which are trouble in some readers' paths.
  return intake === null ? folder : `${folder}intake=${intake.replaceAll(':', '.')}/`;
}

/** The day, `YYYY-MM-DD`, that a key or a prefix of keys is of; null when it is of none, or of several. */
export function dayOf(keyOrPrefix: string): string | null {
  return /(?:^|\/)date=(\d{4}-\d{2}-\d{2})\//.exec(keyOrPrefix)?.[1] ?? null;
}
