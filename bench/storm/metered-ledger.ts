import type { Circuits, Intent, Ledger, Outbox } from '../../src/recovery/ports.ts';
import type { MemoryLedger } from '../../test/support/memory-ledger.ts';
import type { Environment } from './environment.ts';
import { CPU_MS } from './latencies.ts';
import {
  batchGets,
  closeCalls,
  DELETE,
  DELETE_INDEXED,
  GET,
  pointersRead,
  pointerWrite,
  PUT,
  QUERY,
  registerCalls,
  standingCalls,
  UPDATE,
} from './ledger-calls.ts';

/**
 * The ledger as one function calls it: counted, and as slow as DynamoDB. `onUnrecorded`: told of each death whose hand-over was made,
 * and could not be written down.
 */
export function meteredLedger(
  inner: MemoryLedger,
  at: Environment,
  onUnrecorded: (deathId: string) => void,
): Ledger {
  const handedOver = async ({ deathId }: Intent, writing: Promise<void>): Promise<void> => {
    try {
      await writing;
    } catch (error) {
      onUnrecorded(deathId);
      throw error;
    }
  };
  const update = <T>(effect: () => Promise<T>): Promise<T> => at.call([UPDATE], effect);
  return {
    standing: (keys, targets, nowMs) =>
      at.callInTurn(standingCalls(keys, targets), () => inner.standing(keys, targets, nowMs)),
    answers: (ids) => at.callInTurn(batchGets(new Set(ids).size), () => inner.answers(ids)),
    closeGroup: (group, nowMs) =>
      at.callInTurn(closeCalls(inner, group.key), () => inner.closeGroup(group, nowMs)),
    register: (registrations, nowMs) =>
      at.callInTurn(registerCalls(inner, registrations, nowMs), () => inner.register(registrations, nowMs)),
    countTrialDeath: (trial, isSame) => update(() => inner.countTrialDeath(trial, isSame)),
    countDeaths: (key, count, nowMs) => update(() => inner.countDeaths(key, count, nowMs)),
    looks: (ids) => at.callInTurn(batchGets(new Set(ids).size), () => inner.looks(ids)),
    countLook: (id) => update(() => inner.countLook(id)),
    uncountLook: (id) => update(() => inner.uncountLook(id)),
    claim: async (deathId, messageId, nowMs, untilMs) => {
      const claim = await update(() => inner.claim(deathId, messageId, nowMs, untilMs));
      return claim.kind === 'claimed' ? claim : at.call([GET], () => claim);
    },
    isInOtherHands: (deathId, messageId) => at.call([GET], () => inner.isInOtherHands(deathId, messageId)),
    postpone: (deathId, messageId, dueAtMs) => update(() => inner.postpone(deathId, messageId, dueAtMs)),
    finish: (deathId, messageId, ending, nowMs) =>
      update(() => inner.finish(deathId, messageId, ending, nowMs)),
    recordEvidence: (deathId, evidence) => update(() => inner.recordEvidence(deathId, evidence)),
    evidence: (ids) => at.callInTurn(batchGets(new Set(ids).size), () => inner.evidence(ids)),
    holds: (keys) => at.callInTurn(batchGets(new Set(keys).size), () => inner.holds(keys)),
    hold: (key, group, nowMs) => update(() => inner.hold(key, group, nowMs)),
    unhold: (key, parkedAtMs) => at.call([DELETE], () => inner.unhold(key, parkedAtMs)),
    // The releaser judges each event anew around this.
    history: (death) => at.call([GET, QUERY], () => inner.history(death), CPU_MS.perRecord),
    intend: (intent) => at.call([PUT], () => inner.intend(intent)),
    accepted: (intent, id) =>
      handedOver(
        intent,
        at.callInTurn([UPDATE, PUT], () => inner.accepted(intent, id)),
      ),
    succeeded: (intent, id) =>
      handedOver(
        intent,
        update(() => inner.succeeded(intent, id)),
      ),
    died: (intent, id) => update(() => inner.died(intent, id)),
    withdraw: (intent) => at.call([DELETE], () => inner.withdraw(intent)),
    note: (filed, nowMs) => update(() => inner.note(filed, nowMs)),
    point: (pointer) => at.call([pointerWrite(pointer.events)], () => inner.point(pointer)),
  };
}

/** The releaser's side of it. */
export function meteredCircuits({ circuits: inner }: MemoryLedger, at: Environment): Circuits {
  const update = <T>(effect: () => Promise<T>): Promise<T> => at.call([UPDATE], effect);
  return {
    live: () => at.callInTurn([QUERY, ...batchGets(inner.rows.size)], () => inner.live()),
    take: (key, lease, nowMs) => update(() => inner.take(key, lease, nowMs)),
    save: (circuit, change, lease, nowMs) => update(() => inner.save(circuit, change, lease, nowMs)),
    ask: (key) => update(() => inner.ask(key)),
    leave: (key, owner) => update(() => inner.leave(key, owner)),
    settle: (key, lease, nowMs) =>
      at.callInTurn([UPDATE, QUERY, DELETE_INDEXED], () => inner.settle(key, lease, nowMs)),
    takeTarget: (target, lease, nowMs) => at.call([PUT], () => inner.takeTarget(target, lease, nowMs)),
    leaveTarget: (target, owner) => update(() => inner.leaveTarget(target, owner)),
    expectDeaths: (target, untilMs) => update(() => inner.expectDeaths(target, untilMs)),
    pointers: async (key, page) => {
      const found = await inner.pointers(key, page);
      return at.call([pointersRead(found)], () => found);
    },
    keep: (pointer, events) =>
      at.call([events.length === 0 ? DELETE : pointerWrite(events)], () => inner.keep(pointer, events)),
  };
}

/** The reporter's side of it. */
export function meteredOutbox({ outbox: inner }: MemoryLedger, at: Environment): Outbox {
  const update = <T>(effect: () => Promise<T>): Promise<T> => at.call([UPDATE], effect);
  return {
    pending: async () => {
      const found = await inner.pending();
      return at.callInTurn([QUERY, ...found.alerts.map(() => GET)], () => found);
    },
    take: (alert, nowMs, untilMs) => update(() => inner.take(alert, nowMs, untilMs)),
    published: (alert, nowMs) => update(() => inner.published(alert, nowMs)),
    sent: (nowMs) => at.call([GET], () => inner.sent(nowMs)),
    countSent: (kind, nowMs) => update(() => inner.countSent(kind, nowMs)),
    uncountSent: (kind, nowMs) => update(() => inner.uncountSent(kind, nowMs)),
  };
}
