import type { DeadEvent } from '../dead-event.ts';
import { intakeOf } from '../intakes.ts';
import type { CompiledPolicy } from '../policy.ts';
import type { SqsRecord } from '../sqs-record.ts';
import type { Arrival } from './arrival.ts';
import { readForeign } from './foreign.ts';
import { readLambdaDlq } from './lambda-dlq.ts';

type Reader = (record: SqsRecord, arrival: Arrival) => DeadEvent | null;

/** In the order of recognition: attributes before bodies, since a body is the sender's text and can imitate anything. */
const READERS: readonly Reader[] = [readLambdaDlq];

/** Reads a record in whatever form it arrived. Never throws; a record that no reader knows is `foreign`. */
export function readRecord(record: SqsRecord, policy: CompiledPolicy, receivedAtMs: number): DeadEvent {
  const intake = intakeOf(policy, record.queueArn);
  const arrival = { intake: intake?.key ?? null, target: intake?.target ?? null, receivedAtMs };
  for (const read of READERS) {
    const event = read(record, arrival);
    if (event !== null) return event;
  }
  return readForeign(record, arrival);
}
