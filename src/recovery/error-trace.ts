import type { Cause, ErrorEvidence } from './dead-event.ts';
import { applicationPlace, frameIn, goFrame, type Frame } from './frames.ts';
import {
  ends,
  errorsInLines,
  errorsInMessage,
  HEADLINE_CHARACTERS,
  linesOf,
  MOST_CAUSES,
  type Headline,
} from './headlines.ts';
import { ownProperty, ownString, isObject } from './json.ts';

/**
 * What an error object of a Lambda runtime shows behind the error itself: the errors that it wraps, as `cause` objects (Java,
 * .NET) and in its stack, and where the application's code was. The stack is `stackTrace`, which Node.js calls `trace`: an
 * array of texts, or of Go's objects; anything else is none. `type`: the error's own class, which its stack only repeats.
 */
export function traceOf(error: unknown, type: string | null): Pick<ErrorEvidence, 'causes' | 'frame'> {
  const wrapped = wrappedBy(error);
  const lines = textLines(stackOf(error));
  const causes = [
    ...wrapped.flatMap(causesIn),
    ...behind(errorsInLines(lines), type).map(from('stack')),
    ...answerRead(lines, type),
  ].slice(-MOST_CAUSES);
  const [frame] = [error, ...wrapped].flatMap((one) => applicationPlace(framesOf(stackOf(one))) ?? []);
  return { ...(causes.length === 0 ? {} : { causes }), ...(frame === undefined ? {} : { frame }) };
}

/** The chain of `cause` objects, the innermost last; of several (`causes`, of an AggregateException) the first. */
function wrappedBy(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let next = causeOf(error); isObject(next); next = causeOf(next)) chain.push(next);
  return chain.slice(-MOST_CAUSES);
}

function causeOf(error: unknown): unknown {
  const causes = ownProperty(error, 'causes');
  return ownProperty(error, 'cause') ?? (Array.isArray(causes) ? causes[0] : undefined);
}

/** How Python and Node.js call a text that is not JSON. */
const NOT_JSON = /^(?:JSONDecodeError|SyntaxError)$/;

/** Frames in which a client reads another service's answer: Python's requests, httpx and aiohttp, Node.js's fetch and node-fetch. */
const ANSWER_READ =
  /(?:\/requests\/models|\/httpx\/_models|\/aiohttp\/client_reqrep)\.py", line \d+, in json$|parseJSONFromBytes|node_modules\/node-fetch\//;

/** What was not JSON is then no part of the event. Of the clients, requests has a class of its own for that. */
function answerRead(lines: readonly string[], type: string | null): readonly Cause[] {
  if (!NOT_JSON.test(type ?? '') || !lines.some((line) => ANSWER_READ.test(line.trimEnd()))) return [];
  return [{ from: 'stack', type: 'requests.exceptions.JSONDecodeError', message: null }];
}

function causesIn(error: unknown): readonly Cause[] {
  const type = ownString(error, 'errorType')?.slice(0, HEADLINE_CHARACTERS) ?? null;
  const message = ownString(error, 'errorMessage')?.slice(0, HEADLINE_CHARACTERS) ?? null;
  return [{ from: 'cause', type, message }, ...errorsInMessage(message ?? '').map(from('cause'))];
}

function from(part: Cause['from']): (headline: Headline) => Cause {
  return (headline) => ({ from: part, ...headline });
}

/** What a stack begins with is mostly the error itself. */
function behind(headlines: readonly Headline[], type: string | null): readonly Headline[] {
  return headlines[0]?.type === type ? headlines.slice(1) : headlines;
}

function stackOf(error: unknown): readonly unknown[] {
  const stack = ownProperty(error, 'stackTrace') ?? ownProperty(error, 'trace');
  return Array.isArray(stack) ? ends(stack) : [];
}

function textLines(stack: readonly unknown[]): readonly string[] {
  return linesOf(stack.filter((entry) => typeof entry === 'string').join('\n'));
}

function framesOf(stack: readonly unknown[]): readonly Frame[] {
  return [
    ...textLines(stack).flatMap((line) => frameIn(line) ?? []),
    ...stack.flatMap((entry) => goFrame(entry) ?? []),
  ];
}
