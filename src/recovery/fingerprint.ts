import { createHash } from 'node:crypto';
import { RULES } from './classify.ts';
import type { ErrorEvidence } from './dead-event.ts';
import { PLAIN_WORDS } from './knowledge/plain-words.ts';
import { wordsOf } from './knowledge/words.ts';

/** `hash`: 16 hex digits, the same for the same cause. `text`: masked, at most 200 characters, safe to log and alert. */
export type Fingerprint = { readonly hash: string; readonly text: string };

/** What stands in the place of one or more words that may be somebody's data. */
const MASK = '*';

/** Causes stand at the beginning of an error text, and Lambda cuts a dead-letter message's to 1,024 bytes. */
const READ_CHARACTERS = 1_000;

const TEXT_CHARACTERS = 200;

/** The names that minifiers give have rarely more. */
const MINIFIED_CHARACTERS = 2;

/** Letters in a row from which on they are rather an id than a word. */
const ID_CHARACTERS = 20;

/** The longest error codes have about this many letters; what is longer is somebody's path or key. */
const LONGEST_HARMLESS_CHARACTERS = 50;

/** Every word that a logged text may show. Error texts quote payloads, so what is not known to be harmless is masked. */
const HARMLESS: ReadonlySet<string> = new Set([...PLAIN_WORDS, ...wordsOfRules()]);

/**
 * What identifies a cause. The text shows harmless words and class names only. The hash also tells other plain words
 * and identifiers apart, so that two unknown errors of one application are two causes, and where in its code an error
 * arose. Linear in the error's length.
 */
export function fingerprint(error: ErrorEvidence): Fingerprint {
  if (error.type === null && error.message === null) return withoutText(error.code);
  const tokens = tokensOf((error.message ?? '').slice(0, READ_CHARACTERS));
  const hashed = [typeForHash(error.type), ...masked(tokens, wordForHash), ...traceForHash(error)];
  return {
    hash: digest(hashed.join(' ')),
    text: cut([...typeForText(error), ...masked(tokens, wordForText)].join(' ')),
  };
}

function withoutText(code: string | null): Fingerprint {
  const text = code !== null && /^\d{3}$/.test(code) ? `code ${code}, no error text` : 'no error text';
  return { hash: digest(text), text };
}

/**
 * Quoted values (an unclosed quote runs to the end), `=(values)` and `=values` are masked whole; an apostrophe opens a
 * quote only where no word precedes it. Each alternative keeps what it has read, so the pattern is linear.
 */
const TOKEN = new RegExp(
  [
    /"[^"]*"?/,
    /`[^`]*`?/,
    /“[^”]*”?/,
    /„[^“”]*[“”]?/,
    /«[^»]*»?/,
    /(?<!\w)['‘][^'’]*['’]?/,
    /=\([^)]*\)?/,
    /=[^\s,;)\]}]*/,
    /[^\s"`“”„«»'‘’()[\]{}<>,;|=]+(?:['’]\p{L}+)?/u,
  ]
    .map((part) => part.source)
    .join('|'),
  'gu',
);

/** A part of a message without the punctuation around it. A value is quoted, or stands behind an equals sign. */
type Token = { readonly text: string; readonly kind: 'value' | 'harmless' | 'other' };

/** After these the rest of the text is the value itself, as validators show it. */
const INTRODUCES_INPUT = /\binput(?:_value|_type)? ?[:=]/i;

function tokensOf(message: string): readonly Token[] {
  const at = message.search(INTRODUCES_INPUT);
  const found = (at === -1 ? message : message.slice(0, at)).match(TOKEN) ?? [];
  return found.flatMap((token) => tokenOf(trimmed(token)) ?? []);
}

function tokenOf(text: string): Token | null {
  if (text === '') return null;
  if (isValue(text)) return { text, kind: 'value' };
  return { text, kind: isHarmless(text) ? 'harmless' : 'other' };
}

/** The tokens as words, neighbouring masks as one: how many values there were is not part of the cause. */
function masked(tokens: readonly Token[], wordFor: (token: Token) => string): readonly string[] {
  return tokens.map(wordFor).filter((word, at, words) => word !== MASK || words[at - 1] !== MASK);
}

function wordForText({ text, kind }: Token): string {
  return kind === 'harmless' ? text : MASK;
}

function wordForHash({ text, kind }: Token): string {
  if (kind === 'value') return MASK;
  if (kind === 'harmless' || isPlainWord(text)) return text.toLowerCase();
  const identifier = text.slice(text.lastIndexOf('.') + 1);
  return isIdentifier(identifier) ? identifier.toLowerCase() : MASK;
}

/** Quoted, or behind an equals sign. */
function isValue(token: string): boolean {
  return /^["'`“‘„«=]/.test(token);
}

/** A word, or several joined by punctuation, of which each is harmless. */
function isHarmless(token: string): boolean {
  if (token.length > LONGEST_HARMLESS_CHARACTERS || token.includes('@')) return false;
  const words = wordsOf(token);
  return words.length > 0 && words.every(isHarmlessWord);
}

function isHarmlessWord(word: string): boolean {
  return HARMLESS.has(word) || (word.includes('_') && word.split('_').every((part) => HARMLESS.has(part)));
}

/** Lower-case letters and nothing else: most likely a word of the program's own text. Capitals may be names. */
function isPlainWord(token: string): boolean {
  return token.length < ID_CHARACTERS && /^\p{L}+$/u.test(token) && token === token.toLowerCase();
}

/** A name from the code, such as `chargeCard` or `OrderRejectedError`. */
function isIdentifier(token: string): boolean {
  return token.length < 3 * ID_CHARACTERS && /^[A-Za-z][a-z]+(?:[A-Z][a-z]+)+$/.test(token);
}

/** Class names come from the code; what does not look like one may have been set from the event. */
function typeForText(error: ErrorEvidence): readonly string[] {
  if (error.type === null) return [];
  const names = error.type.slice(0, READ_CHARACTERS).match(/[A-Za-z_]+/g) ?? [];
  return [`${names.findLast((name) => isHarmless(name) || isClassName(name)) ?? MASK}:`];
}

function isClassName(name: string): boolean {
  return name.length < 3 * ID_CHARACTERS && /^[A-Z][A-Za-z]*(?:Error|Exception|Fault|Failure)$/.test(name);
}

function typeForHash(type: string | null): string {
  return `${(type ?? '').slice(0, READ_CHARACTERS).replaceAll(/\d+/g, MASK)}:`;
}

/** The class of the innermost cause, and the application's file and function. */
function traceForHash({ causes, frame }: ErrorEvidence): readonly string[] {
  const cause = causes?.at(-1);
  return [
    ...(cause === undefined ? [] : ['by', typeForHash(cause.type)]),
    ...(frame === undefined ? [] : ['at', ...placeForHash(frame)]),
  ];
}

/** The words of a place, without what a deployment changes: counters, a bundler's digests, and the names that a minifier gives. */
function placeForHash(place: string): readonly string[] {
  const words = place.slice(0, READ_CHARACTERS).match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => (word.length <= MINIFIED_CHARACTERS || /\p{N}/u.test(word) ? MASK : word));
}

/** Without the punctuation around it; empty where nothing else is left. A quote or a value stays, to be masked. */
function trimmed(token: string): string {
  return isValue(token) ? token : (token.match(/[\p{L}\p{N}](?:.*[\p{L}\p{N}])?/su)?.[0] ?? '');
}

/** At most 200 characters, cut between words, none of which is as long as that. */
function cut(text: string): string {
  return text.length <= TEXT_CHARACTERS ? text : text.slice(0, text.lastIndexOf(' ', TEXT_CHARACTERS));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Of each list of wordings every part is read once: the tables say the same few thousand words over and over. */
function wordsOfRules(): readonly string[] {
  const parts = new Set<string>();
  for (const { types = [], names = [], phrases = [] } of RULES) {
    for (const wordings of [types, names, phrases]) {
      for (const part of new Set(wordings.join(' ').split(' '))) parts.add(part);
    }
  }
  return wordsOf([...parts].join(' ')).filter((word) => !/^\d+$/.test(word));
}
