import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { dynamoClient } from '../../src/aws/clients/dynamo.ts';
import { invokeClient, lambdaClient } from '../../src/aws/clients/lambda.ts';
import { s3Client } from '../../src/aws/clients/s3.ts';
import { sendClient, sqsClient } from '../../src/aws/clients/sqs.ts';
import { fetcherBy } from '../../src/aws/fetch/fetcher.ts';
import { fetchObject } from '../../src/aws/fetch/s3-object.ts';
import { lambdaReinvoker } from '../../src/aws/lambda-reinvoker.ts';
import { lambdaTargetReader } from '../../src/aws/lambda-target-reader.ts';
import { dynamoCircuits } from '../../src/aws/ledger/circuits.ts';
import { dynamoLedger } from '../../src/aws/ledger/dynamo-ledger.ts';
import { dynamoOperations } from '../../src/aws/ledger/operations.ts';
import { dynamoOutbox } from '../../src/aws/ledger/outbox.ts';
import { s3Archive } from '../../src/aws/s3-archive.ts';
import { sqsGiver } from '../../src/aws/sqs-giver.ts';
import { sqsHider } from '../../src/aws/sqs-hider.ts';
import type { InvocationRecord, LocalAws } from '../../src/local/local-aws.ts';
import { QUEUE_PREFIX } from '../support/dlq-record.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES, pointSdkAt, startLocalStack } from '../support/local-stack.ts';
import { MemoryArchive } from '../support/memory-archive.ts';
import { MemoryGiver } from '../support/memory-giver.ts';
import { MemoryLambda } from '../support/memory-lambda.ts';
import { MemoryLedger } from '../support/memory-ledger.ts';
import { MemoryQueue } from '../support/memory-queue.ts';
import { KNOWN_TARGET } from '../support/simulated-world.ts';
import { testQueue } from '../support/test-policy.ts';
import { archiveContract } from './archive-contract.ts';
import { circuitsContract } from './circuits-contract.ts';
import { giverContract, type ReceivedMessage } from './giver-contract.ts';
import { lambdaContract } from './lambda-contract.ts';
import { ledgerContract } from './ledger-contract.ts';
import { operationsContract } from './operations-contract.ts';
import { outboxContract } from './outbox-contract.ts';
import { pauseContract } from './pause-contract.ts';
import { queueContract, type QueueUnderTest } from './queue-contract.ts';

let aws: LocalAws;
let restore: () => void;

beforeAll(async () => {
  aws = await startLocalStack({ triggers: false });
  restore = pointSdkAt(aws);
});

afterAll(async () => {
  restore();
  await aws.stop();
});

ledgerContract('in memory', async () => new MemoryLedger());
ledgerContract('in the table of the packaged stack', async () =>
  dynamoLedger({ client: dynamoClient(), name: NAMES.ledgerTable }),
);

circuitsContract('in memory', async () => {
  const ledger = new MemoryLedger();
  return { ledger, circuits: ledger.circuits };
});
circuitsContract('in the table of the packaged stack', async () => {
  const table = { client: dynamoClient(), name: NAMES.ledgerTable };
  return { ledger: dynamoLedger(table), circuits: dynamoCircuits(table) };
});

operationsContract('in memory', async () => {
  const ledger = new MemoryLedger();
  return { ledger, operations: ledger.operations };
});
operationsContract('in the table of the packaged stack', async () => {
  const table = { client: dynamoClient(), name: NAMES.ledgerTable };
  return { ledger: dynamoLedger(table), operations: dynamoOperations(table) };
});

outboxContract('in memory', async () => {
  const ledger = new MemoryLedger();
  return { ledger, outbox: ledger.outbox };
});
outboxContract('in the table of the packaged stack', async () => {
  const table = { client: dynamoClient(), name: NAMES.ledgerTable };
  return { ledger: dynamoLedger(table), outbox: dynamoOutbox(table) };
});

test('a row of the outbox that cannot be read is named, and keeps no other back', async () => {
  const client = dynamoClient();
  const TableName = NAMES.ledgerTable;
  const Key = { pk: 'cause#broken', sk: 'alert' };
  await client.send(new PutCommand({ TableName, Item: { ...Key, work: 'alert', category: 'no such' } }));
  const { unreadable } = await dynamoOutbox({ client, name: TableName }).pending();
  expect(unreadable).toEqual(['cause#broken']);
  await client.send(new DeleteCommand({ TableName, Key }));
});

pauseContract('in memory', async () => {
  const ledger = new MemoryLedger();
  return {
    ledger,
    pause: async (target) => {
      ledger.pauses.add(target ?? 'all');
    },
    resume: async () => ledger.pauses.clear(),
  };
});
pauseContract('in the table of the packaged stack, as the README shows it', async () => {
  const client = dynamoClient();
  const TableName = NAMES.ledgerTable;
  const rows = new Set<string>();
  return {
    ledger: dynamoLedger({ client, name: TableName }),
    pause: async (target) => {
      const sk = target === null ? 'all' : `target#${target}`;
      rows.add(sk);
      await client.send(new PutCommand({ TableName, Item: { pk: 'pause', sk } }));
    },
    resume: async () => {
      for (const sk of rows) await client.send(new DeleteCommand({ TableName, Key: { pk: 'pause', sk } }));
    },
  };
});

archiveContract('in memory', async () => new MemoryArchive());
archiveContract('in the bucket of the packaged stack', async () =>
  s3Archive(s3Client(), NAMES.archiveBucket),
);

lambdaContract('in memory', async () => {
  const port = new MemoryLambda();
  port.functions.set('orders', KNOWN_TARGET);
  return {
    port,
    functionName: 'orders',
    deadLetterArn: KNOWN_TARGET.deadLetterArn ?? '',
    received: async () => port.handedOver.map(({ payload, requestId }) => ({ payload, requestId })),
  };
});
lambdaContract('of the packaged stack', async () => {
  const before = aws.invocations().length;
  const runs = (): readonly InvocationRecord[] => aws.invocations().slice(before);
  return {
    port: { ...lambdaReinvoker(invokeClient()), ...lambdaTargetReader(lambdaClient(), Date.now) },
    functionName: NAMES.target,
    deadLetterArn: `${QUEUE_PREFIX}${NAMES.deadLetterQueue}`,
    received: async (count) => {
      await eventually(() => runs().length >= count);
      return runs().map(({ payload, requestId }) => ({ payload, requestId }));
    },
  };
});

giverContract('in memory', async () => {
  const port = new MemoryGiver();
  return {
    port,
    besideArn: `${QUEUE_PREFIX}any`,
    target: testQueue('given', 'any'),
    received: async () =>
      port.given.map(({ message, messageId }) => ({
        id: messageId,
        body: message.body,
        attributes: Object.fromEntries(
          Object.entries(Object(message.attributes)).map(([name, value]) => {
            const { dataType, stringValue, binaryValue } = Object(value);
            return [name, `${dataType} ${stringValue ?? binaryValue}`];
          }),
        ),
      })),
  };
});
giverContract('of the local AWS', async () => {
  const sqs = sqsClient();
  const QueueName = `given-${randomUUID()}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  return {
    port: sqsGiver(sendClient()),
    besideArn: `${QUEUE_PREFIX}any`,
    target: testQueue('given', QueueName),
    received: async (count) => {
      const found: ReceivedMessage[] = [];
      await eventually(async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
        );
        found.push(...Messages.map(receivedMessage));
        return found.length >= count;
      });
      return found;
    },
  };
});

function receivedMessage({ MessageId = '', Body = '', MessageAttributes = {} }: Message): ReceivedMessage {
  const attributes = Object.entries(MessageAttributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) => {
      const value = BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64');
      return [name, `${DataType} ${value}`] as const;
    },
  );
  return { id: MessageId, body: Body, attributes: Object.fromEntries(attributes) };
}

function never(): never {
  throw new Error('only the bucket is asked');
}

test('a record is fetched from its bucket as it stands there, and told to be gone when it is', async () => {
  const client = s3Client();
  const fetcher = fetcherBy({
    bucket: (source) => fetchObject(client, source),
    kinesis: never,
    dynamodb: never,
  });
  const key = `aws/lambda/async/orders/2026/11/24/${randomUUID()}`;
  const text = '{ "version":"1.0", "n": 42.50, "text": "é 😀" }';
  await client.send(new PutObjectCommand({ Bucket: NAMES.archiveBucket, Key: key, Body: text }));
  expect(await fetcher.fetch({ kind: 'bucket', bucket: NAMES.archiveBucket, key })).toEqual({
    kind: 'fetched',
    text,
  });
  expect(await fetcher.fetch({ kind: 'bucket', bucket: NAMES.archiveBucket, key: `${key}-not` })).toEqual({
    kind: 'gone',
    why: 'NoSuchKey',
  });
});

queueContract('in memory', async () => {
  let nowMs = 0;
  const port = new MemoryQueue(() => nowMs, 30_000);
  return {
    port,
    queueArn: `${QUEUE_PREFIX}any`,
    receiveNew: async (count) => {
      port.send(Array.from({ length: count }, (_, n) => ({ receiptHandle: `handle-${n}` })));
      return port.receive().map((record) => String(record['receiptHandle']));
    },
    countVisible: async () => {
      nowMs += 1;
      return port.receive().length;
    },
  };
});
queueContract('of the local AWS', () => openQueue());

async function openQueue(): Promise<QueueUnderTest> {
  const sqs = sqsClient();
  const QueueName = `contract-${randomUUID()}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const receive = async (most: number): Promise<readonly string[]> => {
    const handles: string[] = [];
    for (let found = 1; found > 0 && handles.length < most;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: Math.min(10, most - handles.length) }),
      );
      found = Messages.length;
      handles.push(...Messages.map(({ ReceiptHandle }) => ReceiptHandle ?? ''));
    }
    return handles;
  };
  return {
    port: sqsHider(sqs),
    queueArn: `${QUEUE_PREFIX}${QueueName}`,
    receiveNew: async (count) => {
      for (let start = 0; start < count; start += 10) {
        const size = Math.min(10, count - start);
        const Entries = Array.from({ length: size }, (_, n) => ({ Id: String(n), MessageBody: '{}' }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      }
      return receive(count);
    },
    countVisible: async () => (await receive(1000)).length,
  };
}
