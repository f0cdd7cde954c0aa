import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalAws } from '../local/local-aws.ts';
import { eventsToldOf, subscribeTo, type ReceivedAlert } from './alerts.ts';
import { archivedPayloads } from './archive-contents.ts';
import { clientsFor, type Clients } from './clients.ts';
import { Dependency } from './dependency.ts';
import { readJudged, type Judged } from './judgements.ts';
import { rowOf, type Observation, type Row } from './rows.ts';
import type { Scene } from './scenario.ts';
import { send, type SentEvent, type StackNames } from './send.ts';

const STACK = 'dead-letter-reprocessor-local';
const NAMES: StackNames = { prefix: `${STACK}-`, deadLetterQueue: `${STACK}-target-dlq` };
const INTAKES = ['target-dlq', 'misnamed-dlq', 'reported-dlq'].map((name) => `${STACK}-${name}`);
const CONSUMER = `${STACK}-consumer`;
const ARCHIVE_BUCKET = `${STACK}-archive`;
const ALERT_TOPIC = `${STACK}-alerts`;

const LOOK_EVERY_MS = 500;
/** Longer than anything that happens unseen: Lambda's retry delays (2 s at this speed) and a batch window. */
const QUIET_MS = 6_000;
/** The longest way takes half of this; what has not ended by then is shown as it stands. */
const DEADLINE_MS = 100_000;
/** Two alerts of one cause are ten seconds apart in the local policy; the reporter runs every second. */
const ALERT_DEADLINE_MS = 20_000;

export type Played = { readonly rows: readonly Row[]; readonly alerts: readonly ReceivedAlert[] };

/**
 * Plays the scenario on a local AWS: sends the events, brings the dependency back, waits until all has ended and people
 * have been told of everything that was parked or archived.
 */
export async function play(
  aws: LocalAws,
  scenes: readonly Scene[],
  say: (line: string) => void,
): Promise<Played> {
  const clients = clientsFor(aws);
  const alertsSoFar = await subscribeTo(aws, clients, ALERT_TOPIC);
  const rows = await playEvents(aws, clients, scenes, say);
  const deadlineMs = Date.now() + ALERT_DEADLINE_MS;
  for (;;) {
    const alerts = await alertsSoFar();
    if (everybodyIsTold(rows, alerts) || Date.now() > deadlineMs) return { rows, alerts };
    await delay(LOOK_EVERY_MS);
  }
}

/** Whether the alerts tell of every event that needs a person, or more: an event may be counted twice, never left out. */
export function everybodyIsTold(rows: readonly Row[], alerts: readonly ReceivedAlert[]): boolean {
  const filed = rows.filter(({ outcome }) => outcome === 'parked' || outcome === 'archived');
  return eventsToldOf(alerts) >= filed.length;
}

async function playEvents(
  aws: LocalAws,
  clients: Clients,
  scenes: readonly Scene[],
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const dependency = await Dependency.down();
  const judged: Judged[] = [];
  let lastChangeMs = Date.now();
  const stops = [
    aws.onLogLine((functionName, line) => {
      const judgement = functionName === CONSUMER ? readJudged(line) : null;
      if (judgement !== null) {
        judged.push(judgement);
        say(`  consumer: ${judgement.category ?? judgement.form} (${judgement.rule}) → ${judgement.outcome}`);
      }
    }),
    aws.onInvocation(() => {
      lastChangeMs = Date.now();
    }),
  ];
  try {
    const sent = await sendAll(clients, scenes, dependency, say);
    const deadlineMs = Date.now() + DEADLINE_MS;
    for (;;) {
      await delay(LOOK_EVERY_MS);
      await recoverWhenMissed(dependency, sent, judged, say);
      const seen = await observe(aws, clients, judged);
      const rows = sent.map((event) => rowOf(event, seen));
      const quiet = seen.queueIsEmpty && Date.now() - lastChangeMs > QUIET_MS;
      const over = seen.queueIsEmpty && rows.every((row) => row.asExpected);
      if (over || quiet || Date.now() > deadlineMs) return rows;
    }
  } finally {
    for (const stop of stops) stop();
    await dependency.stop();
  }
}

async function sendAll(
  clients: Clients,
  scenes: readonly Scene[],
  dependency: Dependency,
  say: (line: string) => void,
): Promise<readonly SentEvent[]> {
  const sent: SentEvent[] = [];
  for (const scene of scenes) {
    say(`sending an event that ${scene.event}`);
    sent.push(await send(clients, NAMES, scene, withDependency(scene.payload, dependency)));
  }
  return sent;
}

/** Points an event at this run's dependency by replacing its URL in the text: the rest of the payload keeps its bytes. */
function withDependency(payload: string, dependency: Dependency): string {
  return payload.replace(/http:\/\/127\.0\.0\.1:\d+\/stock/, dependency.url);
}

/** Brings the dependency back once an event has died of its absence and waits. */
async function recoverWhenMissed(
  dependency: Dependency,
  sent: readonly SentEvent[],
  judged: readonly Judged[],
  say: (line: string) => void,
): Promise<void> {
  const callers = sent.filter((event) => event.payload.includes(dependency.url));
  const missed = judged.some((line) => callers.some(({ ids }) => ids.has(line.origin ?? '')));
  if (dependency.isUp || !missed) return;
  await dependency.recover();
  say('the dependency is back');
}

async function observe(aws: LocalAws, { s3, sqs }: Clients, judged: readonly Judged[]): Promise<Observation> {
  const empty = await Promise.all(INTAKES.map((queue) => isEmpty(sqs, queue)));
  const queueIsEmpty = empty.every(Boolean);
  const [parked, archived] = await Promise.all([
    archivedPayloads(s3, ARCHIVE_BUCKET, 'parked/'),
    archivedPayloads(s3, ARCHIVE_BUCKET, 'archived/'),
  ]);
  return { invocations: aws.invocations(), parked, archived, queueIsEmpty, judged };
}

async function isEmpty(sqs: Clients['sqs'], queue: string): Promise<boolean> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return (
    Attributes?.['ApproximateNumberOfMessages'] === '0' &&
    Attributes['ApproximateNumberOfMessagesNotVisible'] === '0'
  );
}
