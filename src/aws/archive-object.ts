import { gunzipSync, gzipSync } from 'node:zlib';

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
