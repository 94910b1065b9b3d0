// Finds who listens on a TCP port, so that "in use" can be said with a name.
// Does not cover: processes of other users when not root; the owner is then null although the port is in use.

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { oneLine } from './text.ts';

const listening = '0A';

/** The process that listens on the port (any address, IPv4 or 6), or null when there is none to be seen. */
export function ownerOfPort(port: number): { pid: number; command: string } | null {
  const sockets = new Set([...inodesListening('/proc/net/tcp', port), ...inodesListening('/proc/net/tcp6', port)]);
  if (sockets.size === 0) return null;
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const file of list(`/proc/${name}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${name}/fd/${file}`))?.[1];
      if (inode !== undefined && sockets.has(inode)) return { pid: Number(name), command: commandOf(name) };
    }
  }
  return null;
}

/** Lines are `sl local_address rem_address st … uid timeout inode`, addresses in hex. */
function inodesListening(table: string, port: number): string[] {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(hex) === true && fields[3] === listening)
    .map((fields) => fields[9] ?? '');
}

function commandOf(pid: string): string {
  const line = oneLine(read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
  return line === '' ? read(`/proc/${pid}/comm`).trim() : line;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
