import { ownString } from './json.ts';

/** Where in the code an error came from, as the stacks of the runtimes say it. */
export type Frame = {
  /** File and function, or what of these there is; no line and no column, which every deployment moves. */
  readonly place: string;
  /** Whether it is code of the runtime or of a package rather than of the application. */
  readonly isLibrary: boolean;
  /** Whether the stack's last frame is where the error arose, as in Python; elsewhere its first is. */
  readonly isLastFirst: boolean;
};

/** Frames are shorter; a longer line is a message or data. */
const LINE_CHARACTERS = 1_024;

/** Folders of runtimes, layers and packages. */
const LIBRARY_FOLDERS =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|gems|vendor)\/|\/pkg\/mod\/|^\/(?:opt|usr|var\/runtime|var\/lang)\/|^[<[]|^native$|aws-(?:lambda|sdk)-go/;

/** Python's packages lie beside the function's own code. These are the ones that most functions call the world through. */
const PYTHON_PACKAGES =
  /^\/var\/task\/(?:aiohttp|aws_lambda_powertools|aws_xray_sdk|boto3|botocore|httpcore|httpx|jsonschema|psycopg|psycopg2|pydantic|pymongo|pymysql|redis|requests|s3transfer|sqlalchemy|urllib3)\//;

/** The packages of Go's own library that a program panics in; its frames name them without a host. */
const GO_PACKAGES =
  /^(?:bufio|bytes|context|crypto|database|encoding|errors|fmt|io|log|math|net|os|reflect|regexp|runtime|sort|strconv|strings|sync|syscall|time)\//;

/** The class libraries, AWS's, and the frameworks and drivers of Java and .NET. */
const LIBRARY_CLASSES =
  /^(?:java|javax|jakarta|jdk|sun|com\.sun|com\.amazonaws|software\.amazon|lambdainternal|kotlin|kotlinx|scala|com\.fasterxml|com\.google|com\.mysql|com\.zaxxer|io\.micronaut|io\.netty|io\.quarkus|okhttp3|org\.apache|org\.hibernate|org\.postgresql|org\.springframework|reactor|System|Microsoft|Amazon|AWS|Npgsql|Newtonsoft|MySql|lambda_method\d*)\./;

/** The frame that a line of a stack shows, in any of the runtimes' ways of writing one; null where it shows none. Linear. */
export function frameIn(line: string): Frame | null {
  if (line.length > LINE_CHARACTERS) return null;
  const text = line.trim();
  return pythonFrame(text) ?? rubyFrame(text) ?? nodeFrame(text) ?? classFrame(text);
}

/** A frame as Go's runtime client records it: an object of `path`, `line` and `label`; null for anything else. */
export function goFrame(value: unknown): Frame | null {
  const path = ownString(value, 'path');
  const label = ownString(value, 'label');
  if (path === null || label === null) return null;
  return {
    place: `${path} ${label}`.slice(0, LINE_CHARACTERS),
    isLibrary: LIBRARY_FOLDERS.test(path) || GO_PACKAGES.test(path),
    isLastFirst: false,
  };
}

/** Where the application's own code was when the error arose; null where no frame is its own. */
export function applicationPlace(frames: readonly Frame[]): string | null {
  // Between Python's frames stands the source, some of which looks like another runtime's frame.
  const last = frames.filter(({ isLastFirst }) => isLastFirst).toReversed();
  return (last.length === 0 ? frames : last).find(({ isLibrary }) => !isLibrary)?.place ?? null;
}

/** `File "/var/task/app.py", line 3, in handler`. */
function pythonFrame(text: string): Frame | null {
  if (!text.startsWith('File "')) return null;
  const [, path = '', rest = ''] = text.split('"', 3);
  return {
    place: `${path} ${after(rest, ', in ')}`.trim(),
    isLibrary: LIBRARY_FOLDERS.test(path) || PYTHON_PACKAGES.test(path),
    isLastFirst: true,
  };
}

/** ``/var/task/function.rb:3:in `handler'``, since Ruby 3.4 `in 'Object#handler'`. */
function rubyFrame(text: string): Frame | null {
  const at = text.indexOf(':in ');
  if (at === -1) return null;
  const path = withoutPosition(text.slice(0, at));
  if (!path.endsWith('.rb') && !path.startsWith('<internal:')) return null;
  return {
    place: `${path} ${text.slice(at + 4)}`,
    isLibrary: LIBRARY_FOLDERS.test(path),
    isLastFirst: false,
  };
}

/** `at async fn [as alias] (/var/task/index.js:3:9)`, or the file alone; Node.js's own files have no path that begins at the root. */
function nodeFrame(text: string): Frame | null {
  const call = text.replace(/^at (?:async )?(?:new )?/, '');
  const open = call.endsWith(')') ? call.lastIndexOf(' (') : -1;
  const location = open === -1 ? call : call.slice(open + 2, -1);
  const path = withoutPosition(location).replace(/^file:\/\//, '');
  const isFile = path !== location && !/\s/.test(path);
  if (!isFile && (open === -1 || !/^(?:native|<anonymous>)$/.test(location))) return null;
  const name = open === -1 ? '' : (call.slice(0, open).split(' [', 1)[0] ?? '');
  return {
    place: `${path} ${name}`.trim(),
    isLibrary: LIBRARY_FOLDERS.test(path) || !/^(?:\/|[A-Za-z]:\\|webpack:)/.test(path),
    isLastFirst: false,
  };
}

/** `com.acme.Orders.handle(Orders.java:12)` of Java, `at Acme.Orders.Handle(SQSEvent e) in /src/Orders.cs:line 12` of .NET. */
function classFrame(text: string): Frame | null {
  const call = text.replace(/^at /, '');
  const open = call.indexOf('(');
  const name = call.slice(0, open).replace(/^(?:[\w.@]*\/)+/, '');
  if (open === -1 || !call.includes(')', open) || !/^[\w$]+\.[^\s(]+$/.test(name)) return null;
  return { place: name, isLibrary: LIBRARY_CLASSES.test(name), isLastFirst: false };
}

/** A file without the line and the column behind it. */
function withoutPosition(location: string): string {
  return location.replace(/(?::\d{1,9}){1,2}$/, '');
}

function after(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at === -1 ? '' : text.slice(at + mark.length);
}
