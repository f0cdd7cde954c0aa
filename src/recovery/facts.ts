import type { DeadEvent, ErrorEvidence } from './dead-event.ts';
import { parseObject } from './letter.ts';
import type { CompiledPolicy } from './policy.ts';
import type { Pattern } from './pattern/pattern.ts';

/** What the rules of a policy see of a dead event. */

/** The facts by name. `payload` is only looked at by a rule that names it: parsing costs. */
export const FACTS = [
  'form',
  'target',
  'intake',
  'error',
  'attempt',
  'ageSeconds',
  'source',
  'payload',
] as const;

/** The members of `error`. */
export const ERROR_FACTS = ['type', 'message', 'code'] as const;

export type Facts = Readonly<Record<string, unknown>>;

/** When an event is judged: the time, in epoch milliseconds, and how often it has run, from 1; each re-invocation is one more. */
export type Moment = { readonly nowMs: number; readonly attempt: number };

/** Whether a rule asks how often an event has run: then the ledger has to be asked before anything is judged. */
export function asksForAttempts({ rules }: CompiledPolicy): boolean {
  return rules.some(({ when }) => names(when, 'attempt'));
}

/** The facts of an event, without those that it does not have: a rule may then ask whether they exist. */
export function factsOf(event: DeadEvent, policy: CompiledPolicy, { nowMs, attempt }: Moment): Facts {
  const { form, target, intake, payload } = event;
  const bornAtMs = payload.kind === 'present' ? (payload.bornAtMs ?? event.diedAtMs) : event.diedAtMs;
  return present({
    form,
    target,
    intake,
    error: errorFacts(event.error),
    attempt,
    ageSeconds: Math.max(0, Math.floor((nowMs - bornAtMs) / 1000)),
    source: payload.kind === 'present' ? payload.source : null,
    payload:
      payload.kind === 'present' && policy.rules.some(({ when }) => names(when, 'payload'))
        ? parseObject(payload.text)
        : null,
  });
}

/** The members of an error that rules may ask for. */
export function errorFacts({ type, message, code }: ErrorEvidence): Facts {
  return present({ type, message, code });
}

/** Whether the pattern says anything of the member of that name. */
function names({ anyOf }: Pattern, name: string): boolean {
  return anyOf.some((fields) => fields.some((field) => field.name === name));
}

/** The members that are not null. */
function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
