import type { Judgement } from './category.ts';
import { classify, NOTHING_KNOWN_RULE } from './classify.ts';
import type { DeadEvent } from './dead-event.ts';
import { factsOf, type Facts, type Moment } from './facts.ts';
import { targetOf } from './intakes.ts';
import { matches } from './pattern/match.ts';
import { hasNeverStarted } from './never-started.ts';
import type { CompiledPolicy, PolicyRule } from './policy.ts';

/** SQS moves a message without a word of why. */
const REDRIVEN: Judgement = { category: 'unknown', rule: 'redriven-by-sqs' };

/**
 * What must change before the event can succeed: first whether it may run at all, then what the policy's rules say, then what
 * the record shows, then what its error says. `facts`: what the rules see, where that is not all of the event.
 */
export function judge(
  event: DeadEvent,
  policy: CompiledPolicy,
  at: Moment,
  facts: Facts | null = null,
): Judgement {
  if (event.intake === null) return { category: 'misconfigured', rule: 'intake-not-declared' };
  if (!event.senderIsDeclared) return { category: 'misconfigured', rule: 'sender-not-declared' };
  if (event.payload.kind === 'present' && event.target === null) {
    return { category: 'misconfigured', rule: 'target-not-declared' };
  }
  const rule = policy.rules.length === 0 ? null : ruleFor(facts ?? factsOf(event, policy, at), policy);
  const known = judgeByKnowledge(event);
  if (rule === null) return careful(event, policy, known);
  const { name, category, action, isManual } = rule;
  const judgement = { category: category ?? known.category, rule: name };
  return action === null && !isManual ? judgement : { ...judgement, override: { action, isManual } };
}

/**
 * What the policy says may not run twice is handed over by machine only where it provably has not begun; else a person decides.
 * A rule of the policy that says what is to be done goes before that.
 */
function careful(event: DeadEvent, policy: CompiledPolicy, judgement: Judgement): Judgement {
  const target = targetOf(policy, event.target);
  const mayRunTwice = target?.kind !== 'function' || target.isIdempotent;
  return mayRunTwice || hasNeverStarted(event, judgement.rule)
    ? judgement
    : { ...judgement, override: { action: null, isManual: true } };
}

function ruleFor(facts: Facts, policy: CompiledPolicy): PolicyRule | null {
  return policy.rules.find(({ when }) => matches(when, facts)) ?? null;
}

function judgeByKnowledge(event: DeadEvent): Judgement {
  if (event.payload.kind === 'present') {
    return event.form === 'sqs-redrive' ? REDRIVEN : classify(event.error);
  }
  switch (event.payload.reason) {
    case 's3-test-event':
      return { category: 'poison', rule: 's3-test-event' };
    case 'not-in-this-message':
    case 'not-what-the-target-got':
    case 'payload-truncated':
      return withReason(classify(event.error), event.payload.reason);
    case 'foreign-record':
      return { category: 'unknown', rule: 'foreign-record' };
    case 'payload-not-json':
      return { category: 'poison', rule: 'payload-not-json' };
    case 'not-a-failure':
      return { category: 'poison', rule: 'not-a-failure' };
    case 'payload-missing':
      return classify(event.error);
  }
}

/** Where the error tells nothing, the record's own shortcoming is the rule. */
function withReason(judgement: Judgement, reason: string): Judgement {
  return judgement.rule === NOTHING_KNOWN_RULE ? { category: 'unknown', rule: reason } : judgement;
}
