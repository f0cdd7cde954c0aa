import { beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Group } from '../../src/recovery/group.ts';
import type { Intent, Ledger } from '../../src/recovery/ports.ts';

const NOW = 1_790_000_000_000;
const SECOND = 1000;

/** What every ledger does. Each test works on keys of its own, so that one table serves all. */
export function ledgerContract(name: string, open: () => Promise<Ledger>): void {
  describe(`the ledger (${name})`, () => {
    let ledger: Ledger;
    let id = '';

    beforeEach(async () => {
      ledger = await open();
      id = randomUUID();
    });

    describe('looks', () => {
      test('are counted per message, and can be taken back', async () => {
        await ledger.countLook(id, NOW);
        await ledger.countLook(id, NOW);
        await ledger.countLook(id, NOW);
        await ledger.uncountLook(id, NOW);
        await ledger.countLook(`${id}-2`, NOW);
        const looks = await ledger.looks([id, `${id}-2`, `${id}-never`, id]);
        expect(looks).toEqual(
          new Map([
            [id, 2],
            [`${id}-2`, 1],
          ]),
        );
      });
    });

    describe('claims', () => {
      test('are given once while the lease runs', async () => {
        expect(await ledger.claim(id, 'a', NOW, NOW + 25 * SECOND)).toEqual({
          kind: 'claimed',
          waited: false,
          first: true,
        });
        expect(await ledger.claim(id, 'b', NOW + SECOND, NOW + 26 * SECOND)).toEqual({
          kind: 'not-yet',
          untilMs: NOW + 25 * SECOND,
        });
      });

      test('are not given again to the message that holds them: a second delivery may run beside the first', async () => {
        await ledger.claim(id, 'a', NOW, NOW + 25 * SECOND);
        expect(await ledger.claim(id, 'a', NOW + SECOND, NOW + 26 * SECOND)).toMatchObject({
          kind: 'not-yet',
        });
      });

      test('pass to another message when the lease has run out', async () => {
        await ledger.claim(id, 'a', NOW, NOW + 25 * SECOND);
        expect(await ledger.claim(id, 'b', NOW + 25 * SECOND, NOW + 50 * SECOND)).toEqual({
          kind: 'claimed',
          waited: false,
          first: false,
        });
        await expect(ledger.finish(id, 'a', 'parked', NOW + 26 * SECOND)).rejects.toThrow(/lease/);
        await expect(ledger.postpone(id, 'a', NOW + 60 * SECOND)).rejects.toThrow(/lease/);
      });

      test('that are postponed are given again from their due time on, and say so', async () => {
        await ledger.claim(id, 'a', NOW, NOW + 25 * SECOND);
        await ledger.postpone(id, 'a', NOW + 40 * SECOND);
        expect(await ledger.claim(id, 'a', NOW + 39 * SECOND, NOW + 64 * SECOND)).toEqual({
          kind: 'not-yet',
          untilMs: NOW + 40 * SECOND,
        });
        expect(await ledger.claim(id, 'b', NOW + 40 * SECOND, NOW + 65 * SECOND)).toEqual({
          kind: 'claimed',
          waited: true,
          first: false,
        });
      });

      test('are known to be in other hands until they are finished, also when the lease has run out', async () => {
        expect(await ledger.isInOtherHands(id, 'b')).toBe(false);
        await ledger.claim(id, 'a', NOW, NOW + 25 * SECOND);
        expect(await ledger.isInOtherHands(id, 'b')).toBe(true);
        expect(await ledger.isInOtherHands(id, 'a')).toBe(false);
        await ledger.postpone(id, 'a', NOW + 40 * SECOND);
        expect(await ledger.isInOtherHands(id, 'b')).toBe(true);
        await ledger.claim(id, 'a', NOW + 40 * SECOND, NOW + 65 * SECOND);
        await ledger.finish(id, 'a', 'parked', NOW + 41 * SECOND);
        expect(await ledger.isInOtherHands(id, 'b')).toBe(false);
      });

      test('that are finished stay done', async () => {
        await ledger.claim(id, 'a', NOW, NOW + 25 * SECOND);
        await ledger.finish(id, 'a', 'reinvoked', NOW + SECOND);
        expect(await ledger.claim(id, 'b', NOW + 3600 * SECOND, NOW + 3625 * SECOND)).toEqual({
          kind: 'done',
        });
      });

      test('are given to exactly one of many who ask at once', async () => {
        const asked = await Promise.all(
          Array.from({ length: 10 }, (_, n) => ledger.claim(id, `m${n}`, NOW, NOW + 25 * SECOND)),
        );
        expect(asked.filter((claim) => claim.kind === 'claimed')).toHaveLength(1);
      });

      test('cannot be finished by whoever never took them', async () => {
        await expect(ledger.finish(id, 'a', 'archived', NOW)).rejects.toThrow(/lease/);
      });
    });

    describe('groups', () => {
      function group(): Group {
        return {
          key: `orders|defect|${id}`,
          target: 'orders',
          category: 'defect',
          rule: 'r',
          cause: 'c',
          isManual: false,
        };
      }

      test('are open until they are closed, and closing twice changes nothing', async () => {
        const { key } = group();
        expect((await ledger.standing([key], [], NOW)).parked).toEqual(new Set());
        await ledger.closeGroup(group(), NOW);
        await ledger.closeGroup(group(), NOW + SECOND);
        expect((await ledger.standing([key, 'another', key], [], NOW)).parked).toEqual(new Set([key]));
      });

      test('are read in any number', async () => {
        const keys = Array.from({ length: 250 }, (_, n) => `${group().key}${n}`);
        const closed = keys[201] ?? '';
        await ledger.closeGroup({ ...group(), key: closed }, NOW);
        expect((await ledger.standing(keys, [], NOW)).parked).toEqual(new Set([closed]));
        expect(await ledger.standing([], [], NOW)).toEqual({
          parked: new Set(),
          paused: new Set(),
          awaited: new Set(),
        });
      });

      test('count deaths within a window, whoever adds them', async () => {
        const counts = await Promise.all(
          Array.from({ length: 10 }, () => ledger.countDeaths(group().key, 3, NOW)),
        );
        expect(counts.toSorted((a, b) => a - b)).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
        expect(await ledger.countDeaths(group().key, 2, NOW + 60 * SECOND)).toBe(2);
      });
    });

    describe('evidence', () => {
      test('of a death is given to whoever asks for it, among any number of others', async () => {
        const evidence = {
          error: {
            code: '200',
            type: 'OrderError',
            message: null,
            condition: 'RetriesExhausted',
            causes: [{ from: 'stack' as const, type: 'StoreError', message: null }],
            frame: '/var/task/orders.js book',
          },
          target: 'orders:live',
        };
        await ledger.recordEvidence(id, evidence, NOW);
        await ledger.recordEvidence(id, evidence, NOW + SECOND);
        const others = Array.from({ length: 150 }, (_, n) => `${id}-${n}`);
        expect(await ledger.evidence([...others, id])).toEqual(new Map([[id, evidence]]));
        expect(await ledger.evidence([])).toEqual(new Map());
      });
    });

    describe('intents', () => {
      function intent(change: Partial<Intent> = {}): Intent {
        return {
          origin: id,
          deathId: id,
          target: 'orders',
          payloadSha256: `sha-of-${id}`,
          reinvocation: 1,
          madeAtMs: NOW,
          openUntilMs: NOW + 3600 * SECOND,
          trial: null,
          ...change,
        };
      }
      const death = (deathId: string, diedAtMs = NOW) => ({
        deathId,
        diedAtMs,
        target: 'orders',
        payloadSha256: `sha-of-${id}`,
      });

      test('are unknown for a death that nobody caused', async () => {
        expect(await ledger.history(death(id))).toEqual({
          origin: id,
          reinvocations: 0,
          diedAgain: false,
          acceptedAs: null,
          trial: null,
        });
      });

      test('are recorded once', async () => {
        await ledger.intend(intent());
        await expect(ledger.intend(intent())).rejects.toThrow(/already recorded/);
      });

      test('tie the death of an accepted request to its origin, however late it comes', async () => {
        await ledger.intend(intent());
        await ledger.accepted(intent(), `re-${id}`);
        const late = NOW + 365 * 24 * 3600 * SECOND;
        expect(await ledger.history(death(`re-${id}`, late))).toEqual({
          origin: id,
          reinvocations: 1,
          diedAgain: true,
          acceptedAs: null,
          trial: null,
        });
      });

      test('say to the next delivery of the same death that the target has accepted it', async () => {
        await ledger.intend(intent());
        expect(await ledger.history(death(id))).toMatchObject({ reinvocations: 1, acceptedAs: null });
        await ledger.accepted(intent(), `re-${id}`);
        expect(await ledger.history(death(id))).toEqual({
          origin: id,
          reinvocations: 1,
          diedAgain: false,
          acceptedAs: `re-${id}`,
          trial: null,
        });
      });

      test('know of a synchronous call that it has brought the event back, and of one that died that it counts', async () => {
        await ledger.intend(intent({ openUntilMs: 0 }));
        await ledger.died(intent({ openUntilMs: 0 }), `call-1-${id}`);
        expect(await ledger.history(death(id))).toMatchObject({ reinvocations: 1, acceptedAs: null });
        const second = intent({ reinvocation: 2, openUntilMs: 0, trial: { group: 'g', id: 't' } });
        await ledger.intend(second);
        await ledger.succeeded(second, `call-2-${id}`);
        expect(await ledger.history(death(id))).toMatchObject({
          reinvocations: 2,
          acceptedAs: `call-2-${id}`,
        });
        // No death of it comes: another of the same payload is no death of this one.
        expect(await ledger.history(death(`another-${id}`, NOW))).toMatchObject({ diedAgain: false });
      });

      test('name, of any number of deaths, those of accepted re-invocations', async () => {
        await ledger.intend(intent());
        await ledger.accepted(intent(), `re-${id}`);
        const others = Array.from({ length: 150 }, (_, n) => `other-${n}-${id}`);
        expect(await ledger.answers([...others, `re-${id}`])).toEqual(new Set([`re-${id}`]));
        expect(await ledger.answers([])).toEqual(new Set());
      });

      test('say of the death of what a release handed over which trial it was', async () => {
        const trial = { group: `orders|defect|${id}`, id: 'trial-1' };
        await ledger.intend(intent({ trial }));
        expect(await ledger.history(death('nobody-knows', NOW + SECOND))).toMatchObject({ trial });
        await ledger.accepted(intent({ trial }), `re-${id}`);
        expect(await ledger.history(death(`re-${id}`))).toMatchObject({ diedAgain: true, trial });
        expect(await ledger.history(death(id))).toMatchObject({ acceptedAs: `re-${id}`, trial: null });
      });

      test('tie a death under an unknown id to an open intent of the same target and payload', async () => {
        await ledger.intend(intent());
        await ledger.intend(intent({ reinvocation: 2 }));
        expect(await ledger.history(death('nobody-knows', NOW + SECOND))).toEqual({
          origin: id,
          reinvocations: 2,
          diedAgain: true,
          acceptedAs: null,
          trial: null,
        });
        expect(await ledger.history({ ...death('nobody-knows'), target: 'another' })).toMatchObject({
          reinvocations: 0,
        });
        expect(await ledger.history(death('nobody-knows', NOW + 3601 * SECOND))).toMatchObject({
          reinvocations: 0,
          diedAgain: false,
        });
      });

      test('count the latest of an event, whichever of its deaths arrives', async () => {
        await ledger.intend(intent());
        await ledger.accepted(intent(), `re1-${id}`);
        await ledger.intend(intent({ reinvocation: 2, deathId: `re1-${id}` }));
        expect(await ledger.history(death(`re1-${id}`))).toMatchObject({
          origin: id,
          reinvocations: 2,
          diedAgain: true,
        });
      });

      test('that are withdrawn were no attempt', async () => {
        await ledger.intend(intent());
        await ledger.withdraw(intent());
        expect(await ledger.history(death(id))).toMatchObject({ reinvocations: 0 });
        await ledger.intend(intent());
      });
    });
  });
}
