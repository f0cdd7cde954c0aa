/**
 * The text of a member's value, cut out of the JSON text of an object exactly as it stands there: key order, spacing,
 * escapes and digits are kept, which parsing and writing again would not. Null when the object has no such member; the
 * last of several wins, as in JSON.parse. The text must be valid JSON. Linear in its length.
 */
export function cutMember(objectText: string, name: string): string | null {
  let found: string | null = null;
  let at = afterSpace(objectText, afterSpace(objectText, 0) + 1);
  while (objectText[at] === '"') {
    const keyEnd = endOfString(objectText, at);
    const key: unknown = JSON.parse(objectText.slice(at, keyEnd));
    const start = afterSpace(objectText, afterSpace(objectText, keyEnd) + 1);
    const end = endOfValue(objectText, start);
    if (key === name) found = objectText.slice(start, end);
    at = afterSpace(objectText, end);
    if (objectText[at] === ',') at = afterSpace(objectText, at + 1);
  }
  return found;
}

/** The texts of an array's elements, exactly as they stand there. The text must be a valid JSON array. */
export function cutElements(arrayText: string): readonly string[] {
  const found: string[] = [];
  let at = afterSpace(arrayText, afterSpace(arrayText, 0) + 1);
  while (at < arrayText.length && arrayText[at] !== ']') {
    const end = endOfValue(arrayText, at);
    found.push(arrayText.slice(at, end));
    at = afterSpace(arrayText, end);
    if (arrayText[at] === ',') at = afterSpace(arrayText, at + 1);
  }
  return found;
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}

/** The position behind the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** The position behind the value that begins at `from`. Counts brackets instead of recursing: nesting may be deep. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{' || char === '[') {
      depth++;
      at++;
    } else if (char === '}' || char === ']') {
      if (depth === 0) return at; // the end of the object around a bare number or word
      depth--;
      at++;
    } else if (depth === 0 && (char === ',' || afterSpace(text, at) !== at)) return at;
    else at++;
    if (depth === 0 && (char === '"' || char === '}' || char === ']')) return at;
  }
  return at;
}
