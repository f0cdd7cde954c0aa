import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES, startLocalStack } from '../support/local-stack.ts';

let aws: LocalAws;
let clients: Clients;
let QueueUrl: string | undefined;

beforeEach(async () => {
  aws = await startLocalStack();
  clients = clientsFor(aws);
  ({ QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: NAMES.orders })));
});

afterEach(() => aws.stop());

/** As a consumer of the queue that fails: it takes the message and lets it come back at once. */
async function receive(): Promise<Message | undefined> {
  const { Messages } = await clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      VisibilityTimeout: 0,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages?.[0];
}

test('a message that SQS has moved away comes back to its queue as it was, under a new id', async () => {
  const MessageBody = '{ "orderId": "o-1", "amount": 42.50, "n": 12345678901234567890 }';
  const MessageAttributes = {
    tenant: { DataType: 'String', StringValue: 'blue' },
    stamp: { DataType: 'Binary', BinaryValue: Buffer.from([0, 1, 255]) },
  };
  const { MessageId } = await clients.sqs.send(
    new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }),
  );
  let back: Message | undefined;
  await eventually(async () => {
    back = await receive();
    return back !== undefined && back.MessageId !== MessageId;
  });
  expect(back).toMatchObject({ Body: MessageBody, MessageAttributes: { tenant: MessageAttributes.tenant } });
  expect([...(back?.MessageAttributes?.['stamp']?.BinaryValue ?? [])]).toEqual([0, 1, 255]);
});
