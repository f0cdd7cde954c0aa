import { Agent, createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';

/** An answer as it goes over the wire. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
};

export type Call = {
  readonly service: string;
  /** The action, such as `ReceiveMessage`; for REST services `METHOD /path`. */
  readonly action: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly requestBody: Buffer;
};

/** Answers the calls of one service. */
export type Service = (call: Call) => Promise<Answer>;

export type AfterCall = (call: Call & { readonly status: number }) => Promise<void> | void;

/**
 * The one loopback port of the local AWS: finds the service by the credential scope of the signature, as every SDK call
 * carries it, and passes the call on.
 */
export class Front {
  readonly #services = new Map<string, Service>();
  readonly #afterCall: AfterCall;
  readonly #server: Server;

  constructor(afterCall: AfterCall) {
    this.#afterCall = afterCall;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  register(service: string, answers: Service): void {
    this.#services.set(service, answers);
  }

  /** Puts something around a service that is registered already. */
  extend(service: string, around: (inner: Service) => Service): void {
    const inner = this.#services.get(service);
    if (inner === undefined) throw new Error(`the local AWS has no ${service}`);
    this.#services.set(service, around(inner));
  }

  /** Listens on 127.0.0.1 only; gives the port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the local AWS got no port');
    return address.port;
  }

  /** Lets the process end while the front listens. */
  unref(): void {
    this.#server.unref();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const call = await readCall(request);
      const answer = await this.#answer(call);
      await this.#afterCall({ ...call, status: answer.status });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const answer = errorAnswer(500, 'InternalFailure', text);
      if (!response.headersSent) response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    }
  }

  #answer(call: Call): Promise<Answer> {
    const answers = this.#services.get(call.service);
    if (answers !== undefined) return answers(call);
    if (call.service === '') {
      return Promise.resolve(
        errorAnswer(
          403,
          'MissingAuthenticationToken',
          'the call is not signed: give the client any credentials',
        ),
      );
    }
    const known = [...this.#services.keys()].join(', ');
    const message = `the local AWS has no ${call.service} (${call.action}), only ${known}`;
    return Promise.resolve(
      isQuery(call) ? queryErrorAnswer(message) : errorAnswer(501, 'NotImplemented', message),
    );
  }
}

/** Whether the call speaks the older protocol, forms answered in XML, as STS and CloudFormation do. */
function isQuery({ headers }: Call): boolean {
  return String(headers['content-type']).startsWith('application/x-www-form-urlencoded');
}

function queryErrorAnswer(message: string): Answer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status: 501, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) };
}

/** An error as the JSON services answer it; some have more members than a message. */
export function errorAnswer(
  status: number,
  type: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
): Answer {
  return jsonAnswer(
    status,
    { __type: type, Type: 'User', message, Message: message, ...more },
    { 'x-amzn-errortype': type },
  );
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** A service that another server on loopback answers. The host is passed on: queue URLs are made from it. */
export function forwardTo(port: number): { readonly service: Service; readonly close: () => void } {
  const agent = new Agent({ keepAlive: true });
  const service: Service = ({ method, url, headers, requestBody }) =>
    new Promise((resolve, reject) => {
      const passedOn = Object.fromEntries(
        Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && name !== 'content-length'),
      );
      const upstream = httpRequest(
        {
          host: '127.0.0.1',
          port,
          method,
          path: url,
          agent,
          headers: { ...passedOn, 'content-length': requestBody.length },
        },
        (response) => {
          readBody(response).then(
            (body) => resolve({ status: response.statusCode ?? 500, headers: answerHeaders(response), body }),
            reject,
          );
        },
      );
      upstream.on('error', reject);
      upstream.end(requestBody);
    });
  return { service, close: () => agent.destroy() };
}

/**
 * Queue URLs on the front itself: the SQS stand-in names a host that does not resolve. Every client then speaks to one
 * address, and the AWS command line can use the URL as it is.
 */
export function withQueueUrls(service: Service, endpoint: string): Service {
  return async (call) => {
    const answer = await service(call);
    if (!QUEUE_URL_ACTIONS.has(call.action)) return answer;
    const text = answer.body.toString('utf8');
    const body = Buffer.from(
      text.replaceAll(/http:\/\/sqs\.[a-z0-9-]+\.localhost(?::\d+)?(?=\/)/g, endpoint),
    );
    return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
  };
}

const QUEUE_URL_ACTIONS = new Set(['CreateQueue', 'GetQueueUrl', 'ListQueues', 'ListDeadLetterSourceQueues']);

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect']);

function answerHeaders(response: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value;
  }
  return headers;
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const { method = 'GET', url = '/', headers } = request;
  const scope = /Credential=[^/,]+\/\d{8}\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '');
  const target = headers['x-amz-target'];
  const action = typeof target === 'string' ? (target.split('.').at(-1) ?? target) : `${method} ${url}`;
  return {
    service: scope?.[1] ?? '',
    action,
    method,
    url,
    headers,
    requestBody: await readBody(request),
  };
}

async function readBody(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
