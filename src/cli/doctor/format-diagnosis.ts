import { styleText } from 'node:util';
import type { Finding } from './check.ts';
import type { Diagnosis, NotMade } from './examine.ts';
import { labelled } from '../labelled.ts';

const LABEL_WIDTH = 13;

/** The diagnosis for a person: each finding with its evidence, consequence and fix, then the checks that were not made. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  const { findings, notMade, made } = diagnosis;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const count = `${some(findings.length, 'finding')} (${some(errors, 'error')}, ${some(findings.length - errors, 'warning')})`;
  const kinds = kindsOf(notMade);
  return [
    ...findings.map(formatFinding),
    ...(kinds.length === 0 ? [] : [`Not checked:\n${kinds.join('')}`]),
    `${findings.length === 0 ? 'Nothing found' : count}; ${made} checks made, ${notMade.length} could not be made.\n`,
  ].join('\n');
}

function some(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function formatFinding({ check, severity, subject, evidence, consequence, fix }: Finding): string {
  const mark = styleText(severity === 'error' ? 'red' : 'yellow', severity.toUpperCase());
  return [
    `${mark} ${styleText('bold', subject)}: ${check}`,
    line('found', evidence),
    line('consequence', consequence),
    line('fix', fix),
    '',
  ].join('\n');
}

function line(label: string, text: string): string {
  return labelled(label, text, LABEL_WIDTH);
}

const WHY: { readonly [reason in NotMade['reason']]: string } = {
  denied: 'you may not call',
  'not-modelled': 'what answers here does not have',
  failed: 'there was no answer to',
  'not-asked': 'not asked by this command:',
};

/** One line for each question and reason, with those that it was about. */
function kindsOf(notMade: readonly NotMade[]): readonly string[] {
  const kinds = Map.groupBy(notMade, ({ asks, reason, call }) => `${asks}: ${WHY[reason]} ${call}`);
  return [...kinds].map(([kind, all]) => {
    const subjects = [...new Set(all.map(({ subject }) => subject))];
    const texts = [...new Set(all.filter(({ reason }) => reason !== 'not-modelled').map(({ text }) => text))];
    return [` - ${kind}`, `     of ${subjects.join(', ')}`, ...texts.map((text) => `     ${text}`), ''].join(
      '\n',
    );
  });
}
