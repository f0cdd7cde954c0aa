import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { startSmallStack } from '../support/small-stack.ts';

let aws: LocalAws;
let clients: Clients;

beforeAll(async () => {
  aws = await startSmallStack({});
  clients = clientsFor(aws);
});

afterAll(() => aws.stop());

describe('the one port of the local AWS', () => {
  test('is a port of the loopback address', () => {
    expect(aws.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('gives queue URLs on itself, and takes those that AWS would give', async () => {
    const { sqs } = clients;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'urls' }));
    expect(QueueUrl).toBe(`${aws.endpoint}/000000000000/urls`);
    const onAws = 'https://sqs.eu-west-1.amazonaws.com/000000000000/urls';
    await sqs.send(new SendMessageCommand({ QueueUrl: onAws, MessageBody: 'hello' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.[0]?.Body).toBe('hello');
  });

  test('passes bytes through as they are, whole and in ranges', async () => {
    const { s3 } = clients;
    await s3.send(new CreateBucketCommand({ Bucket: 'bytes' }));
    const Body = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 256));
    await s3.send(new PutObjectCommand({ Bucket: 'bytes', Key: 'a/b=c', Body }));
    const part = await s3.send(
      new GetObjectCommand({ Bucket: 'bytes', Key: 'a/b=c', Range: 'bytes=250-259' }),
    );
    expect(Buffer.from((await part.Body?.transformToByteArray()) ?? [])).toEqual(Body.subarray(250, 260));
    const whole = await s3.send(new GetObjectCommand({ Bucket: 'bytes', Key: 'a/b=c' }));
    expect(Buffer.from((await whole.Body?.transformToByteArray()) ?? [])).toEqual(Body);
  });

  test('refuses a service that it does not have, by name', async () => {
    const answer = await fetch(aws.endpoint, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20261124/eu-west-1/kinesis/aws4_request, Signature=x',
        'x-amz-target': 'Kinesis_20131202.PutRecord',
      },
    });
    expect(answer.status).toBe(501);
    expect(await answer.text()).toContain('the local AWS has no kinesis (PutRecord)');
  });

  test('refuses a call that is not signed', async () => {
    const answer = await fetch(aws.endpoint);
    expect(answer.status).toBe(403);
  });
});

describe('a template', () => {
  test.each([
    [
      'a type that is not modelled',
      { Stream: { Type: 'AWS::Kinesis::Stream' } },
      /does not model AWS::Kinesis::Stream, which Stream is/,
    ],
    [
      'a property that is not modelled',
      { Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } },
      /does not model FifoQueue of AWS::SQS::Queue, which Queue has/,
    ],
    [
      'an intrinsic function that is not resolved',
      { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::ImportValue': 'x' } } } },
      /does not resolve Fn::ImportValue, which stands at Queue.QueueName/,
    ],
    [
      'a reference to nothing',
      { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Nothing' } } } },
      /refers to Nothing, which it does not have/,
    ],
  ])('with %s is refused', async (_, resources, message) => {
    await expect(startSmallStack({ resources })).rejects.toThrow(message);
  });

  test('has its references, joins and substitutions resolved', async () => {
    const local = await startSmallStack({
      functions: {
        echo: {
          source: 'exports.handler = async () => process.env',
          properties: {
            Environment: {
              Variables: {
                URL: { Ref: 'Queue' },
                ARN: { 'Fn::GetAtt': ['Queue', 'Arn'] },
                JOINED: { 'Fn::Join': ['/', ['a', { Ref: 'AWS::Region' }]] },
                SUBSTITUTED: { 'Fn::Sub': '${Queue.QueueName} in ${AWS::AccountId}' },
              },
            },
          },
        },
      },
      resources: {
        Queue: {
          Type: 'AWS::SQS::Queue',
          Properties: { QueueName: 'q', DelaySeconds: { Ref: 'AWS::NoValue' } },
        },
        Role: { Type: 'AWS::IAM::Role' },
      },
    });
    try {
      expect(local.ignoredTypes).toEqual(['AWS::IAM::Role']);
      const url = `${local.endpoint}/2015-03-31/functions/echo/invocations`;
      const authorization =
        'AWS4-HMAC-SHA256 Credential=local/20261124/eu-west-1/lambda/aws4_request, Signature=x';
      const answer: unknown = await (await fetch(url, { method: 'POST', headers: { authorization } })).json();
      expect(answer).toMatchObject({
        URL: `${local.endpoint}/000000000000/q`,
        ARN: 'arn:aws:sqs:eu-west-1:000000000000:q',
        JOINED: 'a/eu-west-1',
        SUBSTITUTED: 'q in 000000000000',
        AWS_LAMBDA_FUNCTION_NAME: 'echo',
      });
      expect(answer).not.toHaveProperty('HOME'); // nothing of this process's own environment
    } finally {
      await local.stop();
    }
  });
});
