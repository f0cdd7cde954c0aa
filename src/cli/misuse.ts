/** Wrong use: somebody has to do something else, and the text says what. The command ends with exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** The wrong use that names a file which cannot be read. */
export function cannotRead(path: string, error: unknown): Misuse {
  return new Misuse(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}
