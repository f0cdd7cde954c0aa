/** An error's name, which is safe in logs; its message may quote a payload. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'NonErrorThrown';
}
