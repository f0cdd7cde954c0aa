import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classify, evidenceFor } from '../../src/recovery/classify.ts';
import type { ErrorEvidence } from '../../src/recovery/dead-event.ts';
import { traceOf } from '../../src/recovery/error-trace.ts';

type Response = {
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly [part: string]: unknown;
};

/** The evidence of an error object as a runtime writes it. */
function died(response: Response): ErrorEvidence {
  const { errorType: type = null, errorMessage: message = null } = response;
  return { code: '200', type, message, ...traceOf(response, type) };
}

function framed(...stackTrace: readonly unknown[]): string | undefined {
  return traceOf({ stackTrace }, null).frame;
}

function judged(response: Response): readonly unknown[] {
  const error = died(response);
  const { category, rule } = classify(error);
  return [category, rule, evidenceFor(error, rule)];
}

describe('the application’s top frame', () => {
  test.each([
    [
      'Node.js',
      [
        'Error: x',
        '    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
        '    at Client.send (/var/task/node_modules/@smithy/client/index.js:7:1)',
        '    at async chargeCard (/var/task/src/charge.js:31:9)',
        '    at async exports.handler (/var/task/index.js:3:9)',
        '    at Runtime.handleOnce (/var/runtime/index.mjs:1173:29)',
      ],
      '/var/task/src/charge.js chargeCard',
    ],
    [
      'Node.js without a function, of a module',
      ['    at file:///var/task/index.mjs:3:11'],
      '/var/task/index.mjs',
    ],
    [
      'Node.js of old, whose own files have bare names',
      ['errnoException (dns.js:50:10)', 'Object.parse (native)', 'Cart.total (/var/task/cart.js:2:1)'],
      '/var/task/cart.js Cart.total',
    ],
    [
      'Node.js, of a constructor under another name',
      ['    at new Order [as Document] (webpack:///src/order.ts:9:5)'],
      'webpack:///src/order.ts Order',
    ],
    [
      'Python, where the last is the top',
      [
        '  File "/var/task/app.py", line 3, in handler\n    orders.book(event)\n',
        '  File "/var/task/shop/orders.py", line 40, in book\n    table.put_item(Item=item)\n',
        '  File "/var/task/botocore/client.py", line 569, in _api_call\n    return self._make_api_call(name)\n',
        '  File "/var/lang/lib/python3.13/socket.py", line 1, in connect\n    raise err\n',
        '  File "/opt/python/lib/python3.13/site-packages/layer.py", line 1, in f\n    g()\n',
      ],
      '/var/task/shop/orders.py book',
    ],
    [
      'Java',
      [
        'java.base/java.util.ArrayList.get(ArrayList.java:427)',
        'software.amazon.awssdk.core.Client.send(Client.java:9)',
        'org.springframework.web.Servlet.handle(Servlet.java:1)',
        'app//com.acme.Orders.book(Orders.java:41)',
        'com.acme.Handler.handleRequest(Handler.java:12)',
      ],
      'com.acme.Orders.book',
    ],
    [
      '.NET',
      [
        'at System.Net.Http.HttpClient.Send(HttpRequestMessage request)',
        'at Acme.Orders.Book(Order order, Int32 times) in /src/Orders.cs:line 41',
        'at lambda_method1(Closure , Stream , ILambdaContextInternal , Stream )',
        'at Amazon.Lambda.RuntimeSupport.HandlerWrapper.Run(InvocationRequest invocation)',
      ],
      'Acme.Orders.Book',
    ],
    [
      'Ruby',
      [
        "/var/lang/lib/ruby/3.4.0/net/http.rb:1603:in 'Net::HTTP#connect'",
        "/var/task/vendor/bundle/ruby/3.4.0/gems/faraday/lib/faraday.rb:2:in 'Faraday#get'",
        "/var/task/lambda_function.rb:3:in 'Object#handler'",
      ],
      "/var/task/lambda_function.rb 'Object#handler'",
    ],
    [
      'Go',
      [
        {
          path: 'github.com/aws/aws-lambda-go@v1.47.0/lambda/errors.go',
          line: 39,
          label: 'lambdaPanicResponse',
        },
        { path: 'runtime/panic.go', line: 770, label: 'gopanic' },
        { path: 'example.com/shop/orders.go', line: 41, label: 'book' },
        { path: 'example.com/shop/main.go', line: 9, label: 'main' },
      ],
      'example.com/shop/orders.go book',
    ],
  ])('is found in a stack of %s', (_runtime, stackTrace, place) => {
    expect(framed(...stackTrace)).toBe(place);
  });

  test('is found in `trace`, as Node.js calls it, and in the cause where the error itself has none', () => {
    const stack = ['at f (/var/task/f.js:1:1)'];
    expect(traceOf({ trace: stack }, null).frame).toBe('/var/task/f.js f');
    expect(traceOf({ stackTrace: ['at g (node:net:1:1)'], cause: { stackTrace: stack } }, null).frame).toBe(
      '/var/task/f.js f',
    );
  });

  test.each([
    ['libraries alone', ['java.lang.Thread.run(Thread.java:829)', '    at node:internal/main/run:28:49']],
    ['no frames', ['Error: boom', '', 'connect to 10.0.0.1:5432', 'x'.repeat(5000)]],
    [
      'frames of no runtime',
      [{ path: 7, label: 'f' }, { path: 'main.go' }, null, 4, ['a.b.c(D.java:1)'], 'a(b)'],
    ],
  ])('is not made up from %s', (_what, stackTrace) => {
    expect(traceOf({ stackTrace }, 'Error')).toEqual({});
  });
});

describe('a wrapped error', () => {
  test.each([
    [
      'a `cause` object of Java',
      {
        errorType: 'java.util.concurrent.CompletionException',
        errorMessage: 'order 4711 was not booked',
        cause: {
          errorType: 'com.acme.BookingException',
          errorMessage: 'no answer',
          cause: { errorType: 'java.net.ConnectException', errorMessage: 'Connection refused' },
        },
      },
      ['transient', 'connection-refused', ['cause']],
    ],
    [
      'the first of `causes` of .NET',
      {
        errorType: 'AggregateException',
        errorMessage: 'One or more errors occurred.',
        causes: [
          { errorType: 'NullReferenceException', errorMessage: 'x' },
          { errorType: 'TimeoutException' },
        ],
      },
      ['defect', 'wrong-use-of-a-value', ['cause']],
    ],
    [
      'a line “Caused by” of a stack',
      {
        errorType: 'java.lang.RuntimeException',
        errorMessage: 'booking failed',
        stackTrace: [
          'java.lang.RuntimeException: booking failed',
          '\tat com.acme.Orders.book(Orders.java:41)',
          'Caused by: com.acme.StoreException: store failed',
          '\tat com.acme.Store.put(Store.java:7)',
          'Caused by: java.lang.NullPointerException',
          '\t... 9 more',
        ],
      },
      ['defect', 'wrong-use-of-a-value', ['stack']],
    ],
    [
      'a line “[cause]” of Node.js',
      {
        errorType: 'Error',
        errorMessage: 'booking failed',
        trace: [
          'Error: booking failed',
          '    at book (/var/task/orders.js:3:9) {',
          '  [cause]: Error: connect ECONNREFUSED 10.0.0.7:5432',
          '      at TCPConnectWrap.afterConnect (node:net:1611:16)',
        ],
      },
      ['transient', 'connection-refused', ['stack']],
    ],
    [
      'the code that Node.js puts into the headline alone',
      { errorType: 'Error', errorMessage: 'x', trace: ['Error [ERR_MODULE_NOT_FOUND]: x'] },
      ['defect', 'module-missing', ['stack']],
    ],
    [
      'a Python error that was the direct cause',
      {
        errorType: 'RuntimeError',
        errorMessage: [
          'Traceback (most recent call last):',
          '  File "/var/task/app.py", line 3, in handler',
          '    raise KeyError(name)',
          "KeyError: 'total'",
          '',
          'The above exception was the direct cause of the following exception:',
          '',
          'Traceback (most recent call last):',
          'RuntimeError: booking failed',
        ].join('\n'),
      },
      ['defect', 'wrong-use-of-a-value', ['message']],
    ],
    [
      'a Python error during whose handling another occurred',
      {
        errorType: 'Exception',
        errorMessage:
          'ConnectionRefusedError: [Errno 111]\n\nDuring handling of the above exception, another exception occurred:\n\nException: booking failed',
      },
      ['transient', 'connection-refused', ['message']],
    ],
    [
      'the exception that is the whole message of its wrapper',
      {
        errorType: 'java.lang.RuntimeException',
        errorMessage: 'java.util.concurrent.ExecutionException: java.lang.ClassCastException: x',
      },
      ['defect', 'wrong-use-of-a-value', ['message']],
    ],
    [
      'an exception that Spring nests',
      {
        errorType: 'com.acme.BookingException',
        errorMessage: 'booking failed; nested exception is java.lang.IllegalStateException: closed',
      },
      ['defect', 'wrong-use-of-a-value', ['message']],
    ],
    [
      'what Go wraps, which alone is the whole message of the innermost',
      { errorType: 'wrapError', errorMessage: 'book order 4711: read rates: Unauthorized' },
      ['misconfigured', 'http-credentials-refused', ['message']],
    ],
    [
      'what a promise was rejected with',
      { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'ReferenceError: x' },
      ['defect', 'wrong-use-of-a-value', ['message']],
    ],
  ])('is judged by %s', (_what, response, expected) => {
    expect(judged(response)).toEqual(expected);
  });

  const refused = { errorType: 'java.net.ConnectException', errorMessage: 'Connection refused' };
  const missing = { errorType: 'java.lang.NullPointerException', errorMessage: 'x' };

  test('yields to its cause where its own class says nothing, though its message does', () => {
    expect(judged({ ...refused, errorType: 'java.lang.RuntimeException', cause: missing })).toEqual([
      'defect',
      'wrong-use-of-a-value',
      ['cause'],
    ]);
  });

  test('keeps its judgement where its own class says something more specific', () => {
    expect(judged({ ...refused, cause: missing })[1]).toBe('connection-refused');
    expect(judged({ ...missing, cause: refused })[1]).toBe('connection-refused');
  });

  test('keeps its judgement where nothing behind it says anything', () => {
    const cause = { errorType: 'com.acme.StrangeException', errorMessage: 'boom' };
    expect(judged({ errorType: 'Error', errorMessage: 'connect ECONNREFUSED', cause })).toEqual([
      'transient',
      'connection-refused',
      ['message'],
    ]);
  });

  test('is not taken for what Lambda says itself, which has no code', () => {
    const cause = { errorType: 'ZeroReservedConcurrency' };
    expect(judged({ errorType: 'Error', cause })[0]).toBe('unknown');
  });

  test('behind more errors than are kept is judged by the innermost', () => {
    let cause: unknown = refused;
    for (let depth = 0; depth < 50; depth++) cause = { errorType: 'java.lang.RuntimeException', cause };
    const error = died({ errorType: 'java.lang.RuntimeException', cause });
    expect(classify(error).rule).toBe('connection-refused');
    expect(error.causes).toHaveLength(8);
  });
});

describe('an error that the stack shows in the way of its runtime', () => {
  test.each([
    [
      '.NET’s inner exception, with its number',
      { errorType: 'AggregateException', errorMessage: 'One or more errors occurred.' },
      [
        'at System.Threading.Tasks.Task.Wait()',
        ' ---> System.Net.Sockets.SocketException (111): Connection refused',
      ],
      'connection-refused',
    ],
    [
      '.NET’s inner exceptions, counted',
      { errorType: 'AggregateException', errorMessage: 'x' },
      [' ---> (Inner Exception #0) System.IO.IOException: No space left on device'],
      'disk-full',
    ],
    [
      'the errors that Node.js collected',
      { errorType: 'AggregateError', errorMessage: '' },
      [
        'AggregateError: ',
        '  [errors]: [',
        '    Error: connect ECONNREFUSED ::1:5432',
        '        at f (node:net:1:1)',
      ],
      'connection-refused',
    ],
    [
      'the code of an error that Node.js printed',
      { errorType: 'AggregateError', errorMessage: '' },
      ['AggregateError', '    at internalConnectMultiple (node:net:1122:18) {', "  code: 'ECONNREFUSED',"],
      'connection-refused',
    ],
    [
      'a rejection that nobody handled',
      { errorType: 'Error', errorMessage: 'unhandledRejection' },
      ['Runtime.UnhandledPromiseRejection: TypeError: carts.open is not a function'],
      'wrong-use-of-a-value',
    ],
    [
      'Python’s group of exceptions',
      { errorType: 'ExceptionGroup', errorMessage: 'unhandled errors in a TaskGroup (1 sub-exception)' },
      [
        '  + Exception Group Traceback (most recent call last):',
        '  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)',
        '    | ZeroDivisionError: division by zero',
      ],
      'wrong-use-of-a-value',
    ],
    [
      'a cause whose class does not call itself an error',
      { errorType: 'Error', errorMessage: 'could not read the order' },
      ['Error: could not read the order', '  [cause]: NoSuchKey: The object is gone.'],
      'aws-object-missing',
    ],
    [
      'the cause that Go’s AWS SDK writes',
      { errorType: 'RequestError', errorMessage: 'send request failed' },
      ['caused by: ConnectError: connect ECONNREFUSED 10.0.0.7:443'],
      'connection-refused',
    ],
  ])('is judged: %s', (_way, error, stackTrace, rule) => {
    expect(classify(died({ ...error, stackTrace })).rule).toBe(rule);
  });

  test('is no part of the event where a client reads another service’s answer as JSON', () => {
    const errorMessage = 'Expecting value: line 1 column 1 (char 0)';
    const frame =
      '  File "/var/task/requests/models.py", line 978, in json\n    raise RequestsJSONDecodeError(e)\n';
    const handler = '  File "/var/task/app.py", line 9, in json\n    return json.loads(body)\n';
    const rule = (errorType: string, ...stackTrace: readonly string[]): string =>
      classify(died({ errorType, errorMessage, stackTrace })).rule;
    expect(rule('JSONDecodeError', frame)).toBe('page-instead-of-json');
    expect(rule('JSONDecodeError', handler)).toBe('json-not-parsable');
    expect(rule('ValueError', frame)).toBe('json-not-parsable');
  });

  test.each([
    ['a word before a colon that no marker announces', ['Error: boom', 'NoSuchKey: gone']],
    ['a sentence behind a marker', ['Error: boom', 'Caused by: the order NoSuchKey: gone']],
    ['a small name behind a marker', ['Error: boom', '[cause]: order: NoSuchBucket']],
    ['a code in a message', ['Error: boom', "code: 'ECONNREFUSED'"]],
    ['a collected error after a frame', ['Error: boom', '  [errors]: [', '  x', '    Error: ECONNREFUSED']],
  ])('is not taken from %s', (_where, stackTrace) => {
    expect(classify(died({ errorType: 'Error', errorMessage: 'boom', stackTrace })).category).toBe('unknown');
  });
});

describe('a stray word', () => {
  test.each([
    ['a frame', ['at connectionRefused (/var/task/ThrottlingException.js:1:1)']],
    [
      'a quoted line of source',
      ['  File "/var/task/a.py", line 1, in f\n    raise KeyError: ThrottlingException\n'],
    ],
    ['a sentence', ['Rate exceeded: ThrottlingException', 'Order.State: ThrottlingException']],
    ['a later line of the message', ['Error: boom', 'ThrottlingException: Rate exceeded']],
    ['a marker in a frame', ['    at f (/var/task/Caused by: ThrottlingException: x)']],
    ['a marker before no error', ['Caused by: Rate exceeded', '[cause]: ECONNREFUSED']],
  ])('in %s of a stack tells nothing', (_where, stackTrace) => {
    expect(judged({ errorType: 'Error', errorMessage: 'boom', stackTrace })).toEqual([
      'unknown',
      'nothing-known',
      [],
    ]);
  });
});

describe('Lambda’s condition', () => {
  const condition = 'RecursiveInvocation';

  test('is named as the evidence, although it stands in for the type', () => {
    const error = { code: null, type: condition, message: null, condition };
    const { rule } = classify(error);
    expect([rule, evidenceFor(error, rule)]).toEqual(['lambda-recursion-stopped', ['condition']]);
  });

  test('tells where nothing else does, and yields to whatever does', () => {
    expect(classify({ code: '400', type: 'Odd', message: null, condition }).rule).toBe(
      'lambda-recursion-stopped',
    );
    expect(classify({ code: '400', type: 'KeyError', message: null, condition }).category).toBe('defect');
  });
});

describe('any error object', () => {
  const anything = fc.anything({ withNullPrototype: true, withSparseArray: true });
  const line = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'Caused by: a.B: c',
      'at f (/var/task/f.js:1:1)',
      '  File "/var/task/a.py", line 1, in f',
    ),
  );
  const stackTrace = fc.oneof(anything, fc.array(fc.oneof(line, anything), { maxLength: 400 }));

  test('is read without a throw, alike each time, within its bounds', () => {
    fc.assert(
      fc.property(stackTrace, anything, fc.string(), (stack, cause, type) => {
        const response = { stackTrace: stack, cause };
        const trace = traceOf(response, type);
        expect(traceOf(response, type)).toEqual(trace);
        expect(trace.causes?.length ?? 0).toBeLessThanOrEqual(8);
        for (const one of trace.causes ?? []) {
          expect(`${one.type ?? ''}${one.message ?? ''}`.length).toBeLessThanOrEqual(2_048);
        }
        expect(trace.frame?.length ?? 0).toBeLessThanOrEqual(1_024);
      }),
    );
  });

  test('has no more of its stack read than a hundred frames at each end', () => {
    const filler = Array.from({ length: 100 }, () => 'java.lang.Thread.run(Thread.java:1)');
    const hidden = 'com.acme.Orders.book(Orders.java:1)';
    expect(framed(...filler, hidden, ...filler)).toBeUndefined();
    expect(framed(...filler, ...filler.slice(1), hidden)).toBe('com.acme.Orders.book');
    expect(framed(hidden, ...filler, ...filler)).toBe('com.acme.Orders.book');
  });
});
