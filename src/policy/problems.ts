/** Something wrong with a policy file: where, what, and what to do. Line and column count from 1. */
export type Problem = { readonly line: number; readonly column: number; readonly message: string };

/** The problems as lines `FILE:LINE:COLUMN message`, in the order of the file. */
export function formatProblems(file: string, problems: readonly Problem[]): string {
  return problems.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`).join('\n');
}
