import { isUtf8 } from 'node:buffer';
import { errorAnswer, jsonAnswer, type Answer, type Call, type Service } from '../front.ts';
import { parseJson } from '../json.ts';
import type { AsyncQueue } from './async-queue.ts';
import { LATEST } from './function-definition.ts';
import type { CalledFunction, LambdaService } from './lambda-service.ts';

/** The most that an asynchronous event and a synchronous request may have. Source: Lambda quotas. */
const ASYNC_BYTES = 1024 * 1024;
const SYNC_BYTES = 6 * 1024 * 1024;

type Route = {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (called: CalledFunction, call: Call) => Promise<Answer> | Answer;
};

/** Lambda's REST API, as far as the product uses it. Every other call is refused by name. */
export function lambdaApi(lambda: LambdaService, queue: AsyncQueue): Service {
  const routes: readonly Route[] = [
    {
      method: 'POST',
      path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
      answer: (called, call) => invoke(lambda, queue, called, call),
    },
    {
      method: 'GET',
      path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
      answer: (called) => jsonAnswer(200, configurationOf(called)),
    },
    {
      method: 'GET',
      path: /^\/2019-09-25\/functions\/([^/]+)\/event-invoke-config$/,
      answer: (called) => invokeConfigOf(called),
    },
  ];
  return async (call) => {
    const { pathname, searchParams } = new URL(call.url, 'http://127.0.0.1');
    for (const route of routes) {
      const name = route.method === call.method ? route.path.exec(pathname)?.[1] : undefined;
      if (name === undefined) continue;
      const wanted = parseFunctionName(decodeURIComponent(name), searchParams.get('Qualifier'));
      const called = lambda.find(wanted.name, wanted.qualifier);
      return called === null ? notFound(wanted) : route.answer(called, call);
    }
    return errorAnswer(501, 'NotImplemented', `the local Lambda does not model ${call.method} ${pathname}`);
  };
}

type WantedFunction = { readonly name: string; readonly qualifier: string | null };

/** A function's name, partial or full ARN, with the qualifier in it or beside it. $LATEST is no qualifier here. */
function parseFunctionName(text: string, beside: string | null): WantedFunction {
  const parts = text.split(':');
  const at = parts.indexOf('function');
  const [name = text, inside] = at === -1 ? parts : parts.slice(at + 1);
  const qualifier = beside ?? inside ?? null;
  return { name, qualifier: qualifier === '$LATEST' ? null : qualifier };
}

function notFound({ name, qualifier }: WantedFunction): Answer {
  const wanted = qualifier === null ? name : `${name}:${qualifier}`;
  return errorAnswer(404, 'ResourceNotFoundException', `Function not found: ${wanted}`);
}

async function invoke(
  lambda: LambdaService,
  queue: AsyncQueue,
  called: CalledFunction,
  call: Call,
): Promise<Answer> {
  const type = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'Event' && type !== 'RequestResponse') {
    return errorAnswer(
      501,
      'NotImplemented',
      `the local Lambda does not model the invocation type ${String(type)}`,
    );
  }
  const mostBytes = type === 'Event' ? ASYNC_BYTES : SYNC_BYTES;
  const { length } = call.requestBody;
  if (length > mostBytes) {
    const text = `${length} byte payload is too large for the ${type} invocation type (limit ${mostBytes} bytes)`;
    return errorAnswer(413, 'RequestTooLargeException', text);
  }
  const payload = length === 0 ? '{}' : call.requestBody.toString('utf8');
  if (!isUtf8(call.requestBody) || !parseJson(payload).ok) {
    return errorAnswer(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  }
  return type === 'Event' ? accepted(queue.accept(called, payload)) : runNow(lambda, called, payload);
}

function accepted(requestId: string): Answer {
  return { status: 202, headers: { 'x-amzn-requestid': requestId }, body: Buffer.alloc(0) };
}

async function runNow(lambda: LambdaService, called: CalledFunction, payload: string): Promise<Answer> {
  const result = await lambda.run(called, payload, { type: 'RequestResponse' });
  if (result.kind === 'throttled') {
    // Nothing but its own reserved concurrency limits a function here.
    const Reason = 'ReservedFunctionConcurrentInvocationLimitExceeded';
    return errorAnswer(429, 'TooManyRequestsException', 'Rate Exceeded.', { Reason });
  }
  const failed = result.kind === 'error';
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': result.requestId,
      'x-amz-executed-version': called.settings.version,
      ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
    },
    body: Buffer.from(failed ? JSON.stringify(result.error) : result.response),
  };
}

function configurationOf({ definition, qualifier, settings }: CalledFunction): Record<string, unknown> {
  return {
    FunctionName: definition.name,
    FunctionArn: qualifier === LATEST ? definition.arn : `${definition.arn}:${qualifier}`,
    Runtime: definition.runtime,
    Role: definition.role,
    Handler: definition.handler,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMegabytes,
    CodeSha256: definition.codeSha256,
    LastModified: definition.lastModified,
    Version: settings.version,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: definition.environment },
    ...(definition.deadLetterArn === null
      ? {}
      : { DeadLetterConfig: { TargetArn: definition.deadLetterArn } }),
  };
}

function destination(arn: string | null): Record<string, string> {
  return arn === null ? {} : { Destination: arn };
}

function invokeConfigOf({ definition, qualifier, settings }: CalledFunction): Answer {
  if (!settings.configured) {
    const text = `The function ${definition.arn}:${qualifier} doesn't have an EventInvokeConfig`;
    return errorAnswer(404, 'ResourceNotFoundException', text);
  }
  return jsonAnswer(200, {
    FunctionArn: `${definition.arn}:${qualifier}`,
    MaximumRetryAttempts: settings.retries,
    MaximumEventAgeInSeconds: settings.maxEventAgeSeconds,
    DestinationConfig: {
      OnFailure: destination(settings.onFailureArn),
      OnSuccess: destination(settings.onSuccessArn),
    },
  });
}
