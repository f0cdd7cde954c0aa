import Table from 'cli-table3';
import type { CircuitState } from '../../recovery/release/circuit.ts';
import { hashOf, type GroupView, type Held } from './groups.ts';

/** The groups for a person: masked causes and counts, no payload. */
export function formatGroups(groups: readonly GroupView[]): string {
  if (groups.length === 0) return 'nothing is parked\n';
  const table = new Table({
    head: ['group, target', 'state', 'parked', 'since, next look', 'cause'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, null, NEXT_WIDTH, CAUSE_WIDTH],
  });
  for (const view of groups) {
    const { group, target, category, state, parked, since, cause } = view;
    table.push([
      `${nameIn(groups, group)}\n${target ?? '-'}`,
      `${state}\n${category}`,
      String(parked),
      `${shortTime(since)}\n${nextLook(view)}`,
      cause,
    ]);
  }
  const events = groups.reduce((sum, { parked }) => sum + parked, 0);
  return `${table.toString()}\n${counted(events, 'parked event')} in ${counted(groups.length, 'group')}\n`;
}

const CAUSE_WIDTH = 44;
const NEXT_WIDTH = 26;

/** The end of its key, where no other of these groups ends so. */
function nameIn(groups: readonly GroupView[], key: string): string {
  const hash = hashOf(key);
  return groups.filter(({ group }) => hashOf(group) === hash).length === 1 ? hash : key;
}

/** When, or by what, the group is tried next, in words. */
export function nextLook({ state, next, manual, asked, held, trial }: GroupView): string {
  if (held !== null) return HELD[held];
  if (trial !== null && (state === 'probing' || state === 'releasing'))
    return UNDER_WAY[state](next, trial.opener);
  if (asked) return 'at once: a person has asked';
  if (manual) return 'when a person asks';
  return next === null ? 'when its target changes' : shortTime(next);
}

const HELD: Readonly<Record<Held, string>> = {
  paused: 'when dlq resume lets it',
  observed: 'when its target may act (mode: act)',
  'not-declared': 'when the policy declares its target',
};

const UNDER_WAY: Readonly<
  Record<Extract<CircuitState, 'probing' | 'releasing'>, (next: string | null, opener: string) => string>
> = {
  probing: (next, opener) => `being tried (${opener})${next === null ? '' : `, told by ${shortTime(next)}`}`,
  releasing: (_, opener) => `being brought back (${opener})`,
};

/** A time to the second, UTC. */
export function shortTime(iso: string): string {
  return `${iso.slice(0, 'YYYY-MM-DD'.length)} ${iso.slice('YYYY-MM-DDT'.length, 'YYYY-MM-DDThh:mm:ss'.length)}Z`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
