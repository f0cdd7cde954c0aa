import type { Cause, Notice, PendingAlert, Sample, Tally } from './alerts.ts';
import { needOf, nextStep } from './advice.ts';
import { sha256Hex } from './digest.ts';

/** What alerts say. Only names, ids, counts and the masked cause: an error text quotes payloads. */

/** Where the service runs, as people call it. */
export type Sender = {
  /** Name of the service with its stage. */
  readonly service: string;
  readonly region: string;
  readonly archiveBucket: string;
};

/** SNS takes subjects of fewer than 100 characters, printable ASCII only. */
const SUBJECT_CHARACTERS = 99;

/** The columns of an alert's text. */
const LABEL_WIDTH = 14;

/** The alert of one cause. */
export function alertOf(alert: PendingAlert, sender: Sender): Notice {
  const { cause, tally } = alert;
  const first = alert.samples[0];
  return {
    id: alert.id,
    subject: subjectOf(`[${events(tally)}] ${targetName(cause)}: ${cause.category}, ${cause.rule}`),
    body: [
      headline(cause, tally),
      '',
      line('Cause', alert.text),
      line('Judged', `${cause.category}, by the rule ${cause.rule}`),
      line('Target', cause.target ?? 'none declared'),
      ...(cause.intake === null ? [] : [line('Intake', cause.intake)]),
      line('Done', doneWith(tally)),
      line('When', `${iso(alert.firstAtMs)} to ${iso(alert.lastAtMs)}`),
      ...alert.samples.map((sample, index) => line(index === 0 ? 'Samples' : '', sampleText(sample))),
      line('Next step', nextStep(cause)),
      ...(first === undefined ? [] : [line('Look', lookAt(first, sender))]),
      '',
      footer(alert.id, sender),
    ].join('\n'),
    attributes: {
      kind: 'alert',
      category: cause.category,
      rule: cause.rule,
      ...(cause.target === null ? {} : { target: cause.target }),
    },
  };
}

/** One notice for many causes. */
export function digestOf(alerts: readonly PendingAlert[], sender: Sender): Notice {
  const id = sha256Hex(alerts.map((alert) => alert.id).join(' ')).slice(0, alerts[0]?.id.length ?? 0);
  const targets = distinct(alerts.flatMap(({ cause }) => cause.target ?? []));
  const dead = alerts.reduce((sum, { tally }) => sum + total(tally), 0);
  return {
    id,
    subject: subjectOf(`[${counted(dead, 'dead event')}] ${counted(alerts.length, 'more cause')}`),
    body: [
      'The alerts of this hour are used up. What else has been parked or archived:',
      '',
      ...alerts.map(({ cause, tally, text }) => {
        return `- ${targetName(cause)}: ${cause.category}, ${cause.rule}: ${doneWith(tally)} ${text}`;
      }),
      '',
      footer(id, sender),
    ].join('\n'),
    attributes: {
      kind: 'digest',
      category: distinct(alerts.map(({ cause }) => cause.category)),
      rule: distinct(alerts.map(({ cause }) => cause.rule)),
      ...(targets.length === 0 ? {} : { target: targets }),
    },
  };
}

function headline(cause: Cause, tally: Tally): string {
  const of = cause.target === null && cause.intake === null ? '' : ` of ${targetName(cause)}`;
  return `${events(tally)}${of} ${total(tally) === 1 ? 'needs' : 'need'} ${needOf(cause.category)}.`;
}

function doneWith({ parked, archived, held }: Tally): string {
  const parts = [
    ...(parked > 0 ? [`${parked} parked`] : []),
    ...(archived > 0 ? [`${archived} archived for good`] : []),
  ];
  const stopped =
    held === 0 ? '' : ` ${held} of them would have been handed over: the target is paused or observed.`;
  return `${parts.join(', ')}.${stopped}`;
}

function sampleText({ deathId, archiveId }: Sample): string {
  return deathId === null ? archiveId : `${deathId} in ${archiveId}`;
}

/** The object that holds it, as text. A reader cuts out the one event by the id. */
function lookAt({ archiveId }: Sample, { archiveBucket }: Sender): string {
  const key = archiveId.slice(0, archiveId.lastIndexOf('@'));
  return `aws s3 cp 's3://${archiveBucket}/${key}' - | zcat`;
}

function footer(id: string, { service, region }: Sender): string {
  return `${service} in ${region}. Alert ${id}: if it comes again with this id, the later one counts everything.`;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function line(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${text}`;
}

function targetName({ target, intake }: Cause): string {
  if (target !== null) return target.split(':function:').at(-1) ?? target;
  return intake === null ? 'no declared target' : `queue ${intake.split(':').at(-1)}`;
}

function events(tally: Tally): string {
  return counted(total(tally), 'dead event');
}

function total({ parked, archived }: Tally): number {
  return parked + archived;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function subjectOf(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, SUBJECT_CHARACTERS);
}
