import { cutElements } from '../recovery/cut-member.ts';
import { FORMS, type ErrorEvidence, type Form } from '../recovery/dead-event.ts';
import { traceOf } from '../recovery/error-trace.ts';
import type { Case } from '../recovery/explain.ts';
import { FACTS } from '../recovery/facts.ts';
import { isObject, ownProperty, ownString, parseJson } from '../recovery/json.ts';
import { bareLetter, parseLetter, type Letter } from '../recovery/letter.ts';

/** One thing that somebody wants explained. */
export type Item =
  | { readonly kind: 'letter'; readonly id: string | null; readonly letter: Letter }
  | { readonly kind: 'case'; readonly case: Case }
  | { readonly kind: 'unreadable'; readonly id: string | null };

/** What is wrong with an input, and where. */
export class InputProblem extends Error {
  override readonly name = 'InputProblem';
}

/**
 * Reads a text into its items, in their order: a Lambda event of SQS or SNS, a record of one, a bare record or body, a JSON
 * array of these, or JSON Lines of these and of cases. Throws an InputProblem that names the line when it is none of them.
 */
export function readInput(text: string, name: string): readonly Item[] {
  const whole = parseJson(text);
  if (whole !== undefined) return itemsOf(text.trim(), whole);
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parseJson(line);
    if (value === undefined) throw new InputProblem(`${name}:${index + 1} is not JSON: ${ADVICE}`);
    return itemsOf(line.trim(), value);
  });
}

const ADVICE = 'give an SQS or SNS event, a record, a body in JSON, or JSON Lines';

function itemsOf(text: string, value: unknown): readonly Item[] {
  if (Array.isArray(value)) {
    // The outermost list only: a list within it is somebody's body.
    return cutElements(text).flatMap((element) => itemsIn(element, parseJson(element)));
  }
  return itemsIn(text, value);
}

function itemsIn(text: string, value: unknown): readonly Item[] {
  const records = ownProperty(value, 'Records');
  if (Array.isArray(records) && isEvent(records)) return records.map(itemOfRecord);
  return [itemOf(text, value)];
}

/** Whether these are records of an SQS or SNS event, some perhaps broken, and not those of another service's event. */
function isEvent(records: readonly unknown[]): boolean {
  return (
    records.length > 0 &&
    (records.some((record) => parseLetter(record) !== null) ||
      records.every((record) => ownString(record, 'eventSource') === null || isOfQueue(record)))
  );
}

function isOfQueue(record: unknown): boolean {
  return ownString(record, 'eventSource') === 'aws:sqs';
}

function itemOfRecord(record: unknown): Item {
  const letter = parseLetter(record);
  return letter === null
    ? { kind: 'unreadable', id: ownString(record, 'messageId') }
    : { kind: 'letter', id: letter.messageId, letter };
}

function itemOf(text: string, value: unknown): Item {
  const known = caseIn(value);
  if (known !== null) return { kind: 'case', case: known };
  const letter = parseLetter(value);
  if (letter !== null) return { kind: 'letter', id: letter.messageId, letter };
  const id =
    ownString(ownProperty(value, 'requestContext'), 'requestId') ??
    (isObject(ownProperty(value, 'detail')) ? ownString(value, 'id') : null);
  return { kind: 'letter', id, letter: bareLetter(text) };
}

/** What a case may give besides. */
const GIVEN_FACTS = FACTS.filter((name) => name !== 'form' && name !== 'error');

/** A case has a form and an error; `destination` is an old name of a form. */
function caseIn(value: unknown): Case | null {
  const error = ownProperty(value, 'error');
  const form = formNamed(ownString(value, 'form'));
  if (form === null || !isObject(error)) return null;
  return {
    id: ownString(value, 'id'),
    form,
    error: errorIn(error),
    facts: Object.fromEntries(
      GIVEN_FACTS.filter((name) => isObject(value) && Object.hasOwn(value, name)).map((name) => [
        name,
        ownProperty(value, name),
      ]),
    ),
  };
}

function errorIn(error: unknown): ErrorEvidence {
  const type = ownString(error, 'type');
  const condition = ownString(error, 'condition');
  return {
    code: textOf(ownProperty(error, 'code')),
    type: type ?? condition,
    message: ownString(error, 'message'),
    ...(condition === null ? {} : { condition }),
    ...traceOf(error, type),
  };
}

function formNamed(name: string | null): Form | null {
  const wanted = name === 'destination' ? 'lambda-destination' : name;
  return FORMS.find((form) => form === wanted) ?? null;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}
