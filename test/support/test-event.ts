import type { DeadEvent } from '../../src/recovery/dead-event.ts';
import { textPayload } from '../../src/recovery/payload.ts';

/** An event that died of an unknown cause at the target of `testPolicy`. */
export const testEvent: DeadEvent = {
  deathId: 'death-00000001',
  form: 'lambda-dlq',
  intake: 'orders-dlq',
  sourceArn: 'arn:aws:sqs:eu-west-1:000000000000:orders-dlq',
  senderIsDeclared: true,
  target: 'orders',
  error: { code: '200', type: null, message: 'boom' },
  payload: textPayload('{}'),
  diedAtMs: 1_790_000_000_000,
};
