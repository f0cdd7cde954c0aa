/**
 * The process of one execution environment: loads the handler, runs one invocation at a time, and reports as the Node
 * runtime of Lambda does. It is CommonJS so that it starts fast and loads handlers as Lambda does.
 */
const { existsSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');

const channel = process.send.bind(process);
const send = (message) => new Promise((resolve) => channel(message, resolve));
// A handler has no parent to speak to on AWS either, and must not be taken for the runtime here.
delete process.send;

// Without the local AWS there is nobody to work for.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

function runtimeError(name, message, cause) {
  const error = new Error(message);
  error.name = name;
  error.stack = cause instanceof Error ? cause.stack : error.stack;
  return error;
}

/** What the runtime says of an error whose name or message is no text, or of a value that cannot be made one. */
const UNREADABLE_ERROR = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
  trace: [],
};

/** The runtime's error shape: `trace`, and the type of a thrown value that is no Error. */
function describe(error) {
  try {
    if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
    const { name, message, stack } = error;
    if (typeof name !== 'string' || typeof message !== 'string') return UNREADABLE_ERROR;
    return {
      errorType: name,
      errorMessage: message,
      trace: typeof stack === 'string' ? stack.split('\n') : [],
    };
  } catch {
    return UNREADABLE_ERROR;
  }
}

function serialised(result) {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch {
    throw runtimeError('Runtime.JSONStringifyError', 'Unable to stringify response body');
  }
}

async function importHandlerModule(path) {
  const found = [path, `${path}.js`, `${path}.cjs`].find((file) => existsSync(file));
  if (found !== undefined) return require(found);
  if (existsSync(`${path}.mjs`)) return import(pathToFileURL(`${path}.mjs`).href);
  return require(path); // fails as the runtime does, naming the module
}

async function loadHandler() {
  const setting = process.env._HANDLER;
  const match = /^([^.]*)\.(.*)$/.exec(basename(setting));
  if (match === null) throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
  let module;
  try {
    module = await importHandlerModule(join(process.env.LAMBDA_TASK_ROOT, dirname(setting), match[1]));
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError('Runtime.UserCodeSyntaxError', String(error), error);
    if (error?.code === 'MODULE_NOT_FOUND') {
      throw runtimeError('Runtime.ImportModuleError', `Error: ${error.message}`, error);
    }
    throw error;
  }
  const handler = match[2].split('.').reduce((value, name) => value?.[name], module);
  if (handler === undefined) {
    throw runtimeError('Runtime.HandlerNotFound', `${setting} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw runtimeError('Runtime.HandlerNotFound', `${setting} is not a function`);
  }
  return handler;
}

function contextOf({ requestId, deadlineMs, functionArn }) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: functionArn,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0),
  };
}

/** What nobody caught ends the process, as it does in the runtime; the error is reported first. */
async function endWith(error) {
  await send({ kind: 'crashed', error: describe(error) });
  process.exit(1);
}

process.on('unhandledRejection', (reason) =>
  endWith(runtimeError('Runtime.UnhandledPromiseRejection', String(reason), reason)),
);
process.on('uncaughtException', endWith);

async function main() {
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    await send({ kind: 'init-failed', error: describe(error) });
    return process.exit(1);
  }
  process.on('message', async (invocation) => {
    try {
      const result = await handler(JSON.parse(invocation.payload), contextOf(invocation));
      await send({ kind: 'success', response: serialised(result) });
    } catch (error) {
      await send({ kind: 'error', error: describe(error) });
    }
  });
  await send({ kind: 'ready' });
}

void main();
