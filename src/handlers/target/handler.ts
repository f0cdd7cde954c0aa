import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod/mini';

/**
 * The demonstration's failing function: its event chooses how it ends. `throw` raises an error of the given name, `reject`
 * refuses a quantity that is none, `call` asks a dependency over HTTP, `sleep` runs past its timeout, `fill-memory` grows
 * past its memory, `exit` ends the process, `forget` leaves a rejected promise behind, `import` loads a module that is
 * not in its package, `return` works.
 */
const order = z.discriminatedUnion('do', [
  z.object({ do: z.literal('return'), orderId: z.string() }),
  z.object({ do: z.literal('throw'), orderId: z.string(), name: z.string(), message: z.string() }),
  z.object({ do: z.literal('reject'), orderId: z.string(), quantity: z.unknown() }),
  z.object({ do: z.literal('call'), orderId: z.string(), url: z.url({ protocol: /^http$/ }) }),
  z.object({ do: z.literal('sleep'), orderId: z.string(), milliseconds: z.number() }),
  z.object({ do: z.literal('fill-memory'), orderId: z.string() }),
  z.object({ do: z.literal('exit'), orderId: z.string(), code: z.number() }),
  z.object({ do: z.literal('forget'), orderId: z.string(), message: z.string() }),
  z.object({ do: z.literal('import'), orderId: z.string(), module: z.string() }),
]);

type Done = { readonly orderId: string; readonly status: 'done' };

/** A dependency that does not answer must not use up the function's whole timeout. */
const DEPENDENCY_TIMEOUT_MS = 1_000;
const MEBIBYTE = 1024 * 1024;

export async function handler(event: unknown): Promise<Done> {
  const wanted = order.parse(event);
  switch (wanted.do) {
    case 'return':
      break;
    case 'throw':
      throw named(wanted.name, wanted.message);
    case 'reject':
      if (!isPositiveInteger(wanted.quantity)) {
        throw named('ValidationError', 'Validation failed: quantity must be a positive integer');
      }
      break;
    case 'call':
      await call(wanted.url);
      break;
    case 'sleep':
      await delay(wanted.milliseconds);
      break;
    case 'fill-memory':
      await fillMemory();
      break;
    case 'exit':
      process.exit(wanted.code);
      break;
    case 'forget':
      void Promise.reject(new Error(wanted.message));
      await delay(DEPENDENCY_TIMEOUT_MS);
      break;
    case 'import':
      await import(wanted.module);
      break;
  }
  return { orderId: wanted.orderId, status: 'done' };
}

/** Holds on to more and more memory until somebody ends it. */
async function fillMemory(): Promise<never> {
  const held: Buffer[] = [];
  for (;;) {
    held.push(Buffer.alloc(MEBIBYTE, held.length));
    await delay(0);
  }
}

function isPositiveInteger(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function call(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: DEPENDENCY_TIMEOUT_MS }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`the dependency answered with status ${response.statusCode}`));
    });
    request.on('timeout', () => request.destroy(new Error('ETIMEDOUT: the dependency did not answer')));
    request.on('error', reject);
  });
}
