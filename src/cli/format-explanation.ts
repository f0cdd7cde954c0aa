import { styleText } from 'node:util';
import { needOf, nextStep } from '../recovery/advice.ts';
import type { Explanation } from '../recovery/explain.ts';
import { visible, visibleError } from './visible.ts';
import { labelled } from './labelled.ts';

const LABEL_WIDTH = 10;
/** Ids of AWS's services are shorter; a bare record's is anybody's text. */
const ID_CHARACTERS = 128;
/** An error text is shown as far as it says what went wrong. */
const ERROR_CHARACTERS = 200;

/** One explanation for a person: what it is, which rule claims it, what would happen, why, and what to do. No payload. */
export function formatExplanation(told: Explanation, number: number): string {
  const { id, form, target, category, rule, evidence, action, reason, alert } = told;
  const found = evidence.length === 0 ? '' : `, found in the error's ${evidence.join(' and ')}`;
  const title = styleText(
    'bold',
    `${number}. ${form} ${visible(id ?? '').slice(0, ID_CHARACTERS)}`.trimEnd(),
  );
  return [
    title,
    line('target', target ?? 'none that the policy declares'),
    line('error', errorOf(told)),
    ...causeOf(told),
    line('judged', `${category}, by the rule ${rule}${found}: it needs ${needOf(category)}`),
    line('would', `${action} (${reason})${alert ? ', and tell people' : ''}`),
    line('payload', payloadOf(told)),
    line('do', nextStep({ category, rule }, reason)),
    '',
  ].join('\n');
}

function errorOf({ error: { code, type, message } }: Explanation): string {
  return shown([code, type, message]) || 'none in the record';
}

/** The innermost error of those behind it that the message does not show anyway. */
function causeOf({ causes }: Explanation): readonly string[] {
  const cause = causes.at(-1);
  return cause === undefined || cause.from === 'message'
    ? []
    : [line('behind it', shown([cause.type, cause.message]))];
}

function shown(parts: readonly (string | null)[]): string {
  return visibleError(parts, ERROR_CHARACTERS);
}

function payloadOf({ payloadSha256, source, credentials, elsewhere }: Explanation): string {
  if (elsewhere !== null) {
    const place = Object.entries(elsewhere).map(([name, value]) => `${name} ${visible(value)}`);
    return `not in the message, but at ${place.join(', ')}`;
  }
  if (source === null) return 'none that a target could be given';
  const secrets = credentials === null ? '' : `, holds credentials (${credentials}): shown to nobody`;
  return payloadSha256 === null
    ? `from ${source}${secrets}; no declared target takes it`
    : `from ${source}${secrets}; sha256 ${payloadSha256}`;
}

function line(label: string, text: string): string {
  return labelled(label, text, LABEL_WIDTH);
}
