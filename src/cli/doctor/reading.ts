/** Something that AWS was asked: its answer, or why there is none. A check that lacks an answer is not made, and says so. */
export type Reading<T> = { readonly kind: 'read'; readonly value: T } | Unread;

export type Unread = {
  readonly kind: 'unread';
  /** As IAM names it, `lambda:GetAlias`: what somebody has to be granted. */
  readonly call: string;
  /**
   * `denied`: whoever asks may not. `not-modelled`: what answers at the endpoint does not have this call, as the local AWS.
   * `failed`: anything else that the call said. `not-asked`: this program has no way to ask.
   */
  readonly reason: 'denied' | 'not-modelled' | 'failed' | 'not-asked';
  readonly text: string;
};

export function read<T>(value: T): Reading<T> {
  return { kind: 'read', value };
}

export function notAsked(call: string, text: string): Unread {
  return { kind: 'unread', call, reason: 'not-asked', text };
}

/** The next question, which needs the answer of the one before. */
export async function thenAsk<T, U>(
  reading: Reading<T>,
  next: (value: T) => Promise<Reading<U>>,
): Promise<Reading<U>> {
  return reading.kind === 'read' ? next(reading.value) : reading;
}

export function mapReading<T, U>(reading: Reading<T>, change: (value: T) => U): Reading<U> {
  return reading.kind === 'read' ? read(change(reading.value)) : reading;
}
