/** Each word in each sentence, in the place of `{}`: a family of phrases, each of them once. */
export function each(words: readonly string[], sentences: readonly string[]): readonly string[] {
  return sentences.flatMap((sentence) => words.map((word) => sentence.replace('{}', word)));
}
