import { createHash, createHmac } from 'node:crypto';

/** SHA-256 of the text's UTF-8 bytes, as lower-case hex. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** HMAC-SHA-256 of the text's UTF-8 bytes under the key, as lower-case hex. */
export function hmacHex(key: string, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

/** A number in [0, 1) that depends on the seed alone: the same event always gets the same jitter. */
export function fractionOf(seed: string): number {
  const bits = 48; // the most that readUIntBE takes; far more than a jitter needs
  return (
    createHash('sha256')
      .update(seed, 'utf8')
      .digest()
      .readUIntBE(0, bits / 8) /
    2 ** bits
  );
}
