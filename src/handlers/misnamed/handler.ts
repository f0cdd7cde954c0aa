/**
 * A function whose configuration names another export than this one: it can never run, and every event of it dies. It is
 * the mistake that a scheduled function is most often deployed with.
 */
export function greet(): string {
  return 'nobody will ever hear this';
}
