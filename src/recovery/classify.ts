import type { Judgement } from './category.ts';
import type { Cause, ErrorEvidence } from './dead-event.ts';
import { errorsInMessage } from './headlines.ts';
import { AWS_CODE_FAMILIES } from './knowledge/aws-code-families.ts';
import { AWS_ERRORS } from './knowledge/aws-errors.ts';
import { BROKERS } from './knowledge/brokers.ts';
import { CLASS_FAMILIES } from './knowledge/class-families.ts';
import { ClassNames, isServiceClass, quotedServiceCode } from './knowledge/class-names.ts';
import { CODE_DEFECTS, PACKAGE_DEFECTS } from './knowledge/code-defects.ts';
import { CONFIGURATION } from './knowledge/configuration.ts';
import { DATABASES } from './knowledge/databases.ts';
import { EVENT_DELIVERY } from './knowledge/event-delivery.ts';
import { HTTP_STATUSES, RATE_LIMITS } from './knowledge/http.ts';
import { LAMBDA_PLATFORM } from './knowledge/lambda-platform.ts';
import { LIMITS } from './knowledge/limits.ts';
import { CONNECTIONS_IN_GENERAL, NETWORK } from './knowledge/network.ts';
import { PAYLOAD } from './knowledge/payload.ts';
import { PhraseIndex } from './knowledge/phrase-index.ts';
import { REFUSALS, LAST_WORDS } from './knowledge/refusals.ts';
import type { Rule } from './knowledge/rule.ts';
import { missingSetting } from './knowledge/setting-names.ts';
import { SYSTEM_CALLS } from './knowledge/system-calls.ts';
import { TRANSLATIONS } from './knowledge/translations.ts';
import { WEB_SERVICES } from './knowledge/web-services.ts';
import { isGoWrapper, isWrapper } from './knowledge/wrappers.ts';
import { wordsOf } from './knowledge/words.ts';

/** All knowledge, most specific evidence first. The first rule that claims an error wins, so the order is the judgement. */
export const RULES: readonly Rule[] = [
  ...LAMBDA_PLATFORM,
  ...EVENT_DELIVERY,
  ...LIMITS,
  ...PACKAGE_DEFECTS,
  ...DATABASES,
  ...TRANSLATIONS,
  ...AWS_ERRORS,
  ...AWS_CODE_FAMILIES,
  ...BROKERS,
  ...NETWORK,
  ...RATE_LIMITS,
  ...WEB_SERVICES,
  ...CONFIGURATION,
  ...PAYLOAD,
  ...HTTP_STATUSES,
  ...CONNECTIONS_IN_GENERAL,
  ...REFUSALS,
  ...CODE_DEFECTS,
  ...SYSTEM_CALLS,
  ...CLASS_FAMILIES,
  ...LAST_WORDS,
];

/** The names of the rules, in the order in which they are asked. */
export const RULE_NAMES: readonly string[] = RULES.map((rule) => rule.name);

/** The rule of an error that no rule claims. */
export const NOTHING_KNOWN_RULE = 'nothing-known';

const NOTHING_KNOWN: Judgement = { category: 'unknown', rule: NOTHING_KNOWN_RULE };

/** What says one thing and nothing else is no longer than this, line ends and quotes included; the longest has 18. */
const WHOLE_MESSAGE_CHARACTERS = 256;

const byCode = rulesBy((rule) => rule.codes ?? []);
const byWholeMessage = rulesBy((rule) =>
  (rule.wholeMessages ?? []).map((message) => wordsOf(message).join(' ')),
);
const inTypes = phrasesBy((rule) => [...(rule.types ?? []), ...(rule.names ?? [])]);
const inMessages = phrasesBy((rule) => [...(rule.names ?? []), ...(rule.phrases ?? [])]);
const inServiceCodes = classNamesBy((rule) => rule.serviceCodes ?? []);
const inClasses = classNamesBy((rule) => rule.classes ?? []);

/** The position of no rule: behind all of them. */
const NO_RULE = RULES.length;

/** The parts of an error of which the rules are asked; what is behind it is asked as an error of its own. */
type Parts = Pick<ErrorEvidence, 'code' | 'type' | 'message'>;

/**
 * What must change before the same event can succeed, as far as its error says, with what it wraps. Lambda's condition counts
 * where all of these say nothing. Never throws; linear in the text.
 */
export function classify(error: ErrorEvidence): Judgement {
  let first = firstRule(error, error.code);
  // From the innermost outwards: a class that says nothing by itself yields to what it wraps, else the more specific of both tells.
  const wrapped = causesOf(error);
  if (wrapped.length > 0) {
    const behind = wrapped.reduceRight((inner, cause) => {
      return outermost(cause.type, firstRule({ code: null, ...cause }, error.code), inner);
    }, NO_RULE);
    first = outermost(error.type, first, behind);
  }
  if (first === NO_RULE && error.condition !== undefined) {
    first = firstRule(conditionOf(error), error.code);
  }
  const rule = RULES[first];
  return rule === undefined ? NOTHING_KNOWN : { category: rule.category, rule: rule.name };
}

/** The errors behind one, the outermost first: those that its message quotes, then those that its record shows. */
export function causesOf({ type, message, causes = [] }: ErrorEvidence): readonly Cause[] {
  if (message === null) return causes;
  const quoted = errorsInMessage(message).map((headline): Cause => ({ from: 'message', ...headline }));
  const innermost = isGoWrapper(type) ? message.slice(message.lastIndexOf(': ') + 1).trim() : '';
  return [
    ...quoted,
    ...(innermost === '' ? [] : [{ from: 'message' as const, type: null, message: innermost }]),
    ...causes,
  ];
}

function outermost(type: string | null, own: number, inner: number): number {
  return inner !== NO_RULE && isWrapper(type) ? inner : Math.min(own, inner);
}

function firstRule(error: Parts, code: string | null): number {
  let first = NO_RULE;
  for (const id of claims(error)) if (id < first && countsWith(RULES[id], code)) first = id;
  return first;
}

function conditionOf({ condition }: ErrorEvidence): Parts {
  return { code: null, type: condition ?? null, message: null };
}

/** The parts of an error that evidence is found in, the most trusted first. */
const EVIDENCE_KINDS = ['type', 'code', 'message', 'cause', 'stack', 'condition'] as const;

/** Which part of an error speaks for a judgement. */
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** The parts of the error in which the named rule of the tables finds its evidence, each by itself; none for any other rule. */
export function evidenceFor(error: ErrorEvidence, ruleName: string): readonly EvidenceKind[] {
  return EVIDENCE_KINDS.filter((kind) =>
    partsOf(error, kind).some((part) => claims(part).some((id) => RULES[id]?.name === ruleName)),
  );
}

function partsOf(error: ErrorEvidence, kind: EvidenceKind): readonly Parts[] {
  const none: Parts = { code: null, type: null, message: null };
  switch (kind) {
    case 'type':
      return error.type === error.condition ? [] : [{ ...none, type: error.type }];
    case 'code':
      return [{ ...none, code: error.code }];
    case 'message':
      return [{ ...none, message: error.message }, ...causesFrom(error, kind)];
    case 'cause':
    case 'stack':
      return causesFrom(error, kind);
    case 'condition':
      return [conditionOf(error)];
  }
}

function causesFrom(error: ErrorEvidence, part: Cause['from']): readonly Parts[] {
  return causesOf(error).flatMap(({ from, type, message }) =>
    from === part ? [{ code: null, type, message }] : [],
  );
}

/** The positions of the rules for which there is evidence, in no order. */
function claims({ code, type, message }: Parts): readonly number[] {
  const claimed: number[] = [];
  const add = (ids: Iterable<number>): void => void claimed.push(...ids);
  if (code !== null) {
    add(byCode(code));
    // A service's own name of an error, as EventBridge Scheduler gives it.
    add(inTypes.findIn(wordsOf(code)));
  }
  if (type !== null) {
    add(inTypes.findIn(wordsOf(type)));
    add(inClasses.findIn(type));
    if (isServiceClass(type)) add(inServiceCodes.findIn(type));
  }
  if (message !== null) {
    const words = wordsOf(message);
    if (message.length <= WHOLE_MESSAGE_CHARACTERS) add(byWholeMessage(words.join(' ')));
    add(inMessages.findIn(words));
    const setting = missingSetting(message);
    if (setting !== null) add(inMessages.findIn(wordsOf(`environment variable ${setting} is not set`)));
    const quoted = quotedServiceCode(message);
    if (quoted !== null) add(inServiceCodes.findIn(quoted));
  }
  return claimed;
}

function countsWith(rule: Rule | undefined, code: string | null): boolean {
  return rule?.onlyWithCodes === undefined || rule.onlyWithCodes.includes(code);
}

function rulesBy(keysOf: (rule: Rule) => readonly string[]): (key: string) => readonly number[] {
  const ids = new Map<string, readonly number[]>();
  const idsOf = (key: string): readonly number[] => ids.get(key) ?? [];
  RULES.forEach((rule, id) => keysOf(rule).forEach((key) => ids.set(key, [...idsOf(key), id])));
  return idsOf;
}

function phrasesBy(phrasesOf: (rule: Rule) => readonly string[]): PhraseIndex {
  const index = new PhraseIndex();
  RULES.forEach((rule, id) => phrasesOf(rule).forEach((phrase) => index.add(phrase, id)));
  return index;
}

function classNamesBy(patternsOf: (rule: Rule) => readonly string[]): ClassNames {
  const names = new ClassNames();
  RULES.forEach((rule, id) => patternsOf(rule).forEach((pattern) => names.add(pattern, id)));
  return names;
}
