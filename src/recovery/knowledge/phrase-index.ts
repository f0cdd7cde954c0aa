import { wordsOf } from './words.ts';

/** Stands for exactly one word of the text, whatever it is. */
const ANY_WORD = '*';

/** Stands for the few words that name a thing: none, or an id of several parts with what introduces it. */
const ANY_FEW_WORDS = '**';

/** `with id` and the five parts of a UUID. */
const MOST_FEW_WORDS = 7;

const WILDCARDS: ReadonlySet<string> = new Set([ANY_WORD, ANY_FEW_WORDS]);

/** A part of a phrase that is one word as it stands, as most are. */
const ONE_WORD = /^[a-z0-9_]+$/i;

/** Most nodes are a phrase's end: no map is made where there is nothing to look up. */
type Node = {
  readonly found: number[];
  next: Map<string, Node> | null;
  any: Node | null;
  few: Node | null;
};

/** Before the first phrase of all. */
const NONE = -1;

/**
 * Many phrases looked for in one pass: trees of words, so that knowing more does not cost time. The work at each word of
 * a text is bounded by the trees, whatever the text; so it grows with the text's length and no faster. The tree of the
 * phrases with one first word is built when a text first has it: few are ever needed, and a cold start waits for none.
 */
export class PhraseIndex {
  readonly #phrases: string[] = [];
  readonly #ids: number[] = [];
  /** By a phrase's position, that of the one before it with the same first word. */
  readonly #earlier: number[] = [];
  /** By first word, the position of the last phrase that has it and is in no tree yet. */
  readonly #latest = new Map<string, number>();
  readonly #trees = new Map<string, Node>();

  /** Adds a phrase under an id; `*` in it stands for one word, `**` for up to seven. Throws on a phrase that does not begin with a word. */
  add(phrase: string, id: number): void {
    const word = firstWord(phrase);
    if (word === undefined || WILDCARDS.has(word)) {
      throw new Error(`A phrase begins with a word of its own: ${JSON.stringify(phrase)}`);
    }
    this.#ids.push(id);
    this.#earlier.push(this.#latest.get(word) ?? NONE);
    this.#latest.set(word, this.#phrases.push(phrase) - 1);
  }

  /** The ids of the phrases that the words of a text contain. */
  findIn(words: readonly string[]): ReadonlySet<number> {
    const found = new Set<number>();
    for (let start = 0; start < words.length; start++) {
      const tree = this.#treeOf(words[start] ?? '');
      if (tree !== undefined) collect(tree, words, start + 1, found);
    }
    return found;
  }

  #treeOf(word: string): Node | undefined {
    const tree = this.#trees.get(word);
    const latest = this.#latest.get(word);
    if (latest === undefined) return tree;
    const grown = tree ?? newNode();
    for (let at = latest; at !== NONE; at = this.#earlier[at] ?? NONE) {
      const end = phraseWords(this.#phrases[at] ?? '')
        .slice(1)
        .reduce(nextOf, grown);
      end.found.push(this.#ids[at] ?? NONE);
    }
    this.#latest.delete(word);
    this.#trees.set(word, grown);
    return grown;
  }
}

function nextOf(node: Node, word: string): Node {
  if (word === ANY_WORD) return (node.any ??= newNode());
  if (word === ANY_FEW_WORDS) return (node.few ??= newNode());
  node.next ??= new Map();
  let next = node.next.get(word);
  if (next === undefined) node.next.set(word, (next = newNode()));
  return next;
}

/** Adds what ends at the node, and what goes on from it with the word at `at`. Recursion is no deeper than the longest phrase. */
function collect(node: Node, words: readonly string[], at: number, found: Set<number>): void {
  for (const id of node.found) found.add(id);
  if (node.few !== null) {
    for (let skipped = 0; skipped <= MOST_FEW_WORDS; skipped++) collect(node.few, words, at + skipped, found);
  }
  const word = words[at];
  if (word === undefined) return;
  const next = node.next?.get(word);
  if (next !== undefined) collect(next, words, at + 1, found);
  if (node.any !== null) collect(node.any, words, at + 1, found);
}

/** The first of a phrase's words, the rest of which is not yet asked. */
function firstWord(phrase: string): string | undefined {
  const space = phrase.indexOf(' ');
  const part = space === -1 ? phrase : phrase.slice(0, space);
  return ONE_WORD.test(part) ? part.toLowerCase() : phraseWords(phrase)[0];
}

function phraseWords(phrase: string): readonly string[] {
  if (!phrase.includes(ANY_WORD)) return wordsOf(phrase);
  return phrase.split(' ').flatMap((part) => (WILDCARDS.has(part) ? [part] : wordsOf(part)));
}

function newNode(): Node {
  return { found: [], next: null, any: null, few: null };
}
