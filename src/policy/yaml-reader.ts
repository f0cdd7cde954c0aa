import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
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

  constructor(text: string) {
    // Duplicate keys are reported here with our words; the library would report them as well.
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false });
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      const [summary = 'this is not YAML'] = message.split('\n');
      this.#report(pos[0], `${summary.replace(/ at line \d+, column \d+:?$/, '')}: mend the YAML here`);
    }
  }

  get root(): Node | null {
    return asNode(this.#document.contents);
  }

  /** All problems, in the order of the file. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  problem(node: Node | null, message: string): void {
    this.#report(node?.range?.[0] ?? 0, message);
  }

  /** The entries of a mapping; a problem and none when the node is something else. Duplicates are reported, the first counts. */
  entries(node: Node | null, what: string): readonly Entry[] {
    if (!isMap(node)) {
      this.problem(node, `${what} must be a mapping (key: value)`);
      return [];
    }
    return this.#unique(node, what);
  }

  /** A scalar's value: text, number or boolean; null for anything else. */
  scalar(node: Node | null): string | number | boolean | null {
    const value: unknown = isScalar(node) ? node.value : null;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  }

  #unique(map: YAMLMap, what: string): readonly Entry[] {
    const seen = new Map<string, Entry>();
    for (const pair of map.items) {
      const keyNode = asNode(pair.key);
      const key = this.scalar(keyNode);
      if (keyNode === null || key === null) {
        this.problem(keyNode ?? map, `a key of ${what} must be plain text`);
        continue;
      }
      const entry = { key: String(key), keyNode, value: asNode(pair.value) };
      if (seen.has(entry.key)) this.problem(keyNode, `${entry.key} stands twice in ${what}: remove one`);
      else seen.set(entry.key, entry);
    }
    return [...seen.values()];
  }

  #report(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ line: Math.max(line, 1), column: Math.max(col, 1), message });
  }
}

function asNode(value: unknown): Node | null {
  return isNode(value) ? value : null;
}
