import { beforeEach, describe, expect, test } from '@jest/globals';
import { Misuse } from '../../src/cli/misuse.ts';
import { formatGroups, nextLook } from '../../src/cli/operating/format-groups.ts';
import { circuitNamed, groupsOf, type GroupFilter, type GroupView } from '../../src/cli/operating/groups.ts';
import type { Group } from '../../src/recovery/group.ts';
import type { ArchivedAt } from '../../src/recovery/archive-entry.ts';
import { newTrial } from '../../src/recovery/release/circuit.ts';
import { MemoryDesk } from '../support/memory-desk.ts';
import { testFunction, testPolicy } from '../support/test-policy.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const ALL: GroupFilter = { target: null, category: null, state: null };
const lease = { owner: 'a releaser', untilMs: NOW + MINUTE_MS };

let desk: MemoryDesk;

beforeEach(() => {
  desk = new MemoryDesk();
});

function group(hash: string, change: Partial<Group> = {}): Group {
  const { target = 'orders', category = 'defect' } = change;
  return {
    key: `${target}|${category}|${hash}`,
    target,
    category,
    rule: 'module-missing',
    cause: `cause ${hash}`,
    isManual: false,
    ...change,
  };
}

/** Parks so many events of a group, in as many pointers as are named. */
async function park(of: Group, ...counts: readonly number[]): Promise<void> {
  await desk.ledger.closeGroup(of, NOW);
  for (const [index, count] of counts.entries()) {
    const events = Array.from({ length: count }, (_, line): ArchivedAt => {
      return { key: `parked/v1/${of.key}/${index}`, offsetBytes: 0, lengthBytes: 9, line };
    });
    const parked = { parkedAtMs: NOW, dueAtMs: null, newestDeathMs: NOW };
    await desk.ledger.point({ group: of.key, events, ...parked });
  }
}

async function shown(filter = ALL, policy = testPolicy): Promise<readonly GroupView[]> {
  return (await groupsOf(desk, policy, filter)).groups;
}

describe('the groups', () => {
  test('come with what is parked in all their pointers, those with the most first, and in one order always', async () => {
    await park(group('b'), 1);
    await park(group('c'), 2, 3);
    await park(group('a'), 1);
    // More pointers than a page has.
    await park(group('d'), ...Array.from({ length: 501 }, () => 1));
    expect((await shown()).map(({ group: key, parked }) => [key, parked])).toEqual([
      ['orders|defect|d', 501],
      ['orders|defect|c', 5],
      ['orders|defect|a', 1],
      ['orders|defect|b', 1],
    ]);
  });

  test('are those of a target, a category, a state', async () => {
    await park(group('a'), 1);
    await park(group('b', { target: 'payouts' }), 1);
    await park(group('c', { category: 'transient' }), 1);
    await desk.ledger.register([{ group: group('d'), dueAtMs: NOW }], NOW);
    const keysOf = async (filter: Partial<GroupFilter>): Promise<readonly string[]> =>
      (await shown({ ...ALL, ...filter })).map(({ group: key }) => key);
    expect(await keysOf({ target: 'payouts' })).toEqual(['payouts|defect|b']);
    expect(await groupsOf(desk, testPolicy, { ...ALL, category: 'transient' })).toMatchObject({
      groups: [{ group: 'orders|transient|c' }],
    });
    expect(await groupsOf(desk, testPolicy, { ...ALL, state: 'flowing' })).toMatchObject({
      groups: [{ group: 'orders|defect|d' }],
    });
    expect(await keysOf({ target: 'nobody' })).toEqual([]);
  });

  test('say what brings them back: a change, time, a person, or a trial that is running', async () => {
    await park(group('change'), 1);
    await park(group('time', { category: 'transient' }), 1);
    await park(group('person', { isManual: true }), 1);
    await park(group('asked'), 1);
    await desk.circuits.ask('orders|defect|asked');
    await park(group('trial'), 1);
    const taken = await desk.circuits.take('orders|defect|trial', lease, NOW);
    if (taken === null) throw new Error('not taken');
    const trial = { ...newTrial('t', 'target-changed'), watchedUntilMs: NOW + MINUTE_MS };
    await desk.circuits.save(taken, { on: 'target-changed', trial }, lease, NOW);
    const told = Object.fromEntries(
      (await shown()).map((view) => [view.group.split('|').at(-1), nextLook(view)] as const),
    );
    expect(told).toEqual({
      change: 'when its target changes',
      time: '2026-11-24 12:01:00Z', // a transient group's first probe, by the policy
      person: 'when a person asks',
      asked: 'at once: a person has asked',
      trial: 'being tried (target-changed), told by 2026-11-24 12:01:00Z',
    });
    expect(await shown({ ...ALL, target: 'orders' })).toContainEqual(
      expect.objectContaining({
        group: 'orders|defect|trial',
        trial: { opener: 'target-changed', accepted: 0, diedSame: 0, diedOther: 0, ratePerSecond: 1 },
      }),
    );
  });

  test('say why nothing is tried: the stop button, a target that is observed or not declared', async () => {
    await park(group('a'), 1);
    await park(group('b', { target: 'payouts' }), 1);
    await park(group('c', { target: 'gone' }), 1);
    const policy = {
      ...testPolicy,
      targets: [...testPolicy.targets, testFunction('payouts', { mode: 'observe' })],
    };
    await desk.operations.pause('orders', { who: 'ann', reason: 'r', atMs: NOW });
    const held = async (): Promise<unknown> => (await shown(ALL, policy)).map((view) => view.held);
    expect(await held()).toEqual(['not-declared', 'paused', 'observed']);
    await desk.operations.resume('orders');
    expect(await held()).toEqual(['not-declared', null, 'observed']);
    await desk.operations.pause(null, { who: 'ann', reason: 'r', atMs: NOW });
    expect(await held()).toEqual(['not-declared', 'paused', 'paused']);
  });

  test('are shown under the end of their keys where that is enough, and under the whole where it is not', async () => {
    await park(group('a'), 1);
    await park(group('same'), 1);
    await park(group('same', { target: 'payouts' }), 1);
    const text = formatGroups(await shown());
    expect(text).toMatch(/│ a +│/);
    expect(text).toContain('orders|defect|same');
    expect(text).toContain('payouts|defect|same');
    expect(text).toContain('3 parked events in 3 groups\n');
    expect(formatGroups([])).toBe('nothing is parked\n');
  });

  test('are found by their key or its end, unless nobody or more than one has it', async () => {
    await park(group('a'), 1);
    await park(group('same'), 1);
    await park(group('same', { target: 'payouts' }), 1);
    const { circuits } = await desk.circuits.live();
    expect(circuitNamed(circuits, 'a').group.key).toBe('orders|defect|a');
    expect(circuitNamed(circuits, 'payouts|defect|same').group.key).toBe('payouts|defect|same');
    expect(() => circuitNamed(circuits, 'same')).toThrow(/more than one group ends in same/);
    expect(() => circuitNamed(circuits, 'b')).toThrow(Misuse);
  });
});
