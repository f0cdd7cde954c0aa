/**
 * The words of a text, in order: lower case, the apostrophe of a contraction dropped (other quotes part words, as in `u'lock'`), an underscore belonging to its word.
 * Linear in the length of the text.
 */
export function wordsOf(text: string): readonly string[] {
  return (
    text
      .toLowerCase()
      .replaceAll(/['’](?=(?:t|s|re|ve|ll|d|m)\b)/g, '')
      .match(/[a-z0-9_\u0080-\u2010\u2070-\uffff]+/g) ?? []
  );
}
