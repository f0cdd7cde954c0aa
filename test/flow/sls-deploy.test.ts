import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { packageDirOf } from '../support/packaged-stages.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FRAMEWORK = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');

let server: Server | null = null;

afterEach(() => {
  server?.close();
});

/** Listens as AWS would, writes down what is asked of it, and says that it knows no stack. */
async function recordCalls(calls: string[]): Promise<string> {
  const listener = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => {
      const service = /\/([a-z0-9]+)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1] ?? '?';
      const action = new URLSearchParams(Buffer.concat(body).toString('utf8')).get('Action') ?? '?';
      calls.push(`${service} ${action}`);
      response.writeHead(400, { 'content-type': 'text/xml' });
      response.end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>',
      );
    });
  });
  server = listener;
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the listener got no port');
  return `http://127.0.0.1:${address.port}`;
}

test('sls deploy speaks to whatever AWS_ENDPOINT_URL names, with serverless.yml as it is', async () => {
  const calls: string[] = [];
  const endpoint = await recordCalls(calls);
  const child = spawn(
    process.execPath,
    [FRAMEWORK, 'deploy', '--stage', 'dev', '--package', packageDirOf('dev')],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: 'any',
        AWS_SECRET_ACCESS_KEY: 'any',
        SLS_TELEMETRY_DISABLED: '1',
      },
      stdio: 'ignore',
    },
  );
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  expect(calls).toEqual(
    expect.arrayContaining(['cloudformation DescribeStacks', 'cloudformation CreateChangeSet']),
  );
  expect(code).toBe(1); // the listener is no CloudFormation
});
