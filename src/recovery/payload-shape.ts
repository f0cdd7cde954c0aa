import { sha256Hex } from './digest.ts';
import type { Fingerprint } from './fingerprint.ts';
import { isObject } from './json.ts';
import { parseObject } from './letter.ts';

/** Names of members that count: more are no shape but somebody's map. */
const MOST_NAMES = 50;
const HASH_LETTERS = 16;

/** The shape of a payload: the names of its members and of theirs, sorted; no value. `text` shows none of them. */
export function shapePrint(payload: string): Fingerprint {
  const value = parseObject(payload);
  const names = value === null ? [] : namesOf(value).slice(0, MOST_NAMES).toSorted();
  return {
    hash: sha256Hex(value === null ? 'no object' : names.join(' ')).slice(0, HASH_LETTERS),
    text: 'no error text: SQS moved it after too many receives',
  };
}

function namesOf(value: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(value)
    .slice(0, MOST_NAMES)
    .flatMap(([name, member]) =>
      isObject(member)
        ? Object.keys(member)
            .slice(0, MOST_NAMES)
            .map((inner) => `${name}.${inner}`)
        : [name],
    );
}
