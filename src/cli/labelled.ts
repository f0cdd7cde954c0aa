/** A line of a listing: its label in a column of that width, and the text behind it. */
export function labelled(label: string, text: string, width: number): string {
  return `   ${label.padEnd(width)}${text}`;
}
