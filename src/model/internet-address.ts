// An IPv4 or IPv6 address as a number, so that two spellings of one are found to be one, and an address is found to lie in a network.

interface InternetAddress {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

/** An address with the length of its network's prefix, as `ip addr` writes it. */
interface PrefixedAddress extends InternetAddress {
  /** As written, without the prefix. */
  readonly text: string;
  readonly prefix: number;
}

/** Null when the text is no address. IPv6 as of RFC 4291, without a zone. */
export function internetAddress(text: string): InternetAddress | null {
  const v4 = ipv4Bits(text);
  if (v4 !== null) return { family: 4, bits: v4 };
  const v6 = ipv6Bits(text);
  return v6 === null ? null : { family: 6, bits: v6 };
}

/** `10.9.0.100/24`; null when it is none, or has no prefix. */
export function prefixedAddress(text: string): PrefixedAddress | null {
  const found = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = internetAddress(found?.[1] ?? '');
  const prefix = Number(found?.[2] ?? -1);
  if (address === null || prefix < 1 || prefix > bitsOf(address)) return null;
  return { ...address, text: found?.[1] ?? '', prefix };
}

/** True when `address` lies in the network of `network`. */
export function liesIn(address: InternetAddress, network: PrefixedAddress): boolean {
  const shift = BigInt(bitsOf(network) - network.prefix);
  return address.family === network.family && address.bits >> shift === network.bits >> shift;
}

/** True for an address that one host can hold: not the network's own, a broadcast, multicast, loopback or unspecified one. */
export function canBeHeld(address: PrefixedAddress): boolean {
  const { family, bits, prefix } = address;
  if (bits === 0n) return false;
  if (family === 6)
    return bits !== 1n && bits >> 120n !== 0xffn && (prefix >= 127 || (bits & hostBits(128 - prefix)) !== 0n);
  const first = bits >> 24n;
  if (first === 0n || first === 127n || first >= 224n) return false;
  if (prefix >= 31) return true;
  const hostMask = hostBits(32 - prefix);
  return (bits & hostMask) !== 0n && (bits & hostMask) !== hostMask;
}

/** An IPv6 address as systems themselves write it (RFC 5952), so that it can be compared with what they say; what is none stays as it is. */
export function canonicalAddress(text: string): string {
  const [address = '', ...zone] = text.split('%');
  if (internetAddress(address)?.family !== 6) return text;
  const written = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? address;
  return [written, ...zone].join('%');
}

/** True for an address of fe80::/10, which every network has of its own: only together with a device it says where. */
export function isLinkLocal(text: string): boolean {
  const address = internetAddress(text);
  return address?.family === 6 && address.bits >> 118n === 0x3fan;
}

function hostBits(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}

function bitsOf(address: InternetAddress): number {
  return address.family === 4 ? 32 : 128;
}

function ipv4Bits(text: string): bigint | null {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (found === null) return null;
  const parts = found.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function ipv6Bits(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return null;
  const [head, tail] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address. */
function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? ipv4Bits(part) : null;
    if (v4 !== null) groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}
