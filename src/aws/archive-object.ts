import { crc32, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod/mini';

/** Events in one gzip member, at most: one event is read by fetching one member, not its batch. */
export const MEMBER_EVENTS = 20;
/** Bytes of JSON Lines in one member, at most, unless a single event is larger: bounds what one event's read costs. */
export const MEMBER_BYTES = 64 * 1024;

export type Member = { readonly offsetBytes: number; readonly lengthBytes: number };
export type PackedLine = Member & { readonly line: number };

type Line = { readonly text: string; readonly section: string };

/**
 * Packs JSON lines into one object of concatenated gzip members, which `zcat` and any gzip reader take as one stream.
 * Lines of different sections (groups) never share a member. Returns the object's bytes and each line's place, in order.
 */
export function packLines(lines: readonly Line[]): { body: Buffer; places: readonly PackedLine[] } {
  const members: Buffer[] = [];
  const places: PackedLine[] = [];
  let offsetBytes = 0;
  for (const chunk of chunksOf(lines)) {
    const member = gzipSync(chunk.map((line) => `${line.text}\n`).join(''));
    chunk.forEach((_, line) => places.push({ offsetBytes, lengthBytes: member.length, line }));
    members.push(member);
    offsetBytes += member.length;
  }
  return { body: Buffer.concat(members), places };
}

/** The lines of one member's bytes. Throws when the bytes are not gzip. */
export function unpackLines(member: Uint8Array): readonly string[] {
  return gunzipSync(member).toString('utf8').split('\n').slice(0, -1);
}

/** Of a member as `packLines` writes it: RFC 1952's fixed header, with no optional field, and its trailer of check sum and size. */
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const GZIP = Buffer.from([0x1f, 0x8b, 8, 0]);

/**
 * All lines of an object with the place of each, in their order: what `packLines` has made into one stream. Throws when the bytes are
 * anything else.
 */
export function unpackObject(
  body: Uint8Array,
): readonly { readonly place: PackedLine; readonly text: string }[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const lines: { place: PackedLine; text: string }[] = [];
  for (let offsetBytes = 0; offsetBytes < bytes.length;) {
    const { text, lengthBytes } = memberAt(bytes, offsetBytes);
    const ofMember = text.split('\n').slice(0, -1);
    for (const [line, one] of ofMember.entries())
      lines.push({ place: { offsetBytes, lengthBytes, line }, text: one });
    offsetBytes += lengthBytes;
  }
  return lines;
}

/** What zlib gives with `info`, of which Node's types say nothing. */
const inflated = z.object({
  buffer: z.instanceof(Buffer),
  engine: z.object({ bytesWritten: z.number() }),
});

/** The member that begins there. A gzip stream does not say how long its members are: that shows when one is unpacked. */
function memberAt(
  bytes: Buffer,
  offsetBytes: number,
): { readonly text: string; readonly lengthBytes: number } {
  const fromBytes = offsetBytes + HEADER_BYTES;
  if (!bytes.subarray(offsetBytes, offsetBytes + GZIP.length).equals(GZIP))
    throw new Error('it is no gzip member');
  const { buffer, engine } = inflated.parse(inflateRawSync(bytes.subarray(fromBytes), { info: true }));
  const trailer = fromBytes + engine.bytesWritten;
  if (trailer + TRAILER_BYTES > bytes.length || bytes.readUInt32LE(trailer) !== crc32(buffer))
    throw new Error('its check sum is wrong');
  return { text: buffer.toString('utf8'), lengthBytes: trailer + TRAILER_BYTES - offsetBytes };
}

function chunksOf(lines: readonly Line[]): Line[][] {
  const chunks: Line[][] = [];
  let open: Line[] = [];
  let openBytes = 0;
  for (const line of lines) {
    const bytes = Buffer.byteLength(line.text) + 1;
    const full = open.length >= MEMBER_EVENTS || openBytes + bytes > MEMBER_BYTES;
    if (open.length > 0 && (full || open[0]?.section !== line.section)) {
      chunks.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(line);
    openBytes += bytes;
  }
  if (open.length > 0) chunks.push(open);
  return chunks;
}
