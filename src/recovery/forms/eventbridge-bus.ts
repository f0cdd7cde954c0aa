import type { DeadEvent, Elsewhere } from '../dead-event.ts';
import { isObject, ownProperty, ownString } from '../json.ts';
import type { Letter } from '../letter.ts';
import { absent } from '../payload.ts';
import { deadEvent, targetNamed, type Arrival } from './arrival.ts';
import { deliveryError } from './delivery.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * A record that a custom event bus of 2026 wrote when it gave up on a subscriber's target: it lists the events by id and
 * holds none of them; they are replayed from the bus. Source: the EventBridge user guide, custom event buses, retries. Any
 * other message is not ours: null.
 */
export function readEventBridgeBus(letter: Letter, body: Body, arrival: Arrival): DeadEvent | null {
  const busArn = ownString(body, 'busArn') ?? letter.attributes.get('BUS_ARN') ?? null;
  const subscriberArn = ownString(body, 'subscriberArn') ?? letter.attributes.get('SUBSCRIBER_ARN') ?? null;
  const isByAttributes = letter.attributes.has('SUBSCRIBER_ARN') && letter.attributes.has('BUS_ARN');
  const isByBody = Array.isArray(ownProperty(body, 'failedMessages'));
  if (busArn === null || subscriberArn === null || !(isByAttributes || isByBody)) return null;
  const targetArn = ownString(body, 'targetArn') ?? letter.attributes.get('TARGET_ARN') ?? null;
  const told = deliveryError(letter.attributes);
  return deadEvent(letter, arrival, {
    deathId: null,
    form: 'eventbridge-bus',
    target: targetNamed(targetArn, letter, arrival)?.key ?? null,
    error: {
      code: told.code ?? ownString(body, 'errorCode'),
      type: null,
      message: told.message ?? ownString(body, 'errorMessage'),
    },
    payload: absent('not-in-this-message', onBus(body, { busArn, subscriberArn })),
    diedAtMs: letter.sentAtMs,
  });
}

/** Ids that a person replays by; a record of thousands is not repeated whole. */
const SHOWN_IDS = 20;

function onBus(body: Body, place: Readonly<Record<string, string>>): Elsewhere {
  const failed = ownProperty(body, 'failedMessages');
  const messages: readonly unknown[] = Array.isArray(failed) ? failed.slice(0, SHOWN_IDS) : [];
  const ids = messages.flatMap((message) => (isObject(message) ? (ownString(message, 'eventId') ?? []) : []));
  return { place: { ...place, eventIds: ids.join(' ') }, untilMs: null };
}
