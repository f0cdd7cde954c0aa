import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import type { Problem } from './problems.ts';

/** An entry of a YAML mapping: its key as text, the places of key and value. */
export type Entry = { readonly key: string; readonly keyNode: Node; readonly value: Node | null };

/** A YAML document that collects what is wrong with it, each problem with its line, instead of stopping at the first. */
export class YamlReader {
  readonly #lines = new LineCounter();
  readonly #document: Document;
  readonly #problems: Problem[] = [];
  /** By line, what is no YAML there: one problem is enough, and what else a broken line seems to say is guesswork. */
  readonly #broken = new Map<number, Problem>();

  constructor(text: string) {
    // Duplicate keys are reported here with our words; the library would report them as well.
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false });
    const lines = text.split('\n');
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      const place = this.#place(pos[0]);
      if (this.#broken.has(place.line)) continue;
      const words = `${summaryOf(message)}: ${adviceOn(lines[place.line - 1] ?? '')}`;
      this.#broken.set(place.line, { ...place, message: words });
    }
  }

  get root(): Node | null {
    return asNode(this.#document.contents);
  }

  /** All problems, in the order of the file. */
  get problems(): readonly Problem[] {
    const sound = this.#problems.filter(({ line }) => !this.#broken.has(line));
    return [...this.#broken.values(), ...sound].toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  problem(node: Node | null, message: string): void {
    this.#problems.push({ ...this.#place(node?.range?.[0] ?? 0), message });
  }

  /**
   * The entries of a mapping; a problem and none when the value is something else, reported at the key where there is no
   * value at all. Duplicates are reported, the first counts.
   */
  entries(value: Node | null, keyNode: Node | null, what: string): readonly Entry[] {
    if (!isMap(value)) {
      this.problem(value ?? keyNode, `${what} must be a mapping (key: value)`);
      return [];
    }
    return this.#unique(value, what);
  }

  /** A scalar's value: text, number or boolean; null for anything else. */
  scalar(node: Node | null): string | number | boolean | null {
    const value: unknown = isScalar(node) ? node.value : null;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  }

  /** A scalar as it is written, quotes aside: a name such as 0x10 or 1e3 is no number. Null for anything else. */
  text(node: Node | null): string | null {
    const value = this.scalar(node);
    if (value === null || !isScalar(node)) return null;
    return node.source ?? String(value);
  }

  /** What stands in a list, which may be empty; null when it is no list. */
  items(node: Node | null): readonly (Node | null)[] | null {
    return isSeq(node) ? node.items.map(asNode) : null;
  }

  /** The texts of a list; null when it is no list of texts, or empty. */
  texts(node: Node | null): readonly string[] | null {
    const texts = this.items(node)?.map((item) => this.text(item)) ?? [];
    return texts.length > 0 && texts.every((text) => text !== null) ? texts : null;
  }

  /** A value as plain JSON, as a program would write it; undefined, and a problem, where an alias in it stands for nothing. */
  plain(node: Node | null): unknown {
    const aliases = node === null ? [] : this.#aliasesOfNothing(node);
    for (const alias of aliases) {
      this.problem(
        alias,
        '* at the beginning is an alias in YAML, which stands for nothing here: put the text into quotes',
      );
    }
    if (aliases.length > 0) return undefined;
    const value: unknown = node?.toJS(this.#document);
    return value;
  }

  #aliasesOfNothing(node: Node): readonly Node[] {
    const found: Node[] = [];
    visit(node, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) === undefined) found.push(alias);
      },
    });
    return found;
  }

  /** The node that names and positions lead to, or the last one on the way that there is. */
  nodeAt(node: Node | null, path: readonly (string | number)[]): Node | null {
    let found = node;
    for (const step of path) {
      const inner: unknown = isMap(found) || isSeq(found) ? found.get(step, true) : undefined;
      if (!isNode(inner)) return found;
      found = inner;
    }
    return found;
  }

  #unique(map: YAMLMap, what: string): readonly Entry[] {
    const seen = new Map<string, Entry>();
    for (const pair of map.items) {
      const keyNode = asNode(pair.key);
      const key = this.text(keyNode);
      if (keyNode === null || key === null) {
        this.problem(keyNode ?? map, `a key of ${what} must be plain text: put it into quotes`);
        continue;
      }
      const entry = { key, keyNode, value: asNode(pair.value) };
      if (seen.has(entry.key)) this.problem(keyNode, `${entry.key} stands twice in ${what}: remove one`);
      else seen.set(entry.key, entry);
    }
    return [...seen.values()];
  }

  #place(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** The library's message without its excerpt of the file and without the place, which stands before every problem. */
function summaryOf(message: string): string {
  const [summary = 'this is not YAML'] = message.split('\n');
  return summary.replace(/ at line \d+, column \d+:?$/, '');
}

/** Within `{ … }` YAML takes the brace of a placeholder for a mapping of its own. */
function adviceOn(line: string): string {
  return /\{[a-z]+\}/.test(line) ? 'put names with a {placeholder} into quotes' : 'mend the YAML here';
}

function asNode(value: unknown): Node | null {
  return isNode(value) ? value : null;
}
