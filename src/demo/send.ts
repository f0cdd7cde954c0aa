import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import type { Clients } from './clients.ts';
import type { Scene } from './scenario.ts';

export type StackNames = {
  /** What stands before the name of each function of the stack. */
  readonly prefix: string;
  readonly deadLetterQueue: string;
};

/** An event on its way, and the ids under which the consumer will speak of it. */
export type SentEvent = {
  readonly scene: Scene;
  readonly payload: string;
  readonly ids: ReadonlySet<string>;
};

/** Sends one event the way its scene says. Rejects when AWS does not take it. */
export async function send(
  clients: Clients,
  names: StackNames,
  scene: Scene,
  payload: string,
): Promise<SentEvent> {
  switch (scene.send) {
    case 'invoke':
      return {
        scene,
        payload,
        ids: new Set([await invoke(clients, `${names.prefix}${scene.function}`, payload)]),
      };
    case 'message':
      return { scene, payload, ids: new Set([await sendMessage(clients, names, payload, null)]) };
    case 'destination-record': {
      const record = destinationRecord(`${names.prefix}${scene.function}`, payload);
      return { scene, payload, ids: new Set([await sendMessage(clients, names, record, null)]) };
    }
    case 'dead-letter-twice': {
      const requestId = randomUUID();
      await sendMessage(clients, names, payload, requestId);
      await sendMessage(clients, names, payload, requestId);
      return { scene, payload, ids: new Set([requestId]) };
    }
  }
}

async function invoke({ lambda }: Clients, target: string, payload: string): Promise<string> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: target, InvocationType: 'Event', Payload: Buffer.from(payload) }),
  );
  if (answer.$metadata.requestId === undefined) throw new Error(`Invoke of ${target} gave no request id`);
  return answer.$metadata.requestId;
}

/** What Lambda writes to an OnFailure destination, with the payload in it as it is. */
function destinationRecord(functionName: string, payload: string): string {
  const functionArn = `arn:aws:lambda:eu-west-1:000000000000:function:${functionName}:$LATEST`;
  const requestContext = {
    requestId: randomUUID(),
    functionArn,
    condition: 'RetriesExhausted',
    approximateInvokeCount: 3,
  };
  const head = { version: '1.0', timestamp: new Date().toISOString(), requestContext };
  const tail = {
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: 'Error', errorMessage: 'read ECONNRESET', trace: [] },
  };
  return `${JSON.stringify(head).slice(0, -1)},"requestPayload":${payload},${JSON.stringify(tail).slice(1)}`;
}

/** Puts a message on the dead-letter queue; with a request id, as Lambda does for an event whose connection was reset. */
async function sendMessage(
  { sqs }: Clients,
  { deadLetterQueue }: StackNames,
  body: string,
  requestId: string | null,
): Promise<string> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: deadLetterQueue }));
  const attributes = {
    RequestID: { DataType: 'String', StringValue: requestId ?? '' },
    ErrorCode: { DataType: 'Number', StringValue: '200' },
    ErrorMessage: { DataType: 'String', StringValue: 'read ECONNRESET' },
  };
  const sent = await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: body,
      ...(requestId === null ? {} : { MessageAttributes: attributes }),
    }),
  );
  if (sent.MessageId === undefined) throw new Error(`${deadLetterQueue} took a message without an id`);
  return sent.MessageId;
}
