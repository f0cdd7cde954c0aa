import { wordsOf } from './words.ts';

/** Stands for exactly one word of the text, whatever it is. */
const ANY_WORD = '*';

/** Stands for the few words that name a thing: none, or an id of several parts with what introduces it. */
const ANY_FEW_WORDS = '**';

/** `with id` and the five parts of a UUID. */
const MOST_FEW_WORDS = 7;

const WILDCARDS: ReadonlySet<string> = new Set([ANY_WORD, ANY_FEW_WORDS]);

type Node = { readonly next: Map<string, Node>; readonly found: number[] };

/**
 * Many phrases looked for in one pass: a tree of words, so that knowing more does not cost time. The work at each word
 * of a text is bounded by the tree, whatever the text; so it grows with the text's length and no faster.
 */
export class PhraseIndex {
  readonly #root: Node = newNode();

  /** Adds a phrase under an id; `*` in it stands for one word, `**` for up to seven. Throws on a phrase that does not begin with a word. */
  add(phrase: string, id: number): void {
    const words = phraseWords(phrase);
    if (words[0] === undefined || WILDCARDS.has(words[0])) {
      throw new Error(`A phrase begins with a word of its own: ${JSON.stringify(phrase)}`);
    }
    let node = this.#root;
    for (const word of words) {
      const next = node.next.get(word) ?? newNode();
      node.next.set(word, next);
      node = next;
    }
    node.found.push(id);
  }

  /** The ids of the phrases that the text contains as whole words. */
  findIn(text: string): ReadonlySet<number> {
    const words = wordsOf(text);
    const found = new Set<number>();
    words.forEach((word, start) => {
      const next = this.#root.next.get(word);
      if (next !== undefined) collect(next, words, start + 1, found);
    });
    return found;
  }
}

/** Adds what ends at the node, and what goes on from it with the word at `at`. Recursion is no deeper than the longest phrase. */
function collect(node: Node, words: readonly string[], at: number, found: Set<number>): void {
  for (const id of node.found) found.add(id);
  const few = node.next.get(ANY_FEW_WORDS);
  if (few !== undefined) {
    for (let skipped = 0; skipped <= MOST_FEW_WORDS; skipped++) collect(few, words, at + skipped, found);
  }
  const word = words[at];
  if (word === undefined || node.next.size === 0) return;
  const next = node.next.get(word);
  if (next !== undefined) collect(next, words, at + 1, found);
  const any = node.next.get(ANY_WORD);
  if (any !== undefined) collect(any, words, at + 1, found);
}

function phraseWords(phrase: string): readonly string[] {
  if (!phrase.includes(ANY_WORD)) return wordsOf(phrase);
  return phrase.split(' ').flatMap((part) => (WILDCARDS.has(part) ? [part] : wordsOf(part)));
}

function newNode(): Node {
  return { next: new Map(), found: [] };
}
