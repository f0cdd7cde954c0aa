import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Table from 'cli-table3';
import { MOST_SAMPLES } from '../recovery/alerts.ts';
import { explainLetter, type Explanation } from '../recovery/explain.ts';
import { fingerprint } from '../recovery/fingerprint.ts';
import { isObject, ownProperty, ownString, parseJson } from '../recovery/json.ts';
import { parseLetter } from '../recovery/letter.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
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
  readonly files: number;
  readonly events: number;
  /** Archived records that are no messages: no policy says anything of them. */
  readonly unreadable: number;
  readonly changed: number;
  /** Most events first. */
  readonly differences: readonly Difference[];
};

export type Policies = { readonly before: CompiledPolicy; readonly after: CompiledPolicy };

/** How often a long run says how far it is. */
const EVENTS_PER_NOTICE = 10_000;

/**
 * Judges archived events by two policies, each as at its first receipt and at the time of its death. `paths`: archive objects
 * as they lie in the bucket, or folders of them. Throws a Misuse that names the file, and the line, that is no archive object.
 */
export async function backtest(
  paths: readonly string[],
  policies: Policies,
  notice: (text: string) => void,
): Promise<BacktestReport> {
  const files = (await Promise.all(paths.map(objectsAt))).flat();
  if (files.length === 0) throw new Misuse(`there is no archive object (.jsonl.gz) in ${paths.join(', ')}`);
  const differences = new Map<string, Difference>();
  let events = 0;
  let unreadable = 0;
  let changed = 0;
  for (const file of files) {
    for (const entry of await entriesOf(file)) {
      events++;
      if (events % EVENTS_PER_NOTICE === 0) notice(`${events} events judged`);
      const difference = differenceOf(entry, policies);
      if (difference === 'unreadable') unreadable++;
      else if (difference !== 'none') {
        changed++;
        add(differences, difference);
      }
    }
  }
  const sorted = [...differences.values()].toSorted((a, b) => b.count - a.count);
  return { files: files.length, events, unreadable, changed, differences: sorted };
}

/** The report for a person. */
export function formatBacktest({ files, events, unreadable, changed, differences }: BacktestReport): string {
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
  const rest = unreadable === 0 ? '' : `; ${unreadable} are no messages, of which no policy says anything`;
  return `${differences.length === 0 ? '' : `${table.toString()}\n`}${summary}${rest}\n`;
}

function told({ category, rule, action }: Verdict): string {
  return `${action}: ${category}, ${rule}`;
}

type Entry = { readonly deathId: string; readonly record: unknown };
type Changed = Omit<Difference, 'count' | 'samples'> & { readonly deathId: string };

function differenceOf(
  { deathId, record }: Entry,
  { before, after }: Policies,
): Changed | 'none' | 'unreadable' {
  const letter = parseLetter(record);
  if (letter === null) return 'unreadable';
  const old = explainLetter(letter, deathId, before, null);
  const [one, other] = [verdictOf(old), verdictOf(explainLetter(letter, deathId, after, null))];
  if (same(one, other)) return 'none';
  return { deathId, cause: fingerprint(old.error).text, before: one, after: other };
}

function verdictOf({ target, category, rule, action }: Explanation): Verdict {
  return { target, category, rule, action };
}

function same(one: Verdict, other: Verdict): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function add(differences: Map<string, Difference>, { deathId, ...what }: Changed): void {
  const key = JSON.stringify(what);
  const { count, samples } = differences.get(key) ?? { count: 0, samples: [] };
  const more = samples.length < MOST_SAMPLES ? [...samples, deathId] : samples;
  differences.set(key, { ...what, count: count + 1, samples: more });
}

async function objectsAt(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  if (!found.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => name.endsWith('.jsonl.gz'))
    .toSorted()
    .map((name) => join(path, name));
}

async function entriesOf(file: string): Promise<readonly Entry[]> {
  const text = await readFile(file)
    .then((bytes) => gunzipSync(bytes).toString('utf8'))
    .catch((error: unknown) => {
      throw cannotRead(file, error);
    });
  return text
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [entryIn(line, `${file}:${index + 1}`)]));
}

function entryIn(line: string, where: string): Entry {
  const value = parseJson(line);
  const deathId = ownString(value, 'deathId');
  if (!isObject(value) || deathId === null || !Object.hasOwn(value, 'record')) {
    throw new Misuse(`${where} is no line of the archive: give objects as they lie in the archive bucket`);
  }
  return { deathId, record: ownProperty(value, 'record') };
}
