import Table from 'cli-table3';
import { needOf, nextStep } from '../../recovery/advice.ts';
import type { AttemptResult } from '../../recovery/attempts.ts';
import { visible, visibleError } from '../visible.ts';
import type { EventView } from './events.ts';
import { counted, nextLook, shortTime } from './format-groups.ts';
import type { GroupView } from './groups.ts';
import type { EventPage } from './list.ts';
import type { AttemptView, EventStory, PayloadView } from './show.ts';
import { labelled } from '../labelled.ts';

/** A page of events for a person: masked causes, no payload. `more`: how the next page is asked for. */
export function formatPage({ events, next }: EventPage): string {
  const table = new Table({
    head: ['filed', 'event, target', 'judged', 'what', 'cause'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, null, null, CAUSE_WIDTH],
  });
  for (const event of events) table.push(rowOf(event));
  const shown = events.length === 0 ? '' : `${table.toString()}\n`;
  const more = next === null ? '' : `, and there are more: --after ${next}`;
  return `${shown}${counted(events.length, 'event')}${more}\n`;
}

const CAUSE_WIDTH = 44;

function rowOf({
  archivedAt,
  deathId,
  target,
  category,
  rule,
  placement,
  reason,
  cause,
}: EventView): string[] {
  return [
    shortTime(archivedAt),
    `${visible(deathId)}\n${target ?? '-'}`,
    `${category}\n${rule}`,
    `${placement ?? '-'}\n${reason}`,
    cause,
  ];
}

const LABEL_WIDTH = 10;

/** All that is known of one event for a person, but for its payload. */
export function formatStory(story: EventStory): string {
  const { deathId, form, target, intake, diedAt, category, rule, reason, circuit } = story;
  return [
    `${form} ${visible(deathId)}`,
    line(
      'target',
      `${target ?? 'none that the policy declared'}, died into ${intake ?? 'an undeclared queue'}`,
    ),
    line('died', diedAt === null ? 'at an unknown time' : shortTime(diedAt)),
    line('error', errorOf(story)),
    ...(story.error.causes ?? []).map((cause) => line('behind it', shown([cause.type, cause.message]))),
    line('judged', `${category}, by the rule ${rule}: it needs ${needOf(category)}`),
    ...section('filed', filedLines(story)),
    ...section('attempts', attemptLines(story.attempts)),
    ...section('group', groupLines(story.group, circuit)),
    line('payload', payloadWords(story.payload, story.elsewhere)),
    ...section('logs', logLines(story)),
    line('do', nextStep({ category, rule }, reason)),
    '',
  ].join('\n');
}

function errorOf({ error: { code, type, message } }: EventStory): string {
  return shown([code, type, message]) || 'none in the record';
}

/** An error text is shown as far as AWS keeps it. */
const ERROR_CHARACTERS = 1024;

function shown(parts: readonly (string | null)[]): string {
  return visibleError(parts, ERROR_CHARACTERS);
}

function filedLines({ filed, standing }: EventStory): readonly string[] {
  const filings = filed.map(
    ({ id, placement, reason, archivedAt }) =>
      `${shortTime(archivedAt)}  ${placement ?? '-'} (${reason})  ${id}`,
  );
  return standing === null || standing.ending !== null
    ? filings
    : [...filings, 'the intake still has it: it waits, or is in the consumer’s hands'];
}

function attemptLines(attempts: readonly AttemptView[]): readonly string[] {
  if (attempts.length === 0) return ['none is known: it has not been handed over again'];
  return attempts.map((attempt) => {
    const { reinvocation, at, requestId, release } = attempt;
    const by = release === null ? 'by the intake' : 'in a release';
    const told = `${reinvocation}. ${shortTime(at)}  ${by}: ${resultWords(attempt)}`;
    return requestId === null ? told : `${told}  ${requestId}`;
  });
}

function resultWords({ result, openUntil }: AttemptView): string {
  const until = openUntil === null ? '' : ` until ${shortTime(openUntil)}`;
  return result === 'accepted' ? `accepted; its death could come back${until}` : RESULTS[result];
}

const RESULTS: Readonly<Record<Exclude<AttemptResult, 'accepted'>, string>> = {
  succeeded: 'succeeded',
  died: 'died again',
  'no-death-known': 'accepted, and no death of it is known',
  uncertain: 'no answer came: it may have run or not',
};

function groupLines(group: string | null, circuit: GroupView | null): readonly string[] {
  if (group === null) return ['none'];
  if (circuit === null) return [group, 'flowing: nothing is parked in it'];
  const { state, parked, since } = circuit;
  return [
    group,
    `${state} since ${shortTime(since)}, ${counted(parked, 'event')} parked, next look ${nextLook(circuit)}`,
  ];
}

function payloadWords(payload: PayloadView, elsewhere: EventStory['elsewhere']): string {
  if (elsewhere !== null) {
    const place = Object.entries(elsewhere).map(([name, value]) => `${name} ${visible(value)}`);
    return `not in the message, but at ${place.join(', ')}`;
  }
  if (payload.kind === 'absent') return `none (${payload.reason})`;
  const { sizeBytes, source, credentials, sha256 } = payload;
  const secrets =
    credentials === null
      ? '--payload shows it'
      : `it holds credentials (${credentials}): --payload --yes shows it`;
  return `${counted(sizeBytes, 'byte')} from ${source}, sha256 ${sha256}; ${secrets}`;
}

function logLines({ logs }: EventStory): readonly string[] {
  if (logs === null) return ['none: no declared function has run it under a request id'];
  const { link, lines } = logs;
  if (lines === undefined) return [link];
  const texts = lines.map(({ atMs, text }) => `${shortTime(new Date(atMs).toISOString())}  ${visible(text)}`);
  return [link, ...(texts.length === 0 ? ['no line names the request'] : texts)];
}

function section(label: string, lines: readonly string[]): readonly string[] {
  return lines.map((text, index) => line(index === 0 ? label : '', text));
}

function line(label: string, text: string): string {
  return labelled(label, text, LABEL_WIDTH);
}
