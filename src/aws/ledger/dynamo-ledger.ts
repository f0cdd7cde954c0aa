import type { Ledger } from '../../recovery/ports.ts';
import { claim, finish, isInOtherHands, postpone } from './claims.ts';
import { evidenceOf, recordEvidence } from './evidence.ts';
import { closeGroup, countDeaths, countTrialDeath, register, standing } from './groups.ts';
import { hold, holds, unhold } from './holds.ts';
import { accepted, answers, ended, history, intend, withdraw } from './intents.ts';
import { addLook, looksAt } from './looks.ts';
import { note } from './notes.ts';
import { point } from './pointers.ts';
import type { LedgerTable } from './table.ts';

/** The ledger in one DynamoDB table. */
export function dynamoLedger(table: LedgerTable): Ledger {
  return {
    standing: (groupKeys, targets, nowMs) => standing(table, groupKeys, targets, nowMs),
    answers: (deathIds) => answers(table, deathIds),
    closeGroup: (group, nowMs) => closeGroup(table, group, nowMs),
    register: (registrations, nowMs) => register(table, registrations, nowMs),
    holds: (orderKeys) => holds(table, orderKeys),
    hold: (orderKey, group, nowMs) => hold(table, orderKey, group, nowMs),
    unhold: (orderKey, parkedAtMs) => unhold(table, orderKey, parkedAtMs),
    countTrialDeath: (trial, isSameCause) => countTrialDeath(table, trial, isSameCause),
    countDeaths: (groupKey, count, nowMs) => countDeaths(table, groupKey, count, nowMs),
    looks: (messageIds) => looksAt(table, messageIds),
    countLook: (messageId, nowMs) => addLook(table, messageId, 1, nowMs),
    uncountLook: (messageId, nowMs) => addLook(table, messageId, -1, nowMs),
    claim: (deathId, messageId, nowMs, leaseUntilMs) => claim(table, deathId, messageId, nowMs, leaseUntilMs),
    isInOtherHands: (deathId, messageId) => isInOtherHands(table, deathId, messageId),
    postpone: (deathId, messageId, dueAtMs) => postpone(table, deathId, messageId, dueAtMs),
    finish: (deathId, messageId, ending, nowMs) => finish(table, deathId, messageId, ending, nowMs),
    recordEvidence: (deathId, evidence, nowMs) => recordEvidence(table, deathId, evidence, nowMs),
    evidence: (deathIds) => evidenceOf(table, deathIds),
    history: (death) => history(table, death),
    intend: (intent) => intend(table, intent),
    accepted: (intent, requestId) => accepted(table, intent, requestId),
    succeeded: (intent, requestId) => ended(table, intent, requestId, 'succeeded'),
    died: (intent, requestId) => ended(table, intent, requestId, 'died'),
    withdraw: (intent) => withdraw(table, intent),
    note: (filed, nowMs) => note(table, filed, nowMs),
    point: (pointer) => point(table, pointer),
  };
}
