import type { DeadEvent, Elsewhere } from './dead-event.ts';
import type { CompiledPolicy } from './policy.ts';

/** Where the policy lets us fetch an event that a message does not hold. */

export type Source = BucketSource | StreamSource;

export type BucketSource = { readonly kind: 'bucket'; readonly bucket: string; readonly key: string };

export type StreamSource = {
  readonly kind: 'kinesis' | 'dynamodb';
  readonly streamArn: string;
  readonly shardId: string;
  /** Sequence numbers of the first and the last record of the batch: whole numbers of many digits. */
  readonly start: string;
  readonly end: string;
};

/** Where the consumer fetches an event that its message only tells the place of; null when it judges the message as it is. */
export function sourceOfEvent(
  policy: CompiledPolicy,
  { payload, senderIsDeclared, intake }: DeadEvent,
): Source | null {
  const isHere = payload.kind === 'present' || payload.elsewhere === null;
  return isHere || !senderIsDeclared || intake === null ? null : sourceOf(policy, payload.elsewhere);
}

/**
 * The declared source that a place names; null when the policy declares none there, or the place is none that we can read.
 * Whoever can write to a queue must not be able to choose what we read.
 */
function sourceOf(policy: CompiledPolicy, { place }: Elsewhere): Source | null {
  const { bucket, key, streamArn, shardId, startSequenceNumber: start, endSequenceNumber: end } = place;
  if (bucket !== undefined && key !== undefined) {
    return policy.sources.buckets.includes(bucket) ? { kind: 'bucket', bucket, key } : null;
  }
  if (streamArn === undefined || shardId === undefined || start === undefined || end === undefined)
    return null;
  const isRange = /^\d{1,200}$/.test(start) && /^\d{1,200}$/.test(end);
  const kind = kindOf(streamArn);
  const isDeclared = policy.sources.streams.some((declared) => covers(declared, streamArn));
  return kind !== null && isRange && isDeclared ? { kind, streamArn, shardId, start, end } : null;
}

function kindOf(streamArn: string): 'kinesis' | 'dynamodb' | null {
  const service = streamArn.split(':')[2];
  return service === 'kinesis' || service === 'dynamodb' ? service : null;
}

/** A table in the policy means all of its streams: a new one gets a new name. */
function covers(declared: string, streamArn: string): boolean {
  return (
    streamArn === declared || (declared.includes(':table/') && streamArn.startsWith(`${declared}/stream/`))
  );
}
