import { classify } from '../src/recovery/classify.ts';
import type { ErrorEvidence } from '../src/recovery/dead-event.ts';
import { traceOf } from '../src/recovery/error-trace.ts';
import { fingerprint } from '../src/recovery/fingerprint.ts';

/**
 * Errors judged per second on one core, category and fingerprint, beside as many JSON.parse of the same texts; and the longest
 * that a hostile text of 64 KB takes, as a message and as a stack. `npm run bench:judge`; with `-- --json` one JSON object.
 */

const ROUNDS = 40_000;
const HOSTILE_BYTES = 64 * 1024;
const HOSTILE_RUNS = 3;

const ERRORS: readonly ErrorEvidence[] = [
  said('connect ECONNREFUSED 10.0.0.7:5432'),
  said('RequestId: 0a1b2c3d-0000-4000-8000-000000000001 Error: Task timed out after 3.00 seconds'),
  said("Cannot read properties of undefined (reading 'total')"),
  said('Validation failed: quantity must be a positive integer'),
  said('duplicate key value violates unique constraint "orders_pkey"'),
  said('User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: dynamodb:PutItem'),
  said('the stock book of the north warehouse does not balance on line 4711'),
  { code: '429', type: null, message: 'Rate Exceeded.' },
  {
    code: '200',
    type: 'com.fasterxml.jackson.core.JsonParseException',
    message: 'Unexpected character (125)',
  },
  {
    code: '200',
    type: 'botocore.exceptions.ClientError',
    message: 'An error occurred (ThrottlingException)',
  },
  traced({
    errorType: 'java.lang.RuntimeException',
    errorMessage: 'order 4711 was not booked',
    stackTrace: [
      'com.acme.Orders.book(Orders.java:41)',
      'com.acme.Handler.handleRequest(Handler.java:12)',
      'Caused by: java.net.ConnectException: Connection refused',
    ],
  }),
];

/** Texts made to be long to read: one word, all words, quotes, braces, digits, almost-matches. */
const HOSTILE: readonly string[] = [
  'a',
  'connection ',
  '"\\',
  '{[(<',
  '0123456789 ',
  'timed out after timed out ',
  'Caused by: java.lang.Exception: ',
  "='('",
  'é😀 ',
  'x=y=z=',
  'a: ',
  '\n',
  'a.B: nested exception is ',
  'Error: x\nDuring handling of the above exception\n',
  'at f (/var/task/f.js:1:1)\n',
  '  File "/opt/a.py", line 1, in f\n',
  ':1:1',
  '([{ at (',
].map((part) => part.repeat(Math.ceil(HOSTILE_BYTES / part.length)).slice(0, HOSTILE_BYTES));

function traced(response: { errorType: string; errorMessage: string; stackTrace: unknown }): ErrorEvidence {
  const { errorType: type, errorMessage: message } = response;
  return { code: '200', type, message, ...traceOf(response, type) };
}

function said(message: string): ErrorEvidence {
  return { code: '200', type: null, message };
}

function secondsOf(work: (error: ErrorEvidence, text: string) => unknown): number {
  const texts = ERRORS.map((error) => JSON.stringify(error));
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const at = round % ERRORS.length;
    const error = ERRORS[at];
    if (error !== undefined) work(error, texts[at] ?? '');
  }
  return (performance.now() - startedMs) / 1000;
}

function judgeWhole(error: ErrorEvidence): unknown {
  return [classify(error), fingerprint(error)];
}

function withStack(stackTrace: unknown): ErrorEvidence {
  return traced({ errorType: 'Error', errorMessage: 'boom', stackTrace });
}

/** The quicker of a few runs: what else the machine does is not the text's fault. */
function millisecondsOf(work: () => unknown): number {
  const runs = Array.from({ length: HOSTILE_RUNS }, () => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  });
  return Math.min(...runs);
}

secondsOf(judgeWhole); // what runs first is not yet compiled
const judgingSeconds = secondsOf(judgeWhole);
const parsingSeconds = secondsOf((_, text) => JSON.parse(text) as unknown);
const hostile = HOSTILE.flatMap((text) => [
  millisecondsOf(() => judgeWhole(said(text))),
  millisecondsOf(() => judgeWhole(withStack([text]))),
  millisecondsOf(() => judgeWhole(withStack(text.match(/.{1,64}/gsu)))),
]);
const figures = {
  judgedPerSecond: Math.round(ROUNDS / judgingSeconds),
  ratioToJsonParse: Number((judgingSeconds / parsingSeconds).toFixed(1)),
  worstHostileMs: Number(Math.max(...hostile).toFixed(2)),
};
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
else
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(20)}${value}\n`);
