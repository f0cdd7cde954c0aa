import type { Node } from 'yaml';
import { parseDurationSeconds } from './duration.ts';
import { nearest } from './nearest.ts';
import { YamlReader, type Entry } from './yaml-reader.ts';

/** A number's limits, and why there are any: the words that a problem ends with. */
export type Limits = {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  readonly why: string;
};

/** Reads the values that a policy is made of; what is wrong with one is reported at its place, with what would be right. */
export class PolicyReader extends YamlReader {
  /** A number within its limits; null where nothing is said, and where what is said is wrong. */
  number(entry: Entry | undefined, { least, most, whole, why }: Limits): number | null {
    if (entry === undefined) return null;
    const value = this.scalar(entry.value);
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return value;
    const kind = whole ? 'a whole number' : 'a number';
    this.problem(
      entry.value ?? entry.keyNode,
      `${entry.key} must be ${kind} from ${least} to ${most}: ${why}`,
    );
    return null;
  }

  /** A duration of a second to `mostSeconds`, in seconds; null where nothing is said, and where what is said is wrong. */
  seconds(entry: Entry | undefined, mostSeconds: number, why: string): number | null {
    if (entry === undefined) return null;
    const seconds = parseDurationSeconds(this.text(entry.value) ?? '');
    if (seconds !== null && seconds >= 1 && seconds <= mostSeconds) return seconds;
    const message =
      seconds === null
        ? `${entry.key} must be a duration such as 30s, 15m, 12h or 14d`
        : `${entry.key} must be from 1s to ${mostSeconds}s: ${why}`;
    this.problem(entry.value ?? entry.keyNode, message);
    return null;
  }

  /** The entries of a mapping with fixed keys; unknown ones are reported, with the nearest known one. */
  fields(
    value: Node | null,
    keyNode: Node | null,
    what: string,
    known: readonly string[],
  ): ReadonlyMap<string, Entry> {
    const fields = new Map<string, Entry>();
    for (const entry of this.entries(value, keyNode, what)) {
      if (known.includes(entry.key)) fields.set(entry.key, entry);
      else this.problem(entry.keyNode, unknownKey(entry.key, what, known));
    }
    return fields;
  }
}

function unknownKey(key: string, what: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const advice = near === null ? `it takes ${known.join(', ')}` : `did you mean ${near}?`;
  return `${key} is unknown in ${what}: ${advice}`;
}
