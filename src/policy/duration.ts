const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Reads a duration such as `30s`, `15m`, `12h` or `14d` into seconds; null when the text is none. */
export function parseDurationSeconds(text: string): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match?.[1] === undefined) return null;
  const unit = match[2];
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') return null;
  return Number(match[1]) * UNIT_SECONDS[unit];
}
