import type { AbsentPayload, Elsewhere, Payload, PayloadAbsence, PresentPayload } from './dead-event.ts';
import { sha256Hex } from './digest.ts';
import { parseJson } from './json.ts';
import { credentialsIn, originOf } from './payload-origin.ts';

/** The payload of a record whose body is the payload, byte for byte. Lambda takes JSON only, so other text is absent. */
export function jsonPayload(text: string): Payload {
  const value = parseJson(text);
  return value === undefined ? absent('payload-not-json') : presentPayload(text, value);
}

/** The payload of a queue, which takes any text. */
export function textPayload(text: string): PresentPayload {
  return presentPayload(text, parseJson(text));
}

/** A payload whose text has been parsed already; `undefined` where it is no JSON. */
export function presentPayload(text: string, value: unknown): PresentPayload {
  return {
    kind: 'present',
    text,
    sizeBytes: Buffer.byteLength(text, 'utf8'),
    ...originOf(value),
    credentials: credentialsIn(value),
  };
}

export function absent(reason: PayloadAbsence, elsewhere: Elsewhere | null = null): AbsentPayload {
  return { kind: 'absent', reason, elsewhere };
}

const digests = new WeakMap<PresentPayload, string>();

/** SHA-256 of the payload's UTF-8 bytes, lower-case hex. Computed once, and only for those that somebody asks for. */
export function payloadSha256(payload: PresentPayload): string {
  const known = digests.get(payload);
  if (known !== undefined) return known;
  const digest = sha256Hex(payload.text);
  digests.set(payload, digest);
  return digest;
}
