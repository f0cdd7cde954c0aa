/** Errors as texts quote them: in messages that repeat what they wrap, and in stack traces. */

/** The line that introduces an error: its class, with a code in brackets where Node.js adds one, and its message. */
export type Headline = { readonly type: string; readonly message: string | null };

/** As much of an error's message as Lambda's dead letters keep. */
export const HEADLINE_CHARACTERS = 1_024;

/** Chains of errors are two to five long; the innermost tell, so these are the ones that are kept. */
export const MOST_CAUSES = 8;

/** The longest class names of the libraries, with their packages, have about 120 characters. */
const TYPE_CHARACTERS = 200;

/** The most that is read of a stack or a message: what Lambda's dead letters keep many times over, and still done in a few milliseconds. */
const READ_CHARACTERS = 64 * 1024;

/** Node.js writes 10 frames, Python and Java whole stacks: a cause stands near one end, and so does the application's code. */
const MOST_LINES = 200;

/** What Java, Node.js, Spring, .NET and Go's AWS SDK write before the error that was wrapped. */
const MARKERS = [
  'Caused by: ',
  'caused by: ',
  '[cause]: ',
  'nested exception is ',
  '---> (Inner Exception #0) ',
  '---> ',
] as const;
const MARKER = new RegExp(MARKERS.map((marker) => marker.replaceAll(/[[\]()]/g, '\\$&')).join('|'));

/** What Python writes between two errors, the earlier one first. */
const PYTHON_SENTENCE =
  /^(?:The above exception was the direct cause of the following|During handling of the above) exception/;

/** What Node.js prints in front of the errors that an AggregateError collected, one to a line. */
const COLLECTED = '[errors]: [';

/** A member of a printed error of Node.js that names what happened: `code: 'ETIMEDOUT'`. */
const CODE_MEMBER = /^\s+\[?code\]?: '([A-Z][A-Z0-9_]{2,60})'/;

/** What Python's ExceptionGroup puts in front of the lines of the errors it holds. */
const GROUPED = /^\s+\| {0,4}(?=\S)/;

/** One of these is in every text that quotes an error anywhere but at its beginning. */
const SIGNS = [...MARKERS, 'above exception'];

/** The lines of a text: no more than its ends where there are more than 200 of them, or more than 64 KB. */
export function linesOf(text: string): readonly string[] {
  return ends(
    text.length <= READ_CHARACTERS
      ? text.split('\n')
      : [...text.slice(0, READ_CHARACTERS / 2).split('\n'), ...text.slice(-READ_CHARACTERS / 2).split('\n')],
  );
}

/** A list's first and last hundred, where it has more than 200 members. */
export function ends<T>(list: readonly T[]): readonly T[] {
  return list.length <= MOST_LINES
    ? list
    : [...list.slice(0, MOST_LINES / 2), ...list.slice(-MOST_LINES / 2)];
}

/** The errors that a message names at its beginning or quotes as causes, the outermost first. Linear in the text. */
export function errorsInMessage(message: string): readonly Headline[] {
  if (SIGNS.some((sign) => message.includes(sign))) return errorsInLines(linesOf(message));
  return headlinesAt(message);
}

/**
 * The errors that the lines introduce, the outermost first: in each Python traceback, and in all other stacks, the first that
 * stands at a line's very beginning, and those that a marker announces or a group holds. Frames and quoted source are indented,
 * or no headlines.
 */
export function errorsInLines(lines: readonly string[]): readonly Headline[] {
  let outer: readonly Headline[] = [];
  let inner: readonly Headline[] = [];
  const marked: Headline[] = [];
  let isCollected = false;
  for (const line of lines) {
    if (PYTHON_SENTENCE.test(line)) {
      inner = [...outer, ...inner];
      outer = [];
      continue;
    }
    const [before = '', ...after] = announced(line);
    if (outer.length === 0) outer = headlinesAt(before);
    marked.push(...after.slice(-MOST_CAUSES).flatMap(announcedAt), ...heldBy(line));
    if (isCollected) marked.push(...headlinesAt(line.trimStart()));
    isCollected = line.includes(COLLECTED);
  }
  return [...outer, ...marked, ...inner].slice(-MOST_CAUSES);
}

/** What a line says of a group's errors, or of the code of the error that is printed. */
function heldBy(line: string): readonly Headline[] {
  const [, code] = CODE_MEMBER.exec(line) ?? [];
  if (code !== undefined) return [{ type: code, message: null }];
  return GROUPED.test(line) ? headlinesAt(line.replace(GROUPED, '')) : [];
}

/** The headlines behind a marker, where any one name before a colon is that of an error: `InvalidClientTokenId: …`. */
function announcedAt(text: string): readonly Headline[] {
  const found = headlinesAt(text);
  const colon = text.indexOf(': ');
  if (found.length > 0 || colon === -1 || colon > TYPE_CHARACTERS) return found;
  const type = text.slice(0, colon);
  const message = text.slice(colon + 2, HEADLINE_CHARACTERS).trim() || null;
  return /^[A-Z]\w+$/.test(type) ? [{ type, message }] : [];
}

/** What stands before the markers of a line and after each; in an indented line, which is a frame, a marker comes first. */
function announced(line: string): readonly string[] {
  if (!/^\s/.test(line)) return line.split(MARKER);
  const text = line.trimStart();
  return text.search(MARKER) === 0 ? text.split(MARKER) : [];
}

/** The headline at the beginning of the text, and those at the beginning of its message: a cause is often all that it says. */
function headlinesAt(text: string): readonly Headline[] {
  const found: Headline[] = [];
  let next: string | null = text.slice(0, HEADLINE_CHARACTERS);
  while (next !== null && found.length < MOST_CAUSES) {
    const headline = headlineAt(next);
    if (headline !== null) found.push(headline);
    next = headline?.message ?? null;
  }
  return found;
}

function headlineAt(text: string): Headline | null {
  const colon = text.indexOf(': ');
  const space = text.indexOf(' ');
  // Most texts are sentences: a class has no space, but for the one before its code.
  if (space !== -1 && space < colon && !'[('.includes(text[space + 1] ?? ' ')) return null;
  const type = colon === -1 ? text.trimEnd() : text.slice(0, colon);
  if (!isErrorClass(type)) return null;
  return { type, message: colon === -1 ? null : text.slice(colon + 2).trim() || null };
}

/**
 * `TypeError`, `Error [ERR_X]`, `System.Net.SocketException (110)`, `DiscordAPIError[10062]`, `java.net.ConnectException`,
 * `requests.exceptions.ConnectTimeout`, `Net::ReadTimeout`: no word of a sentence.
 */
function isErrorClass(text: string): boolean {
  if (text.length > TYPE_CHARACTERS) return false;
  const name = text.replace(/ ?(?:\[\w+\]|\(\w+\))$/, '');
  return (
    /^[A-Za-z_][\w.$:]*(?:Error|Exception|Fault|Failure|Rejection)$|^(?:Error|Exception)$/.test(name) ||
    /^[a-z]\w*(?:\.\w+)*[.$][A-Z]\w*$/.test(name) ||
    /^[A-Z]\w*(?:::[A-Z]\w*)+$/.test(name)
  );
}
