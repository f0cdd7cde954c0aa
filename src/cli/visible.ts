/** Text of a sender's in one line: what a terminal would act upon is a space. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
}

/** Text of a sender's as it stands, but for what a terminal would act upon: lines and tabs stay. */
export function harmless(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, ' ');
}

/** The parts of an error that there are, in one line, as far as that many characters. */
export function visibleError(parts: readonly (string | null)[], mostCharacters: number): string {
  return parts
    .filter((part) => part !== null)
    .map((part) => visible(part))
    .join(' ')
    .slice(0, mostCharacters);
}
