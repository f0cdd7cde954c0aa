import { isUtf8 } from 'node:buffer';
import { errorAnswer, type Answer, type Call, type Service } from '../front.ts';
import { parseJson } from '../json.ts';
import type { AsyncQueue } from './async-queue.ts';
import { LATEST, type Unpack } from './function-definition.ts';
import type { CalledFunction, HostedFunction } from './hosted-function.ts';
import type { LambdaService } from './lambda-service.ts';
import {
  aliasesOf,
  aliasOf,
  changeCode,
  changeConcurrency,
  changeConfiguration,
  concurrencyOf,
  configurationOf,
  invokeConfigOf,
  liftConcurrency,
} from './management-api.ts';

/** The most that an asynchronous event and a synchronous request may have. Source: Lambda quotas. */
const ASYNC_BYTES = 1024 * 1024;
const SYNC_BYTES = 6 * 1024 * 1024;

type Route = {
  readonly method: string;
  /** Its groups: the function, and what else the path names. */
  readonly path: RegExp;
  readonly answer: (called: CalledFunction, call: Call, part: string) => Promise<Answer> | Answer;
};

/** Lambda's REST API, as far as the product uses it. Every other call is refused by name. */
export function lambdaApi(lambda: LambdaService, queue: AsyncQueue, unpack: Unpack): Service {
  const routes: readonly Route[] = [
    {
      method: 'POST',
      path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
      answer: (called, call) => invoke(lambda, queue, called, call),
    },
    {
      method: 'GET',
      path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
      answer: configurationOf,
    },
    {
      method: 'PUT',
      path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
      answer: ofWholeFunction(changeConfiguration),
    },
    {
      method: 'PUT',
      path: /^\/2015-03-31\/functions\/([^/]+)\/code$/,
      answer: ofWholeFunction((hosted, call) => changeCode(hosted, call, unpack)),
    },
    {
      method: 'GET',
      path: /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/,
      answer: ofWholeFunction((hosted, _, name) => aliasOf(hosted, name)),
    },
    {
      method: 'GET',
      path: /^\/2015-03-31\/functions\/([^/]+)\/aliases$/,
      answer: ofWholeFunction(aliasesOf),
    },
    {
      method: 'GET',
      path: /^\/2019-09-30\/functions\/([^/]+)\/concurrency$/,
      answer: ofWholeFunction(concurrencyOf),
    },
    {
      method: 'PUT',
      path: /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/,
      answer: ofWholeFunction(changeConcurrency),
    },
    {
      method: 'DELETE',
      path: /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/,
      answer: ofWholeFunction(liftConcurrency),
    },
    {
      method: 'GET',
      path: /^\/2019-09-25\/functions\/([^/]+)\/event-invoke-config$/,
      answer: invokeConfigOf,
    },
  ];
  return async (call) => {
    const { pathname, searchParams } = new URL(call.url, 'http://127.0.0.1');
    for (const route of routes) {
      const match = route.method === call.method ? route.path.exec(pathname) : null;
      if (match === null) continue;
      const [, name = '', part = ''] = match;
      const wanted = parseFunctionName(decodeURIComponent(name), searchParams.get('Qualifier'));
      const called = lambda.find(wanted.name, wanted.qualifier);
      return called === null ? notFound(wanted) : route.answer(called, call, decodeURIComponent(part));
    }
    return errorAnswer(501, 'NotImplemented', `the local Lambda does not model ${call.method} ${pathname}`);
  };
}

/** A call that is about the function, not about one of its versions or aliases. */
function ofWholeFunction(
  answer: (hosted: HostedFunction, call: Call, part: string) => Promise<Answer> | Answer,
): Route['answer'] {
  return ({ hosted, qualifier }, call, part) =>
    qualifier === LATEST
      ? answer(hosted, call, part)
      : errorAnswer(400, 'InvalidParameterValueException', NOT_OF_VERSIONS);
}

const NOT_OF_VERSIONS =
  'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. ' +
  'Please specify either a function name or an unqualified function ARN.';

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
