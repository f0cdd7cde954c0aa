import { parseDurationSeconds } from '../../policy/duration.ts';
import { Misuse } from '../misuse.ts';

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads a time: ISO 8601, a day (UTC), or how long ago, such as `2h` or `7d`; gives epoch milliseconds. `end`: of a day its end.
 * Throws a Misuse when the text is none.
 */
export function momentOf(text: string, nowMs: number, end: boolean): number {
  const ago = parseDurationSeconds(text);
  if (ago !== null) return nowMs - ago * 1000;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new Misuse(`${text} is no time: write 2026-11-24, 2026-11-24T10:00:00Z, 2h or 7d`);
  }
  return end && DAY.test(text) ? ms + DAY_MS : ms;
}
