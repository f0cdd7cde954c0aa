import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { invokeClient } from '../../src/aws/clients/lambda.ts';
import { lambdaReinvoker } from '../../src/aws/lambda-reinvoker.ts';
import type { InvokeResult } from '../../src/recovery/ports.ts';
import { testFunction } from '../support/test-policy.ts';

/** What Lambda answers when it does not accept, on the wire. Shapes: the Lambda API reference, Invoke. */

const target = testFunction('orders');

function sourceUrl(file: string): string {
  return pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'aws', file)).href;
}

function error(status: number, type: string): RequestListener {
  return (_, response) =>
    response
      .writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json' })
      .end(JSON.stringify({ Type: 'Service', Message: 'quotes {"the":"payload"}' }));
}

describe('the Invoke client', () => {
  let server: Server;
  let calls = 0;
  let answer: RequestListener;

  beforeEach(async () => {
    calls = 0;
    server = createServer((request, response) => {
      calls++;
      request.resume().on('end', () => answer(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function reinvoke(): Promise<InvokeResult> {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const settings = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1' };
    const client = invokeClient(1, {
      ...settings,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const result = await lambdaReinvoker(client).reinvoke(target, '{}');
    client.destroy();
    return result;
  }

  test.each([
    [429, 'TooManyRequestsException', 'refused'],
    [409, 'ResourceConflictException', 'refused'],
    [500, 'ServiceException', 'uncertain'],
    [403, 'ExpiredTokenException', 'refused'],
    [403, 'InvalidSignatureException', 'refused'],
    [502, 'EC2ThrottledException', 'refused'],
    [403, 'AccessDeniedException', 'rejected'],
    [404, 'ResourceNotFoundException', 'rejected'],
    [413, 'RequestTooLargeException', 'rejected'],
    [400, 'InvalidRequestContentException', 'rejected'],
  ])('takes %i %s as %s, asks once and repeats no message', async (status, type, kind) => {
    answer = error(status, type);
    expect(await reinvoke()).toEqual({ kind, error: type });
    expect(calls).toBe(1);
  });

  test('takes a 5xx that Lambda does not name as uncertain: a proxy may have lost the answer', async () => {
    answer = (_, response) => response.writeHead(504).end('<html>gateway time-out</html>');
    expect((await reinvoke()).kind).toBe('uncertain');
    expect(calls).toBe(1);
  });

  test('takes a reset connection as uncertain, and does not try again: the target may have run', async () => {
    answer = (request) => request.socket.resetAndDestroy();
    expect((await reinvoke()).kind).toBe('uncertain');
    expect(calls).toBe(1);
  });

  test('takes a connection that nobody accepts as refused', async () => {
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' ? address?.port : 0;
    // In a process of its own: jest's errors of the network are no instances of the Error that the SDK looks for.
    const program = `
      import { invokeClient } from ${JSON.stringify(sourceUrl('clients/lambda.ts'))};
      import { lambdaReinvoker } from ${JSON.stringify(sourceUrl('lambda-reinvoker.ts'))};
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const client = invokeClient(1, { endpoint: 'http://127.0.0.1:${port}', region: 'eu-west-1', credentials });
      console.log(JSON.stringify(await lambdaReinvoker(client).reinvoke(${JSON.stringify(target)}, '{}')));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(JSON.parse(run.stdout)).toEqual({ kind: 'refused', error: 'ECONNREFUSED' });
  });

  test('takes an answer that is not 202 as uncertain', async () => {
    answer = (_, response) => response.writeHead(200, { 'x-amzn-requestid': 'r' }).end();
    expect((await reinvoke()).kind).toBe('uncertain');
  });

  test('gives up on an answer that does not come, as uncertain', async () => {
    answer = () => {};
    expect(await reinvoke()).toEqual({ kind: 'uncertain', error: expect.stringMatching(/\w/) });
    expect(calls).toBe(1);
  });
});
