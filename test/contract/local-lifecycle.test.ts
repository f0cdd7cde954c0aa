import { afterEach, describe, expect, test } from '@jest/globals';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { clientsFor } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { eventually } from '../support/eventually.ts';
import { startSmallStack } from '../support/small-stack.ts';

/** Writes its process id, then returns, waits, or keeps its event loop busy. */
const SOURCE = `
exports.handler = async (event) => {
  console.log('pid ' + process.pid);
  if (event.fail) throw new Error('boom');
  if (event.busy) for (;;) {}
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return process.pid;
};`;

let aws: LocalAws | null = null;

afterEach(async () => {
  await aws?.stop();
  aws = null;
});

async function start(): Promise<{ local: LocalAws; pids: number[] }> {
  const local = await startSmallStack({
    functions: { worker: { source: SOURCE, properties: { Timeout: 30 } } },
  });
  aws = local;
  const pids: number[] = [];
  local.onLogLine((_, line) => {
    if (line.startsWith('pid ')) pids.push(Number(line.slice('pid '.length)));
  });
  return { local, pids };
}

async function call(local: LocalAws, event: unknown, type: 'Event' | 'RequestResponse'): Promise<unknown> {
  const answer = await clientsFor(local).lambda.send(
    new InvokeCommand({
      FunctionName: 'worker',
      InvocationType: type,
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  return type === 'Event' ? null : JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8'));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('killing the environments of a function', () => {
  test('fails what runs there as the loss of a sandbox does, and the next call gets a new process', async () => {
    const { local, pids } = await start();
    const lost = call(local, { wait: true }, 'RequestResponse');
    await eventually(() => pids.length === 1);
    await local.killEnvironments('worker');
    expect(await lost).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: signal: killed$/,
      ),
    });
    const next = await call(local, {}, 'RequestResponse');
    expect(pids).not.toContain(undefined);
    expect(next).toBe(pids[1]);
    expect(next).not.toBe(pids[0]);
  });

  test('is an attempt like any other: an asynchronous event is tried again', async () => {
    const { local, pids } = await start();
    await call(local, { wait: true }, 'Event');
    await eventually(() => pids.length === 1);
    await local.killEnvironments('worker');
    await eventually(() => pids.length === 2);
    expect(local.invocations().map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(local.invocations().map(({ requestId }) => requestId)).size).toBe(1);
  });
});

describe('stopping the local AWS', () => {
  test('leaves no process behind, whatever its functions are doing', async () => {
    const { local, pids } = await start();
    await call(local, {}, 'Event');
    await eventually(() => pids.length === 1);
    await call(local, { wait: true }, 'Event');
    await call(local, { busy: true }, 'Event');
    await call(local, { fail: true }, 'Event');
    await eventually(() => pids.length >= 4);
    await local.stop();
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test('starts nothing more for a call that comes while it stops', async () => {
    const { local, pids } = await start();
    await call(local, {}, 'RequestResponse');
    const stopped = local.stop();
    const late = Array.from({ length: 20 }, () => call(local, {}, 'Event').catch(() => null));
    await stopped;
    await Promise.all(late);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(local.invocations().filter(({ outcome }) => outcome.kind === 'running')).toEqual([]);
  });

  test('answers nobody any more, although a client holds its connection open', async () => {
    const { local } = await start();
    const { lambda } = clientsFor(local);
    await lambda.send(new InvokeCommand({ FunctionName: 'worker' }));
    await local.stop();
    await expect(lambda.send(new InvokeCommand({ FunctionName: 'worker' }))).rejects.toThrow();
  });
});
