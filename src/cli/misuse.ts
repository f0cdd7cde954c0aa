/** Wrong use: somebody has to do something else, and the text says what. The command ends with exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
