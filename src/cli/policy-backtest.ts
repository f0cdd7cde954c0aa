import { gunzipSync } from 'node:zlib';
import Table from 'cli-table3';
import type { ArchiveObject } from '../aws/archive-objects.ts';
import { MOST_SAMPLES } from '../recovery/alerts.ts';
import { explainArchived, type Explanation } from '../recovery/explain.ts';
import { fingerprint } from '../recovery/fingerprint.ts';
import { isObject, ownProperty, ownString, parseJson } from '../recovery/json.ts';
import { parseLetter } from '../recovery/letter.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
import type { ArchiveInput } from './archive-input.ts';
import { cannotRead, Misuse } from './misuse.ts';

/** What a policy makes of an event at its first receipt. */
export type Verdict = Pick<Explanation, 'target' | 'category' | 'rule' | 'action'>;

/** Archived events of one cause of which the two policies think differently, in the same way. */
export type Difference = {
  readonly count: number;
  /** The masked error text: no payload. */
  readonly cause: string;
  readonly before: Verdict;
  readonly after: Verdict;
  /** Death ids of some of them. */
  readonly samples: readonly string[];
};

export type BacktestReport = {
  /** Archive objects. */
  readonly files: number;
  readonly events: number;
  /** Archived records that are no messages: no policy says anything of them. */
  readonly unreadable: number;
  /**
   * Events that one of the policies would have the consumer fetch from elsewhere, and of which the archive holds the place only:
   * judged as gone, which they may have been.
   */
  readonly notFetched: number;
  readonly changed: number;
  /** Most events first. */
  readonly differences: readonly Difference[];
};

export type Policies = { readonly before: CompiledPolicy; readonly after: CompiledPolicy };

/** How often a long run says how far it is: some tenths of a second of reading from S3. */
const OBJECTS_PER_NOTICE = 100;

/**
 * Judges archived events by two policies, each as at its first receipt and at the time of its death, with what was fetched for
 * it from elsewhere. Throws a Misuse that names the object, and the line, that is none of the archive's.
 */
export async function backtest(
  { where, objects }: ArchiveInput,
  policies: Policies,
  notice: (text: string) => void,
): Promise<BacktestReport> {
  const differences = new Map<string, Difference>();
  const counts = { files: 0, events: 0, unreadable: 0, notFetched: 0, changed: 0 };
  for await (const object of objects) {
    counts.files++;
    for (const entry of entriesOf(object)) {
      counts.events++;
      const told = compare(entry, policies);
      if (told === null) counts.unreadable++;
      if (told?.lacksEvent === true) counts.notFetched++;
      if (told === null || told.change === null) continue;
      counts.changed++;
      add(differences, told.change);
    }
    if (counts.files % OBJECTS_PER_NOTICE === 0)
      notice(`${counts.events} events of ${counts.files} archive objects judged`);
  }
  if (counts.files === 0) throw new Misuse(`there is no archive object (.jsonl.gz) in ${where}`);
  const sorted = [...differences.values()].toSorted((a, b) => b.count - a.count);
  return { ...counts, differences: sorted };
}

/** The report for a person. */
export function formatBacktest(report: BacktestReport): string {
  const { files, events, unreadable, notFetched, changed, differences } = report;
  const table = new Table({
    head: ['events', 'target', 'before', 'after', 'cause', 'some of them'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [8, null, 30, 30, 40, 40],
  });
  for (const { count, before, after, cause, samples } of differences) {
    const target = before.target === after.target ? before.target : `${before.target} → ${after.target}`;
    table.push([String(count), target ?? '-', told(before), told(after), cause, samples.join('\n')]);
  }
  const summary = `${events} events of ${files} archive objects: ${changed} would be decided differently`;
  const rest = [
    unreadable === 0 ? '' : `; ${unreadable} are no messages, of which no policy says anything`,
    notFetched === 0
      ? ''
      : `; ${notFetched} lie elsewhere and were not fetched when they were archived: judged as gone`,
  ];
  return `${differences.length === 0 ? '' : `${table.toString()}\n`}${summary}${rest.join('')}\n`;
}

function told({ category, rule, action }: Verdict): string {
  return `${action}: ${category}, ${rule}`;
}

type Entry = { readonly deathId: string; readonly record: unknown; readonly fetched: string | null };
type Change = Omit<Difference, 'count' | 'samples'> & { readonly deathId: string };
type Compared = { readonly lacksEvent: boolean; readonly change: Change | null };

/** Null when the record is no message. */
function compare({ deathId, record, fetched }: Entry, { before, after }: Policies): Compared | null {
  const letter = parseLetter(record);
  if (letter === null) return null;
  const old = explainArchived({ letter, fetched }, deathId, before);
  const changed = explainArchived({ letter, fetched }, deathId, after);
  const [one, other] = [verdictOf(old.explanation), verdictOf(changed.explanation)];
  const lacksEvent = old.lacksEvent || changed.lacksEvent;
  if (same(one, other)) return { lacksEvent, change: null };
  const cause = fingerprint(old.explanation.error).text;
  return { lacksEvent, change: { deathId, cause, before: one, after: other } };
}

function verdictOf({ target, category, rule, action }: Explanation): Verdict {
  return { target, category, rule, action };
}

function same(one: Verdict, other: Verdict): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function add(differences: Map<string, Difference>, { deathId, ...what }: Change): void {
  const key = JSON.stringify(what);
  const { count, samples } = differences.get(key) ?? { count: 0, samples: [] };
  const more = samples.length < MOST_SAMPLES ? [...samples, deathId] : samples;
  differences.set(key, { ...what, count: count + 1, samples: more });
}

function entriesOf({ name, bytes }: ArchiveObject): readonly Entry[] {
  return textOf(name, bytes)
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [entryIn(line, `${name}:${index + 1}`)]));
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw cannotRead(name, error);
  }
}

function entryIn(line: string, where: string): Entry {
  const value = parseJson(line);
  const deathId = ownString(value, 'deathId');
  if (!isObject(value) || deathId === null || !Object.hasOwn(value, 'record')) {
    throw new Misuse(`${where} is no line of the archive: give objects as they lie in the archive bucket`);
  }
  return { deathId, record: ownProperty(value, 'record'), fetched: ownString(value, 'fetched') };
}
