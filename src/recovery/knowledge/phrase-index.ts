import { wordsOf } from './words.ts';

/** Stands for exactly one word of the text, whatever it is. */
const ANY_WORD = '*';

type Node = { readonly next: Map<string, Node>; readonly found: number[] };

/**
 * Many phrases looked for in one pass: a tree of words, so that knowing more does not cost time. The work at each word
 * of a text is bounded by the tree, whatever the text; so it grows with the text's length and no faster.
 */
export class PhraseIndex {
  readonly #root: Node = newNode();

  /** Adds a phrase under an id; `*` in it stands for one word. Throws on a phrase that does not begin with a word. */
  add(phrase: string, id: number): void {
    const words = phraseWords(phrase);
    if (words[0] === undefined || words[0] === ANY_WORD) {
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

  /** The ids of the phrases that the text contains as whole words, in no order, repeated where they repeat. */
  *findIn(text: string): Generator<number> {
    const words = wordsOf(text);
    for (const [start, word] of words.entries()) {
      if (this.#root.next.has(word)) yield* foundAt(this.#root, words, start);
    }
  }
}

/** Recursion is no deeper than the longest phrase. */
function* foundAt(node: Node, words: readonly string[], at: number): Generator<number> {
  const word = words[at];
  if (word === undefined) return;
  for (const next of [node.next.get(word), node.next.get(ANY_WORD)]) {
    if (next === undefined) continue;
    yield* next.found;
    yield* foundAt(next, words, at + 1);
  }
}

function phraseWords(phrase: string): readonly string[] {
  if (!phrase.includes(ANY_WORD)) return wordsOf(phrase);
  return phrase.split(' ').flatMap((part) => (part === ANY_WORD ? [ANY_WORD] : wordsOf(part)));
}

function newNode(): Node {
  return { next: new Map(), found: [] };
}
