import { CATEGORIES, type Category } from '../recovery/category.ts';
import type { CompiledPolicy, ReleasePolicy } from '../recovery/policy.ts';
import type { Limits, PolicyReader } from './policy-reader.ts';
import type { Entry } from './yaml-reader.ts';

type Probes = CompiledPolicy['defaults']['probes'];

/** The keys of a release, of a target and of the defaults alike. */
export const RELEASE_KEYS = ['rate', 'concurrency', 'stopAt', 'observe'] as const;

const RATE: Limits = {
  least: 1,
  most: 1000,
  whole: true,
  why: 'a single releaser cannot keep up with more, and with none nothing comes back',
};
const CONCURRENCY: Limits = {
  least: 1,
  most: 100,
  whole: true,
  why: 'each hand-over holds a socket of the releaser',
};
const STOP_AT: Limits = {
  least: 0,
  most: 1,
  whole: false,
  why: 'it is the share of what was brought back that may die again',
};
/** Lambda keeps what it has accepted for six hours at most, and a run takes a quarter of one. */
const LONGEST_OBSERVATION_SECONDS = 12 * 3600;
const LONGEST_PROBE_SECONDS = 7 * 86_400;
const MOST_PROBES = 10;

/** Gentle to a database that has just come back: 600 events a minute, over ten connections at once. */
export const RELEASE: ReleasePolicy = {
  ratePerSecond: 10,
  concurrency: 10,
  stopAtShare: 0.2,
  observeSeconds: null,
};

/** For what is fixed where nothing of the target shows it, such as a policy of its role: at most an hour late, for a call an hour. */
const RARE_SECONDS = [5 * 60, 15 * 60, 3600];

/** What is left out changes with the code or with the event, not with time. */
export const PROBES: Probes = {
  transient: [60, 2 * 60, 5 * 60],
  misconfigured: RARE_SECONDS,
  expired: RARE_SECONDS,
  unknown: RARE_SECONDS,
};

/** Reads the keys of a release; `otherwise` holds for what is not said, or said wrongly. */
export function readRelease(
  reader: PolicyReader,
  fields: ReadonlyMap<string, Entry>,
  otherwise: ReleasePolicy,
): ReleasePolicy {
  return {
    ratePerSecond: reader.number(fields.get('rate'), RATE) ?? otherwise.ratePerSecond,
    concurrency: reader.number(fields.get('concurrency'), CONCURRENCY) ?? otherwise.concurrency,
    stopAtShare: reader.number(fields.get('stopAt'), STOP_AT) ?? otherwise.stopAtShare,
    observeSeconds:
      reader.seconds(
        fields.get('observe'),
        LONGEST_OBSERVATION_SECONDS,
        'Lambda gives up what it has accepted long before that',
      ) ?? otherwise.observeSeconds,
  };
}

/** Reads the probes. A category that is not named keeps its default; one with an empty list is left out. */
export function readProbes(reader: PolicyReader, entry: Entry | undefined): Probes {
  if (entry === undefined) return PROBES;
  const fields = reader.fields(entry.value, entry.keyNode, 'probes', CATEGORIES);
  const delays = CATEGORIES.map((category): readonly [Category, readonly number[]] => {
    const written = fields.get(category);
    return [category, written === undefined ? (PROBES[category] ?? []) : readDelays(reader, written)];
  });
  return Object.fromEntries(delays.filter(([, seconds]) => seconds.length > 0));
}

function readDelays(reader: PolicyReader, entry: Entry): readonly number[] {
  const items = reader.items(entry.value);
  if (items === null || items.length > MOST_PROBES) {
    reader.problem(
      entry.value ?? entry.keyNode,
      items === null
        ? `${entry.key} must be a list of durations, such as [1m, 5m]: [] is never`
        : `${entry.key} takes at most ${MOST_PROBES} delays: the last one repeats`,
    );
    return [];
  }
  return items.flatMap((value) => {
    const seconds = reader.seconds(
      { ...entry, value },
      LONGEST_PROBE_SECONDS,
      'after a week without a change a person should look',
    );
    return seconds === null ? [] : [seconds];
  });
}
