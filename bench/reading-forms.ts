import { FORMS, type Form } from '../src/recovery/dead-event.ts';
import { readLetter } from '../src/recovery/forms/read-letter.ts';
import { parseJson } from '../src/recovery/json.ts';
import { parseLetter } from '../src/recovery/letter.ts';
import { seedRecords } from '../test/support/fuzz-forms.ts';
import { fuzzPolicy } from '../test/support/fuzz-policy.ts';

/**
 * What it takes to read a record, beside JSON.parse of the same body: for each form one of the project's own events, padded to
 * 1 KB and to 100 KB. No digest is made of it, as none is for an event that is only parked. `npm run bench:forms`; with
 * `-- --json` one JSON object.
 */

const SIZES = [1_000, 100_000] as const;
/** Per measurement, so that a clock's grain and a collection of garbage hardly count. */
const TARGET_MS = 60;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 5_000;

type Figure = {
  readonly form: Form;
  readonly bytes: number;
  readonly readMicros: number;
  readonly ratio: number;
};

/** One record per form: the first of the event files that is read as it. */
function recordsByForm(): ReadonlyMap<Form, Record<string, unknown>> {
  const found = new Map<Form, Record<string, unknown>>();
  for (const record of seedRecords()) {
    const letter = parseLetter(record);
    if (letter === null || letter.from !== 'queue') continue;
    const { form } = readLetter(letter, fuzzPolicy, 0);
    if (!found.has(form) && padded(letter.body, 2_000) !== null) found.set(form, record);
  }
  return found;
}

/** The body with one more member, of lines as an order has them, that fills it up; null when it is no object. The forms' own members stay at its beginning. */
function padded(body: string, bytes: number): string | null {
  const trimmed = body.trimEnd();
  if (!trimmed.startsWith('{') || trimmed === '{}' || parseJson(trimmed) === undefined) return null;
  const filler = linesOf(bytes - trimmed.length);
  return trimmed.startsWith('{"Type"') && trimmed.includes('"Notification"')
    ? trimmed.replace('"Message":', `"Filler":${filler},"Message":`)
    : `${trimmed.slice(0, -1)},"filler":${filler}}`;
}

/** Lines of an order, as many as fit: members and numbers as events have them, not one long text. */
function linesOf(bytes: number): string {
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += (lines.at(-1)?.length ?? 0) + 1) {
    lines.push(
      `{"line":${lines.length},"sku":"A-${1000 + lines.length}","quantity":2,"price":42.50,"gift":false}`,
    );
  }
  return `[${lines.join(',')}]`;
}

function microsOf(work: () => unknown): number {
  work();
  const times: number[] = [];
  let loops = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    for (let loop = 0; loop < loops; loop++) work();
    const tookMs = performance.now() - startedMs;
    times.push((tookMs * 1000) / loops);
    if (round === 0) loops = Math.max(1, Math.ceil((loops * TARGET_MS) / Math.max(tookMs, 0.001)));
  }
  return median(times.slice(1));
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

const figures: Figure[] = [];
const records = recordsByForm();
// What runs first is not yet compiled.
for (let round = 0; round < WARM_UP_ROUNDS; round++) {
  for (const record of records.values()) {
    const letter = parseLetter(record);
    if (letter !== null) readLetter(letter, fuzzPolicy, 0);
    JSON.parse(String(record['body']));
  }
}
for (const form of FORMS) {
  const record = records.get(form);
  if (record === undefined) continue;
  for (const bytes of SIZES) {
    const body = padded(String(record['body']), bytes) ?? String(record['body']);
    const sized = { ...record, body };
    const reading = (): unknown => {
      const letter = parseLetter(sized);
      return letter === null ? null : readLetter(letter, fuzzPolicy, 0);
    };
    const readMicros = microsOf(reading);
    figures.push({
      form,
      bytes,
      readMicros,
      ratio: readMicros / microsOf(() => JSON.parse(body) as unknown),
    });
  }
}
const ratios = figures.map(({ ratio }) => ratio);
const summary = {
  medianRatio: median(ratios),
  worstRatio: Math.max(...ratios),
  worstMicros: Math.max(...figures.map((one) => one.readMicros)),
};
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ figures, ...summary })}\n`);
else {
  process.stdout.write(
    `${'form'.padEnd(20)}${'body'.padStart(9)}${'read'.padStart(12)}${'x JSON.parse'.padStart(14)}\n`,
  );
  for (const { form, bytes, readMicros, ratio } of figures) {
    process.stdout.write(
      `${form.padEnd(20)}${`${bytes / 1000} KB`.padStart(9)}${`${readMicros.toFixed(1)} µs`.padStart(12)}${ratio.toFixed(2).padStart(14)}\n`,
    );
  }
  process.stdout.write(
    `median ratio ${summary.medianRatio.toFixed(2)}, worst ${summary.worstRatio.toFixed(2)}\n`,
  );
}
