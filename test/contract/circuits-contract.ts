import { beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Group } from '../../src/recovery/group.ts';
import type { Circuits, Ledger, ParkedPointer } from '../../src/recovery/ports.ts';
import { newTrial, type Circuit } from '../../src/recovery/release/circuit.ts';

const NOW = 1_790_000_000_000;
const SECOND = 1000;

/** What every ledger does with groups, for the intake and for the releaser. Each test works on a group of its own. */
export function circuitsContract(
  name: string,
  open: () => Promise<{ readonly ledger: Ledger; readonly circuits: Circuits }>,
): void {
  describe(`circuits (${name})`, () => {
    let ledger: Ledger;
    let circuits: Circuits;
    let group: Group;
    const mine = { owner: 'me', untilMs: NOW + 30 * SECOND };
    const theirs = { owner: 'another', untilMs: NOW + 30 * SECOND };

    beforeEach(async () => {
      ({ ledger, circuits } = await open());
      const key = `orders|defect|${randomUUID()}`;
      group = { key, target: 'orders', category: 'defect', rule: 'r', cause: 'c', isManual: false };
    });

    const at = { key: 'parked/v1/x', offsetBytes: 0, lengthBytes: 10, line: 0 };

    function pointer(change: Partial<ParkedPointer> = {}): ParkedPointer {
      const parked = { parkedAtMs: NOW, dueAtMs: null, newestDeathMs: NOW - SECOND };
      return { group: group.key, events: [at], ...parked, ...change };
    }

    async function row(): Promise<Circuit | undefined> {
      const { circuits: live } = await circuits.live();
      return live.find((circuit) => circuit.group.key === group.key);
    }

    async function taken(): Promise<Circuit> {
      const circuit = await circuits.take(group.key, mine, NOW);
      if (circuit === null) throw new Error('the circuit could not be taken');
      return circuit;
    }

    test('a group that nothing is parked in has no row', async () => {
      expect(await row()).toBeUndefined();
      expect(await circuits.take(group.key, mine, NOW)).toBeNull();
    });

    test('closing says whether the group was open, and the row knows all of the group', async () => {
      expect(await ledger.closeGroup(group, NOW)).toBe(true);
      expect(await ledger.closeGroup(group, NOW + SECOND)).toBe(false);
      expect(await row()).toEqual({
        group,
        state: 'parked',
        sinceMs: NOW,
        nextAtMs: null,
        probes: 0,
        look: null,
        asked: false,
        trial: null,
      });
    });

    test('a group is closed by one of many that try at the same time', async () => {
      const closed = await Promise.all(Array.from({ length: 10 }, () => ledger.closeGroup(group, NOW)));
      expect(closed.filter((was) => was)).toHaveLength(1);
    });

    test('registering what is parked under an open group makes a row that is due when the events are', async () => {
      await ledger.register([{ group, dueAtMs: NOW + 30 * SECOND }], NOW);
      expect(await row()).toMatchObject({ state: 'flowing', nextAtMs: NOW + 30 * SECOND });
      expect((await ledger.standing([group.key], [], NOW)).parked).toEqual(new Set());
      await ledger.register([{ group, dueAtMs: NOW + 60 * SECOND }], NOW);
      expect(await row()).toMatchObject({ nextAtMs: NOW + 30 * SECOND });
      await ledger.register([{ group, dueAtMs: NOW + 10 * SECOND }], NOW);
      expect(await row()).toMatchObject({ nextAtMs: NOW + 10 * SECOND });
      await ledger.register([{ group, dueAtMs: null }], NOW);
      expect(await row()).toMatchObject({ nextAtMs: NOW });
    });

    test('registering what is parked under a parked group changes nothing', async () => {
      await ledger.closeGroup(group, NOW);
      await ledger.register([{ group, dueAtMs: null }], NOW + SECOND);
      expect(await row()).toMatchObject({ state: 'parked', sinceMs: NOW, nextAtMs: null });
    });

    test('a group that flows with something parked closes like any other, and starts anew with its probes', async () => {
      await ledger.register([{ group, dueAtMs: NOW }], NOW);
      expect(await ledger.closeGroup(group, NOW + SECOND)).toBe(true);
      expect(await row()).toMatchObject({ state: 'parked', sinceMs: NOW + SECOND, nextAtMs: null });
    });

    test('one of two has the lease, until it is given back or has run out', async () => {
      await ledger.closeGroup(group, NOW);
      expect(await circuits.take(group.key, mine, NOW)).toMatchObject({ state: 'parked' });
      expect(await circuits.take(group.key, theirs, NOW + SECOND)).toBeNull();
      expect(await circuits.take(group.key, mine, NOW + SECOND)).not.toBeNull();
      expect(await circuits.take(group.key, theirs, NOW + 30 * SECOND)).not.toBeNull();
      await circuits.leave(group.key, 'me'); // not mine any more: nothing happens
      expect(await circuits.take(group.key, mine, NOW + 31 * SECOND - SECOND)).not.toBeNull();
      await circuits.leave(group.key, 'me');
      expect(await circuits.take(group.key, theirs, NOW + SECOND)).not.toBeNull();
    });

    test('a change is written under the lease, from the state that it starts from, and given as it then is', async () => {
      await ledger.closeGroup(group, NOW);
      const circuit = await taken();
      const trial = newTrial('trial-1', 'target-changed');
      const probing = await circuits.save(
        circuit,
        { on: 'target-changed', trial, look: 'salt.digest', probes: 2, nextAtMs: NOW + SECOND },
        mine,
        NOW + SECOND,
      );
      expect(probing).toMatchObject({
        state: 'probing',
        sinceMs: NOW + SECOND,
        nextAtMs: NOW + SECOND,
        look: 'salt.digest',
        probes: 2,
        trial,
      });
      expect(await row()).toEqual(probing);
      // It starts from a state that is not any more.
      expect(await circuits.save(circuit, { on: 'probe-due' }, mine, NOW)).toBeNull();
      expect(await circuits.save(probing ?? circuit, {}, theirs, NOW)).toBeNull();
    });

    test('what is left out of a change stays, and a trial ends when it is taken away', async () => {
      await ledger.closeGroup(group, NOW);
      const trial = newTrial('trial-1', 'probe-due');
      let circuit = await circuits.save(await taken(), { on: 'probe-due', trial }, mine, NOW);
      if (circuit === null) throw new Error('lost');
      circuit = await circuits.save(
        circuit,
        { accepted: 7, watchedUntilMs: NOW + 9, ratePerSecond: 4 },
        mine,
        NOW,
      );
      expect(circuit?.trial).toEqual({ ...trial, accepted: 7, watchedUntilMs: NOW + 9, ratePerSecond: 4 });
      if (circuit === null) throw new Error('lost');
      const parked = await circuits.save(circuit, { on: 'canary-died', trial: null }, mine, NOW);
      expect(parked).toMatchObject({ state: 'parked', trial: null });
    });

    test('a person may ask for a release whoever has the lease, unless a trial is running or nothing is parked', async () => {
      expect(await circuits.ask(group.key)).toBe('gone');
      expect(await row()).toBeUndefined();
      await ledger.closeGroup(group, NOW);
      const circuit = await taken();
      expect(await circuits.ask(group.key)).toBe('asked');
      expect(await row()).toMatchObject({ state: 'parked', asked: true });
      const trial = newTrial('trial-3', 'person-asked');
      const probing = await circuits.save(circuit, { on: 'person-asked', asked: false, trial }, mine, NOW);
      expect(probing).toMatchObject({ state: 'probing', asked: false });
      expect(await circuits.ask(group.key)).toBe('under-way');
      expect(await row()).toMatchObject({ asked: false });
    });

    test('a person may ask for what is parked under an open group', async () => {
      await ledger.register([{ group, dueAtMs: NOW + 30 * SECOND }], NOW);
      expect(await circuits.ask(group.key)).toBe('asked');
      expect(await row()).toMatchObject({ state: 'flowing', asked: true });
    });

    test('deaths of what a trial handed over are counted by cause, whoever counts them, and of an old trial no more', async () => {
      await ledger.closeGroup(group, NOW);
      const trial = newTrial('trial-2', 'probe-due');
      const circuit = await circuits.save(await taken(), { on: 'probe-due', trial }, mine, NOW);
      const of = { group: group.key, id: 'trial-2' };
      await Promise.all(Array.from({ length: 5 }, () => ledger.countTrialDeath(of, true)));
      await ledger.countTrialDeath(of, false);
      await ledger.countTrialDeath({ ...of, id: 'trial-1' }, true);
      await ledger.countTrialDeath({ ...of, group: `${group.key}-gone` }, true);
      if (circuit === null) throw new Error('lost');
      const saved = await circuits.save(circuit, { accepted: 6 }, mine, NOW);
      expect(saved?.trial).toMatchObject({ accepted: 6, diedSame: 5, diedOther: 1 });
    });

    test('pointers are read in pages, from either end', async () => {
      for (let n = 0; n < 5; n++) await ledger.point(pointer({ parkedAtMs: NOW + n * SECOND }));
      await ledger.point({ ...pointer(), group: `${group.key}-another` });
      const [first, second] = await circuits.pointers(group.key, { after: null, limit: 2 });
      expect([first?.parkedAtMs, second?.parkedAtMs]).toEqual([NOW, NOW + SECOND]);
      const rest = await circuits.pointers(group.key, { after: second?.id ?? '', limit: 10 });
      expect(rest.map(({ parkedAtMs }) => parkedAtMs - NOW)).toEqual([2000, 3000, 4000]);
      const [newest] = await circuits.pointers(group.key, { after: null, limit: 1, newestFirst: true });
      expect(newest?.parkedAtMs).toBe(NOW + 4 * SECOND);
      const before = { after: newest?.id ?? '', limit: 1, newestFirst: true };
      expect((await circuits.pointers(group.key, before))[0]?.parkedAtMs).toBe(NOW + 3 * SECOND);
    });

    test('a pointer keeps what is left of it, in its place, and goes with its last event', async () => {
      const events = [at, { ...at, line: 1 }, { ...at, offsetBytes: 10, line: 0 }];
      await ledger.point(pointer({ events, dueAtMs: NOW + SECOND }));
      await ledger.point(pointer({ parkedAtMs: NOW + SECOND }));
      const [older] = await circuits.pointers(group.key, { after: null, limit: 1 });
      if (older === undefined) throw new Error('there is no pointer');
      expect(older).toMatchObject({ events, dueAtMs: NOW + SECOND, newestDeathMs: NOW - SECOND });
      await circuits.keep(older, [events[2] ?? at]);
      const [kept] = await circuits.pointers(group.key, { after: null, limit: 1 });
      expect(kept).toEqual({ ...older, events: [events[2]] });
      await circuits.keep(older, []);
      expect(await circuits.pointers(group.key, { after: null, limit: 9 })).toHaveLength(1);
    });

    describe('the row of a group that is emptied', () => {
      test('goes, when there is no pointer', async () => {
        await ledger.closeGroup(group, NOW);
        await taken();
        expect(await circuits.settle(group.key, mine, NOW)).toBe(true);
        expect(await row()).toBeUndefined();
      });

      test('stays, flowing and due at once, when something was parked meanwhile', async () => {
        await ledger.closeGroup(group, NOW);
        await taken();
        await ledger.point(pointer());
        expect(await circuits.settle(group.key, mine, NOW + SECOND)).toBe(false);
        expect(await row()).toMatchObject({ state: 'flowing', nextAtMs: NOW + SECOND });
      });

      test('stays with whoever has its lease', async () => {
        await ledger.closeGroup(group, NOW);
        await circuits.take(group.key, theirs, NOW);
        expect(await circuits.settle(group.key, mine, NOW)).toBe(false);
        expect(await row()).toMatchObject({ state: 'parked' });
      });

      test('is made anew by a consumer that was paused between its reading and its writing', async () => {
        await ledger.closeGroup(group, NOW);
        expect((await ledger.standing([group.key], [], NOW)).parked).toEqual(new Set([group.key]));
        await taken();
        expect(await circuits.settle(group.key, mine, NOW)).toBe(true);
        // The consumer goes on: it has read that the group is parked.
        await ledger.point(pointer());
        await ledger.register([{ group, dueAtMs: null }], NOW + SECOND);
        expect(await row()).toMatchObject({ state: 'flowing', nextAtMs: NOW + SECOND });
      });
    });

    test('an order key is held in the group of its first event, until its last one is through', async () => {
      const key = `by orders ${randomUUID()}`;
      expect(await ledger.holds([key])).toEqual(new Map());
      await ledger.hold(key, group, NOW);
      await ledger.hold(key, { ...group, key: 'another|defect|0' }, NOW + SECOND);
      const others = Array.from({ length: 120 }, (_, n) => `${key}-${n}`);
      expect(await ledger.holds([...others, key, key])).toEqual(new Map([[key, group]]));
      await ledger.unhold(key, NOW);
      expect(await ledger.holds([key])).toEqual(new Map([[key, group]]));
      await ledger.unhold(key, NOW + SECOND);
      expect(await ledger.holds([key])).toEqual(new Map());
      await ledger.unhold(key, NOW + SECOND);
    });

    test('deaths of what a release has handed over are awaited for the longest time that was named', async () => {
      const target = `target-${group.key}`;
      const awaited = async (nowMs: number) =>
        (await ledger.standing([], [target], nowMs)).awaited.has(target);
      expect(await awaited(NOW)).toBe(false);
      await circuits.expectDeaths(target, NOW + 20 * SECOND);
      await circuits.expectDeaths(target, NOW + 10 * SECOND);
      expect(await awaited(NOW + 15 * SECOND)).toBe(true);
      expect(await awaited(NOW + 20 * SECOND)).toBe(false);
    });

    test('one releaser at a time has the right to release groups of a target', async () => {
      const target = `target-${group.key}`;
      expect(await circuits.takeTarget(target, mine, NOW)).toBe(true);
      expect(await circuits.takeTarget(target, theirs, NOW + SECOND)).toBe(false);
      expect(await circuits.takeTarget(target, mine, NOW + SECOND)).toBe(true);
      expect(await circuits.takeTarget(target, theirs, NOW + 31 * SECOND)).toBe(true);
      await circuits.leaveTarget(target, 'me');
      expect(await circuits.takeTarget(target, mine, NOW + 32 * SECOND - SECOND)).toBe(true);
      await circuits.leaveTarget(target, 'me');
      expect(await circuits.takeTarget(target, theirs, NOW)).toBe(true);
    });
  });
}
