// Addresses of hosts as sockets take them.

import { networkInterfaces } from 'node:os';

/** Without the brackets of `[::1]`. */
export function bare(address: string): string {
  return address.replace(/^\[|\]$/g, '').toLowerCase();
}

/** The address to listen at: the host's own where this machine has it, else all (null): it may be a name, or translated on the way. */
export function ownAddress(address: string): string | null {
  const plain = bare(address);
  if (plain.startsWith('127.') || plain === '::1') return plain;
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return own.some((each) => each.address.toLowerCase() === plain) ? plain : null;
}
