import { hmacHex } from '../digest.ts';

/** What is seen of a target from outside, to tell when it has been changed. */
export type TargetLook =
  | {
      readonly kind: 'seen';
      /** All that a change of the target's code or configuration changes, and nothing that changes by itself. */
      readonly traits: Readonly<Record<string, unknown>>;
      /** When its code or configuration was changed last, epoch milliseconds; 0 where that is not known. */
      readonly changedAtMs: number;
      /** Why nothing may be handed to it: someone has set its concurrency to zero, or an update is not through. */
      readonly held: 'stopped' | 'updating' | null;
    }
  /** There is no such target. */
  | { readonly kind: 'missing' }
  /** It cannot be read: only time and people open its groups. */
  | { readonly kind: 'unseen' };

/**
 * Digest of what the target looks like, null where it cannot be seen. Keyed, since it covers environment variables and a
 * plain digest of those could be guessed. `salt`: random text, kept beside the digest.
 */
export function lookDigest(look: TargetLook, salt: string): string | null {
  return look.kind === 'seen' && look.held !== 'updating'
    ? `${salt}.${hmacHex(salt, canonical(look.traits))}`
    : null;
}

/** The salt of a digest. */
export function saltOf(digest: string): string {
  return digest.slice(0, digest.indexOf('.'));
}

/** JSON with sorted keys: AWS answers in no certain order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
