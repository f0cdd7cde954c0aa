import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { STSClient } from '@aws-sdk/client-sts';
import { createServer, type Server } from 'node:http';
import { callerIdentity } from '../../src/aws/caller-identity.ts';
import { functionLogs, type FunctionLogs } from '../../src/aws/function-logs.ts';

/**
 * What the command line asks of services that the local AWS has not, on the wire. Shapes: the API references of CloudWatch Logs,
 * FilterLogEvents, of Lambda, GetFunctionConfiguration, and of STS, GetCallerIdentity.
 */

type Answer = { readonly status: number; readonly body: string };

let server: Server;
let requests: string[];
let answer: (body: string, url: string) => Answer;
let settings: {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      requests.push(text);
      const { status, body } = answer(text, request.url ?? '');
      const type = body.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.1';
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'test' };
  settings = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1', credentials };
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the log of a function', () => {
  const search = { group: '/aws/lambda/orders', requestId: 'a-1', fromMs: 10, untilMs: 20 };

  function logs(): FunctionLogs {
    const most = { ...settings, maxAttempts: 1 };
    return functionLogs(new LambdaClient(most), async () => new CloudWatchLogsClient(most));
  }

  test('is read by the request id as one term, page by page, oldest first', async () => {
    const pages = [
      { events: [{ timestamp: 12, message: 'second\n' }], nextToken: 'next' },
      { events: [], nextToken: 'again' }, // an empty page is not the last
      { events: [{ timestamp: 11, message: 'first' }] },
    ];
    answer = () => ({ status: 200, body: JSON.stringify(pages[requests.length - 1]) });
    expect(await logs().lines(search, 10)).toEqual([
      { atMs: 11, text: 'first' },
      { atMs: 12, text: 'second\n' },
    ]);
    const asked = {
      logGroupName: '/aws/lambda/orders',
      filterPattern: '"a-1"',
      startTime: 10,
      endTime: 20,
    };
    expect(requests.map((text): unknown => JSON.parse(text))).toEqual([
      asked,
      { ...asked, nextToken: 'next' },
      { ...asked, nextToken: 'again' },
    ]);
  });

  test('is read no further than somebody wants', async () => {
    const events = [1, 2, 3].map((timestamp) => ({ timestamp, message: `line ${timestamp}` }));
    answer = () => ({ status: 200, body: JSON.stringify({ events, nextToken: 'endless' }) });
    expect(await logs().lines(search, 2)).toHaveLength(2);
    expect(requests).toHaveLength(1);
  });

  test('that is not there ends in the error of CloudWatch Logs', async () => {
    const __type = 'ResourceNotFoundException';
    answer = () => ({ status: 400, body: JSON.stringify({ __type, message: 'no such log group' }) });
    await expect(logs().lines(search, 2)).rejects.toMatchObject({ name: __type });
  });

  test('goes to the group that the function names, else to Lambda’s default', async () => {
    answer = () => ({ status: 200, body: JSON.stringify({ LoggingConfig: { LogGroup: '/shop/orders' } }) });
    expect(await logs().groupOf('orders')).toBe('/shop/orders');
    answer = () => ({ status: 200, body: '{}' });
    expect(await logs().groupOf('orders')).toBe('/aws/lambda/orders');
    answer = () => ({ status: 403, body: '{}' });
    expect(await logs().groupOf('arn:aws:lambda:eu-west-1:111122223333:function:orders')).toBe(
      '/aws/lambda/orders',
    );
  });
});

describe('whoever runs a command', () => {
  const ARN = 'arn:aws:sts::111122223333:assumed-role/operator/ann';

  test('is known by the ARN that STS gives', async () => {
    const result = `<GetCallerIdentityResult><Arn>${ARN}</Arn><UserId>AROA:ann</UserId><Account>111122223333</Account></GetCallerIdentityResult>`;
    answer = () => ({
      status: 200,
      body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</GetCallerIdentityResponse>`,
    });
    expect(await callerIdentity(new STSClient(settings))).toBe(ARN);
    expect(requests[0]).toContain('Action=GetCallerIdentity');
  });

  test('is known by the access key where STS cannot be asked', async () => {
    answer = () => ({
      status: 500,
      body: '<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>',
    });
    expect(await callerIdentity(new STSClient({ ...settings, maxAttempts: 1 }))).toBe(
      'access key AKIAEXAMPLE',
    );
  });
});
