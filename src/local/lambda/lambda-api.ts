import { errorAnswer, jsonAnswer, type Answer, type Call, type Service } from '../front.ts';
import { parseJson } from '../json.ts';
import type { AsyncQueue } from './async-queue.ts';
import type { FunctionDefinition } from './function-definition.ts';
import type { LambdaService } from './lambda-service.ts';

/** The most that an asynchronous event and a synchronous request may have. Source: Lambda quotas. */
const ASYNC_BYTES = 1024 * 1024;
const SYNC_BYTES = 6 * 1024 * 1024;

type Route = {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (definition: FunctionDefinition, call: Call) => Promise<Answer> | Answer;
};

/** Lambda's REST API, as far as the product uses it. Every other call is refused by name. */
export function lambdaApi(lambda: LambdaService, queue: AsyncQueue): Service {
  const routes: readonly Route[] = [
    {
      method: 'POST',
      path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
      answer: (definition, call) => invoke(lambda, queue, definition, call),
    },
    {
      method: 'GET',
      path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
      answer: (definition) => jsonAnswer(200, configurationOf(definition)),
    },
    {
      method: 'GET',
      path: /^\/2019-09-25\/functions\/([^/]+)\/event-invoke-config$/,
      answer: (definition) => invokeConfigOf(definition),
    },
  ];
  return async (call) => {
    const { pathname, searchParams } = new URL(call.url, 'http://127.0.0.1');
    for (const route of routes) {
      const name = route.method === call.method ? route.path.exec(pathname)?.[1] : undefined;
      if (name === undefined) continue;
      const wanted = parseFunctionName(decodeURIComponent(name), searchParams.get('Qualifier'));
      const definition = wanted.qualifier === null ? lambda.find(wanted.name) : null;
      return definition === null ? notFound(wanted) : route.answer(definition, call);
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
  definition: FunctionDefinition,
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
  if (!parseJson(payload).ok) {
    return errorAnswer(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  }
  return type === 'Event'
    ? accepted(queue.accept(definition.name, payload))
    : runNow(lambda, definition, payload);
}

function accepted(requestId: string): Answer {
  return { status: 202, headers: { 'x-amzn-requestid': requestId }, body: Buffer.alloc(0) };
}

async function runNow(
  lambda: LambdaService,
  definition: FunctionDefinition,
  payload: string,
): Promise<Answer> {
  const result = await lambda.run(definition.name, payload, { type: 'RequestResponse' });
  const failed = result.kind === 'error';
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': result.requestId,
      'x-amz-executed-version': '$LATEST',
      ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
    },
    body: Buffer.from(failed ? JSON.stringify(result.error) : result.response),
  };
}

function configurationOf(definition: FunctionDefinition): Record<string, unknown> {
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Runtime: definition.runtime,
    Role: definition.role,
    Handler: definition.handler,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMegabytes,
    CodeSha256: definition.codeSha256,
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: definition.environment },
    ...(definition.deadLetterArn === null
      ? {}
      : { DeadLetterConfig: { TargetArn: definition.deadLetterArn } }),
  };
}

function invokeConfigOf(definition: FunctionDefinition): Answer {
  if (!definition.invoke.configured) {
    const text = `The function ${definition.arn} doesn't have an EventInvokeConfig`;
    return errorAnswer(404, 'ResourceNotFoundException', text);
  }
  return jsonAnswer(200, {
    FunctionArn: `${definition.arn}:$LATEST`,
    MaximumRetryAttempts: definition.invoke.retries,
    MaximumEventAgeInSeconds: definition.invoke.maxEventAgeSeconds,
  });
}
