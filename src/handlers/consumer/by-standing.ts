import {
  afterOneThatStays,
  afterTooManyCauses,
  afterTooManyDeaths,
  decideAtOnce,
  type Decision,
} from '../../recovery/decide.ts';
import { CAUSES_PER_WINDOW, OPEN_DEATHS_PER_WINDOW, outageOf, type Group } from '../../recovery/group.ts';
import type { Standing } from '../../recovery/ports.ts';
import { subjectOf, type ReadableCase } from './case.ts';
import type { BatchRun } from './run.ts';

/** What can be decided of a batch by how its groups stand, before anything is asked about single events. */

/** A case with what is decided of it; null where the ledger has to be asked about it. */
export type OpenCase = { readonly subject: ReadableCase; readonly decision: Decision | null };

/**
 * How the groups of a batch stand. Of more causes than an outage has, the outages are asked about first: what belongs to one that is
 * parked joins it, whatever its own group does, and a thousand texts of one outage are not a thousand groups to read.
 */
export async function standingOf(run: BatchRun, cases: readonly ReadableCase[]): Promise<Standing> {
  const { ports, nowMs } = run.surroundings;
  const targets = [...new Set(cases.map(({ event }) => event.target).filter((target) => target !== null))];
  const read = (keys: ReadonlySet<string>): Promise<Standing> =>
    ports.ledger.standing([...keys], targets, nowMs());
  const own = new Set(cases.map(({ group }) => group.key));
  const outages = new Set(cases.flatMap(({ group }) => outageKeys(group)));
  if (own.size <= CAUSES_PER_WINDOW) return read(new Set([...own, ...outages]));
  const known = await read(outages);
  const alone = cases.filter(({ group }) => !outageKeys(group).some((key) => known.parked.has(key)));
  if (alone.length === 0) return known;
  const more = await read(new Set(alone.map(({ group }) => group.key)));
  return { ...more, parked: new Set([...known.parked, ...more.parked]) };
}

/**
 * The cases of open groups, of each no more than may be tried: what one batch brings beyond that parks, and the ledger is not asked
 * about every one of the first batches of a storm.
 */
export function parkSurplus(
  items: readonly OpenCase[],
  isKnown: (subject: ReadableCase) => boolean,
): readonly OpenCase[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const { subject, decision } = item;
    if (decision !== null || isKnown(subject)) return item;
    const count = (counts.get(subject.group.key) ?? 0) + 1;
    counts.set(subject.group.key, count);
    return count > OPEN_DEATHS_PER_WINDOW ? { subject, decision: afterTooManyDeaths() } : item;
  });
}

/** What comes after a parked event of the same order key is parked behind it, in its group: no later one overtakes it. */
export async function queueUp(run: BatchRun, items: readonly OpenCase[]): Promise<readonly OpenCase[]> {
  const inTurn = items.filter(
    ({ subject, decision }) => subject.orderKey !== null && decision?.action !== 'archive',
  );
  const keys = inTurn.flatMap(({ subject }) => subject.orderKey ?? []);
  const held = await run.together('read holds', inTurn.map(subjectOf), () =>
    run.surroundings.ports.ledger.holds(keys),
  );
  return items.flatMap((item) => {
    if (run.outcomeOf(item.subject) !== null) return [];
    const group = item.subject.orderKey === null ? undefined : held?.get(item.subject.orderKey);
    if (group === undefined || item.decision?.action === 'archive') return [item];
    return [{ subject: { ...item.subject, group }, decision: afterOneThatStays() }];
  });
}

/**
 * The cases with what can be decided at once. Where too many different causes die at one target, those that have no parked group of
 * their own yet join the group of the outage. Causes are counted once per batch.
 */
export async function joinOutages(
  run: BatchRun,
  cases: readonly ReadableCase[],
  parked: ReadonlySet<string>,
): Promise<readonly OpenCase[]> {
  const alone = cases.map((subject) => ({ subject, decision: atOnce(subject, parked) }));
  const newCauses = alone.filter(({ subject, decision }) => {
    return !parked.has(subject.group.key) && decision?.action !== 'archive';
  });
  const { ports, nowMs } = run.surroundings;
  const joined = new Map<OpenCase, OpenCase>();
  for (const [key, items] of Map.groupBy(newCauses, ({ subject }) => outageKeys(subject.group)[0])) {
    if (key === undefined) continue;
    const fresh = items.filter(({ subject }) => !mayBeKnown(subject)).map(({ subject }) => subject.group.key);
    const isParked = parked.has(key);
    const causes = new Set(fresh).size;
    const counted =
      isParked || causes === 0
        ? 0
        : await run.together('count causes', items.map(subjectOf), () =>
            ports.ledger.countDeaths(key, causes, nowMs()),
          );
    if (!isParked && (counted ?? 0) <= CAUSES_PER_WINDOW) continue;
    for (const item of items) {
      const group = outageOf(item.subject.group);
      if (group === null) continue;
      const subject = { ...item.subject, group };
      joined.set(item, { subject, decision: isParked ? atOnce(subject, parked) : afterTooManyCauses() });
    }
  }
  return alone
    .filter(({ subject }) => run.outcomeOf(subject) === null)
    .map((item) => joined.get(item) ?? item);
}

function atOnce({ event, judgement, group }: ReadableCase, parked: ReadonlySet<string>): Decision | null {
  return decideAtOnce(event, judgement, parked.has(group.key));
}

function outageKeys(group: Group): readonly string[] {
  const outage = outageOf(group);
  return outage === null ? [] : [outage.key];
}

/**
 * Whether the ledger may know more of the death than the record shows: a message that has been looked at before may have
 * been handed over already, and a death that is reported twice must be known by its second report.
 */
export function mayBeKnown({ reportedTwice, letter }: ReadableCase): boolean {
  return reportedTwice || letter.receives !== 1;
}
