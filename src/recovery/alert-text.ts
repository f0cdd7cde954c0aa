import type { Cause, Notice, PendingAlert, Sample, Tally } from './alerts.ts';
import type { Category } from './category.ts';
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
  const total = alerts.reduce((sum, { tally }) => sum + tally.parked + tally.archived, 0);
  return {
    id,
    subject: subjectOf(`[${counted(total, 'dead event')}] ${counted(alerts.length, 'more cause')}`),
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
  return `${events(tally)}${of} ${total(tally) === 1 ? 'needs' : 'need'} ${NEEDS[cause.category]}.`;
}

const NEEDS: Readonly<Record<Category, string>> = {
  transient: 'time, or what they depend on to work again',
  exhausted: 'more memory, time or space than the function has',
  defect: 'a change of the code',
  misconfigured: 'a change of configuration or permissions',
  poison: 'a person: the event itself is at fault',
  expired: 'a person: it got too old before it ran',
  unknown: 'a person: nothing tells what is wrong',
};

const KEPT =
  'Parked events are kept until their group is released, which this version does not do yet: keep their archive ids.';

const BY_CATEGORY: Readonly<Record<Category, string>> = {
  transient: `See whether what the cause names works again. ${KEPT}`,
  exhausted: `Give the function more of it, or make it need less, and deploy. ${KEPT}`,
  defect: `Mend the code and deploy it. ${KEPT}`,
  misconfigured: `Mend what the cause names: permission, variable, resource or certificate. ${KEPT}`,
  poison: 'Look at a sample. Mend whoever sends such events; what should still run has to be sent anew.',
  expired: 'Decide from a sample whether they still matter, and send anew what does.',
  unknown: "Look at a sample, and at the function's log under its request id.",
};

/** Where the record itself, and not its error, is what has to be dealt with. */
const BY_RULE: Readonly<Record<string, string>> = {
  'intake-not-declared':
    'Declare the queue under intakes in policy.yml and deploy, or detach it from the consumer.',
  'target-not-declared':
    'If the function that the record names may run, declare it under targets and deploy.',
  'sender-not-declared':
    'Find out who sends to the intake. If it is the target, add its role id to the senders of the intake and deploy.',
  'foreign-record': 'Look at a sample: it is no dead letter of Lambda. Find out who sends it to the intake.',
  'unreadable-record': 'Look at a sample: it is not even a queue message. Find out what calls the consumer.',
  'given-up':
    "Look at a sample and at the consumer's log: the consumer has begun it many times and never ended.",
  'payload-not-json':
    'Look at a sample: Lambda takes JSON only, so this has never been an event of a function.',
};

function nextStep({ rule, category }: Cause): string {
  return (Object.hasOwn(BY_RULE, rule) ? BY_RULE[rule] : undefined) ?? BY_CATEGORY[category];
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
