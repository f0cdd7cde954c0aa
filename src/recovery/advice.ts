import type { Category, Judgement } from './category.ts';

/** What people are advised to do, in words. */

/** What must change before such events can succeed, as the object of "needs". */
export function needOf(category: Category): string {
  return NEEDS[category];
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

const KEPT = 'Parked events come back by themselves when a first one of them succeeds.';

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
  'not-in-this-message':
    'Fetch it from where the record says that it is, before it is gone there, and send it anew.',
  'not-what-the-target-got':
    'Send the event anew from where it came: what the target was to get is not in the record.',
  'payload-truncated': 'Send the event anew from where it came: AWS has cut it.',
  'holds-credentials':
    'Decide by hand: it carries secrets that may have expired, and somebody may still wait for its answer.',
  'behind-a-parked-one':
    'Deal with the message of the same FIFO group that was parked before it: it must not pass that.',
  'no-message-group':
    'Send it by hand with a group: the record does not say which, and a FIFO queue takes none without.',
  'redriven-by-sqs':
    "Look at the log of the queue's consumer: SQS tells nothing of why it moved the message.",
  'release-stopped':
    'Parked events were being brought back, and too many died again: see what is still wrong with the target. The rest stays parked.',
  'attempts-spent':
    'Look at a sample: the machine has handed it over as often as the policy allows, and it died each time.',
  's3-test-event': 'Nothing: S3 sends it when a notification is set up.',
  'not-a-failure': 'Nothing, but send only failures to the intake.',
  'payload-not-json':
    'Look at a sample: Lambda takes JSON only, so this has never been an event of a function.',
};

/**
 * What a person does next about events that this rule put into this category. `reason`: why that was done which was done,
 * where it says more than the rule.
 */
export function nextStep({ rule, category }: Judgement, reason: string | null = null): string {
  const ofReason = reason !== null && Object.hasOwn(BY_RULE, reason) ? BY_RULE[reason] : undefined;
  if (ofReason !== undefined) return ofReason;
  return (Object.hasOwn(BY_RULE, rule) ? BY_RULE[rule] : undefined) ?? BY_CATEGORY[category];
}
