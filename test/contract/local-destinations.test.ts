import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GetFunctionEventInvokeConfigCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, type Message } from '@aws-sdk/client-sqs';
import { PublishCommand } from '@aws-sdk/client-sns';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { eventually } from '../support/eventually.ts';
import { startSmallStack } from '../support/small-stack.ts';

/** Both ways in which Lambda hands over what it gave up on, in the shapes that have been recorded of AWS. */

const ACCOUNT = 'eu-west-1:000000000000';
const SOURCE = `exports.handler = async (event) => {
  if (event.message === undefined) return { got: event };
  if (event.hold) await new Promise((resolve) => setTimeout(resolve, 500));
  const e = new Error(event.message); e.name = 'OrderError'; throw e;
};`;

function queue(name: string): Record<string, unknown> {
  return { Type: 'AWS::SQS::Queue', Properties: { QueueName: name } };
}

function arnOf(logicalId: string): Record<string, unknown> {
  return { 'Fn::GetAtt': [logicalId, 'Arn'] };
}

function invokeConfig(functionName: string, properties: Record<string, unknown>): Record<string, unknown> {
  return {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: functionName, Qualifier: '$LATEST', MaximumRetryAttempts: 0, ...properties },
  };
}

const toQueues = {
  DestinationConfig: {
    OnFailure: { Destination: arnOf('Failures') },
    OnSuccess: { Destination: arnOf('Successes') },
  },
};

let aws: LocalAws;
let clients: Clients;

beforeAll(async () => {
  aws = await startSmallStack({
    functions: {
      both: { source: SOURCE, properties: { DeadLetterConfig: { TargetArn: arnOf('Letters') } } },
      stopped: {
        source: SOURCE,
        properties: { DeadLetterConfig: { TargetArn: arnOf('Letters') }, ReservedConcurrentExecutions: 0 },
      },
      busy: {
        source: SOURCE,
        properties: { DeadLetterConfig: { TargetArn: arnOf('Letters') }, ReservedConcurrentExecutions: 1 },
      },
      aliased: { source: SOURCE },
      totopic: { source: SOURCE, properties: { DeadLetterConfig: { TargetArn: { Ref: 'Topic' } } } },
      subscriber: { source: SOURCE },
      ticking: { source: SOURCE },
      lingering: { source: 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 2_900))' },
    },
    resources: {
      Letters: queue('letters'),
      Failures: queue('failures'),
      Successes: queue('successes'),
      Raw: queue('raw'),
      Enveloped: queue('enveloped'),
      Both: invokeConfig('both', toQueues),
      Stopped: invokeConfig('stopped', toQueues),
      Busy: invokeConfig('busy', { ...toQueues, MaximumEventAgeInSeconds: 60 }),
      ToTopic: invokeConfig('totopic', {}),
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'aliasedFunction' } } },
      Live: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          Name: 'live',
          FunctionName: { Ref: 'aliasedFunction' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
        },
      },
      OnLive: invokeConfig('aliased', { Qualifier: 'live', ...toQueues }),
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'letters-topic' } },
      ToRaw: {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          TopicArn: { Ref: 'Topic' },
          Protocol: 'sqs',
          Endpoint: arnOf('Raw'),
          RawMessageDelivery: true,
        },
      },
      ToEnveloped: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arnOf('Enveloped') },
      },
      ToFunction: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'lambda', Endpoint: arnOf('subscriberFunction') },
      },
      EveryMinute: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(1 minute)',
          State: 'ENABLED',
          Targets: [
            { Arn: arnOf('tickingFunction'), Id: 'ticking' },
            { Arn: arnOf('lingeringFunction'), Id: 'lingering' },
          ],
        },
      },
      Never: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(1 minute)',
          State: 'DISABLED',
          Targets: [{ Arn: arnOf('subscriberFunction'), Id: 'never' }],
        },
      },
    },
  });
  clients = clientsFor(aws);
});

afterAll(() => aws.stop());

async function accept(FunctionName: string, payload: string): Promise<string> {
  const answer = await clients.lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: Buffer.from(payload) }),
  );
  return answer.$metadata.requestId ?? '';
}

const kept = new Map<string, Message[]>();

/** The message about that request id in a queue. */
async function messageIn(queueName: string, about: string): Promise<Message> {
  const all = kept.get(queueName) ?? [];
  kept.set(queueName, all);
  const isIt = (message: Message): boolean => JSON.stringify(message).includes(about);
  await eventually(async () => {
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: `${aws.endpoint}/000000000000/${queueName}`,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    all.push(...Messages);
    return all.some(isIt);
  });
  return all.find(isIt) ?? {};
}

async function recordIn(queueName: string, requestId: string): Promise<unknown> {
  return JSON.parse((await messageIn(queueName, requestId)).Body ?? '');
}

describe('a failed event of a function with a dead-letter queue and a destination', () => {
  test('arrives both ways under one request id: the letter byte for byte, the record with the error', async () => {
    const payload = '{ "message": "boom", "n": 42.50 }';
    const requestId = await accept('both', payload);
    const letter = await messageIn('letters', requestId);
    expect(letter.Body).toBe(payload);
    expect(letter.MessageAttributes?.['RequestID']?.StringValue).toBe(requestId);
    const message = await messageIn('failures', requestId);
    expect(message.MessageAttributes).toBeUndefined();
    expect(JSON.parse(message.Body ?? '')).toEqual({
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      requestContext: {
        requestId,
        functionArn: `arn:aws:lambda:${ACCOUNT}:function:both:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 1,
      },
      requestPayload: { message: 'boom', n: 42.5 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'OrderError', errorMessage: 'boom', trace: expect.any(Array) },
    });
  });

  test('that succeeds arrives at the destination for successes alone', async () => {
    const requestId = await accept('both', '{"fine":true}');
    expect(await recordIn('successes', requestId)).toMatchObject({
      requestContext: { condition: 'Success', approximateInvokeCount: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST' },
      responsePayload: { got: { fine: true } },
    });
  });
});

describe('an event of a function with zero reserved concurrency', () => {
  test('goes at once where it goes, with no code, no response and AWS’s own words', async () => {
    const requestId = await accept('stopped', '{"message":"boom"}');
    const letter = await messageIn('letters', requestId);
    expect(letter.MessageAttributes).toEqual({
      RequestID: { DataType: 'String', StringValue: requestId },
      ErrorMessage: {
        DataType: 'String',
        StringValue: 'Function not invoked. Function isconfigured with zero reserved concurrent executions',
      },
    });
    const record = await recordIn('failures', requestId);
    expect(record).toMatchObject({
      requestContext: { condition: 'ZeroReservedConcurrency', approximateInvokeCount: 0 },
      requestPayload: { message: 'boom' },
    });
    expect(record).not.toHaveProperty('responseContext');
    expect(record).not.toHaveProperty('responsePayload');
  });

  test('is refused when it is called synchronously', async () => {
    const call = clients.lambda.send(new InvokeCommand({ FunctionName: 'stopped' }));
    await expect(call).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      $metadata: { httpStatusCode: 429 },
    });
  });
});

describe('an event that finds its function throttled until it is too old', () => {
  test('arrives with code 429 and has never run', async () => {
    await accept('busy', '{"message":"first","hold":true}');
    await eventually(() => aws.invocations().some(({ functionName }) => functionName === 'busy'));
    const requestId = await accept('busy', '{"message":"second"}');
    const letter = await messageIn('letters', requestId);
    expect(letter.MessageAttributes).toMatchObject({
      ErrorCode: { DataType: 'Number', StringValue: '429' },
      ErrorMessage: { StringValue: 'Rate Exceeded.' },
    });
    const record = await recordIn('failures', requestId);
    expect(record).toMatchObject({
      requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 },
      responseContext: { statusCode: 429 },
    });
    expect(record).not.toHaveProperty('responsePayload');
    expect(aws.invocations().filter((run) => run.requestId === requestId)).toEqual([]);
  });
});

describe('an alias', () => {
  test('has destinations of its own, is named in the record, and says which version ran', async () => {
    const requestId = await accept('aliased:live', '{"message":"boom"}');
    expect(await recordIn('failures', requestId)).toMatchObject({
      requestContext: { functionArn: `arn:aws:lambda:${ACCOUNT}:function:aliased:live` },
      responseContext: { executedVersion: '1' },
    });
    const config = await clients.lambda.send(
      new GetFunctionEventInvokeConfigCommand({ FunctionName: 'aliased', Qualifier: 'live' }),
    );
    expect(config.DestinationConfig?.OnFailure?.Destination).toBe(`arn:aws:sqs:${ACCOUNT}:failures`);
    const unqualified = clients.lambda.send(
      new GetFunctionEventInvokeConfigCommand({ FunctionName: 'aliased' }),
    );
    await expect(unqualified).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('a dead letter that goes to a topic', () => {
  test('reaches a queue raw, a queue in an envelope, and a function, each in its own shape', async () => {
    const payload = '{ "message": "boom é", "n": 42.50 }';
    const requestId = await accept('totopic', payload);
    const raw = await messageIn('raw', requestId);
    expect(raw.Body).toBe(payload);
    expect(raw.MessageAttributes).toEqual({
      RequestID: { DataType: 'String', StringValue: requestId },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: { DataType: 'String', StringValue: 'boom é' },
    });
    const enveloped = await messageIn('enveloped', requestId);
    expect(enveloped.MessageAttributes).toBeUndefined();
    expect(JSON.parse(enveloped.Body ?? '')).toMatchObject({
      Type: 'Notification',
      TopicArn: `arn:aws:sns:${ACCOUNT}:letters-topic`,
      Message: payload,
      MessageAttributes: {
        RequestID: { Type: 'String', Value: requestId },
        ErrorCode: { Type: 'Number', Value: '200' },
      },
    });
    const delivered = (): string | undefined =>
      aws.invocations().find((run) => run.functionName === 'subscriber' && run.payload.includes(requestId))
        ?.payload;
    await eventually(() => delivered() !== undefined);
    expect(JSON.parse(delivered() ?? '')).toMatchObject({
      Records: [
        {
          EventSource: 'aws:sns',
          Sns: {
            Message: payload,
            Subject: null,
            MessageAttributes: { RequestID: { Type: 'String', Value: requestId } },
          },
        },
      ],
    });
  });

  test('is delivered to a function whoever published it', async () => {
    const TopicArn = `arn:aws:sns:${ACCOUNT}:letters-topic`;
    await clients.sns.send(new PublishCommand({ TopicArn, Message: 'by hand' }));
    await eventually(() => aws.invocations().some(({ payload }) => payload.includes('"Message":"by hand"')));
  });
});

describe('a schedule', () => {
  test('runs its function with the event of a scheduled rule, when it is enabled', async () => {
    const run = (): string | undefined =>
      aws.invocations().find(({ functionName }) => functionName === 'ticking')?.payload;
    await eventually(() => run() !== undefined);
    expect(JSON.parse(run() ?? '')).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: [`arn:aws:events:${ACCOUNT}:rule/EveryMinute`],
    });
  });

  test('runs its function again while the run before still lasts', async () => {
    await eventually(
      () =>
        aws
          .invocations()
          .filter(({ functionName, outcome }) => functionName === 'lingering' && outcome.kind === 'running')
          .length > 1,
    );
  });
});
