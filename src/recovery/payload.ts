import type { Payload } from './dead-event.ts';
import { sha256Hex } from './digest.ts';
import { isJsonText } from './json.ts';

/** The payload of a record whose body is the payload, byte for byte. Lambda takes JSON only, so other text is absent. */
export function payloadOf(body: string): Payload {
  if (!isJsonText(body)) return { kind: 'absent', reason: 'payload-not-json' };
  return { kind: 'present', text: body, sizeBytes: Buffer.byteLength(body, 'utf8'), sha256: sha256Hex(body) };
}
