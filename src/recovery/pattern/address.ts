import type { Network } from './pattern.ts';

/** An IP address as a number; null when the text is none. */
export function parseAddress(text: string): { readonly version: 4 | 6; readonly value: bigint } | null {
  const value4 = parseIpv4(text);
  if (value4 !== null) return { version: 4, value: value4 };
  const value6 = parseIpv6(text);
  return value6 === null ? null : { version: 6, value: value6 };
}

/** An address range such as `10.0.0.0/24` or `2001:db8::/32`; null when the text is none. */
export function parseNetwork(text: string): Network | null {
  const [address = '', bitsText = '', ...rest] = text.split('/');
  const parsed = parseAddress(address);
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1;
  if (parsed === null || rest.length > 0 || bits < 0 || bits > lengthOf(parsed.version)) return null;
  const { version, value } = parsed;
  return { version, bits, first: String(masked(value, version, bits)) };
}

export function isInNetwork(text: string, { version, first, bits }: Network): boolean {
  const address = parseAddress(text);
  return (
    address !== null && address.version === version && String(masked(address.value, version, bits)) === first
  );
}

function lengthOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128;
}

function masked(value: bigint, version: 4 | 6, bits: number): bigint {
  const free = BigInt(lengthOf(version) - bits);
  return (value >> free) << free;
}

function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return null;
  }
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

const GROUPS = 8;

function parseIpv6(text: string): bigint | null {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0 || text.length > 45) return null;
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  if (before === null || after === null) return null;
  const missing = GROUPS - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  return all.reduce((value, group) => value * 65_536n + BigInt(group), 0n);
}

/** Groups of sixteen bits; the last may be written as an IPv4 address, which makes two. */
function groupsOf(text: string): readonly number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : null;
    if (ipv4 !== null) groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}
