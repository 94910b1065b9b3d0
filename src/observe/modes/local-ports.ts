// Local ports that connections of this host have taken, from /proc/net/tcp (proc(5)). A local port is free for another destination (connect(2) takes
// one that is used elsewhere), so what counts are those to one destination. What a server closed first waits (TIME_WAIT) under the server's own port,
// of which there may be tens of thousands without harm.

import { canonicalAddress } from '../../model/internet-address.ts';
import type { Seen } from '../../model/mode.ts';
import type { Ground } from './ground.ts';

const scarceShare = 0.8;
const tables = ['proc/net/tcp', 'proc/net/tcp6'];
const listening = '0A';

/** What is to be said when connections to one destination use most of the range of local ports. */
export function localPortsSeen(ground: Ground): Seen[] {
  const range = ground.kernel('proc/sys/net/ipv4/ip_local_port_range') ?? '';
  const [from = Number.NaN, to = Number.NaN] = range.trim().split(/\s+/).map(Number);
  const all = to - from + 1;
  const scarce = scarceShare * all;
  // The kernel's own sums are read at each look, its tables, which may be long, only when these allow it.
  const [, inUse = 0, waiting = 0] =
    /^TCP: inuse (\d+) orphan \d+ tw (\d+)/m.exec(ground.kernel('proc/net/sockstat') ?? '')?.map(Number) ?? [];
  const [, inUse6 = 0] = /^TCP6: inuse (\d+)/m.exec(ground.kernel('proc/net/sockstat6') ?? '')?.map(Number) ?? [];
  if (!(inUse + inUse6 + waiting > scarce)) return [];
  return tables.flatMap((table) => {
    const most = mostToOne(ground, table, { from, to });
    if (most === null || most.count <= scarce) return [];
    return [
      {
        mode: 'connections-exhausted',
        subject: 'local ports',
        services: [],
        weight: 'ahead',
        text: `few local ports are left for new connections to ${most.destination}: ${most.count} of ${all} are in use or wait to be free`,
      } as const,
    ];
  });
}

/** The destination with most connections from local ports within the range, without holding more than one line of the table at a time. */
function mostToOne(
  ground: Ground,
  table: string,
  range: { readonly from: number; readonly to: number },
): { readonly destination: string; readonly count: number } | null {
  const byPort = new Uint32Array(65_536);
  for (const { port } of remotes(ground, table, range)) byPort[port] = (byPort[port] ?? 0) + 1;
  const busiest = byPort.indexOf(byPort.reduce((a, b) => Math.max(a, b), 0));
  const byAddress = new Map<string, number>();
  for (const { address, port } of remotes(ground, table, range))
    if (port === busiest) byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
  const [most] = [...byAddress].toSorted(([, a], [, b]) => b - a);
  return most === undefined ? null : { destination: destinationOf(most[0], busiest), count: most[1] };
}

function* remotes(
  ground: Ground,
  table: string,
  range: { readonly from: number; readonly to: number },
): Generator<{ readonly address: string; readonly port: number }> {
  for (const line of ground.lines(table)) {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/, 4);
    const port = portOf(local);
    if (state !== listening && port >= range.from && port <= range.to)
      yield { address: remote.split(':', 1)[0] ?? '', port: portOf(remote) };
  }
}

function portOf(end: string): number {
  return Number.parseInt(end.slice(end.indexOf(':') + 1), 16);
}

/** The kernel writes an address as 32-bit words in the machine's order of bytes, which is little-endian wherever Node runs but on s390x. */
function destinationOf(hex: string, port: number): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed());
  if (bytes.length === 4) return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${port}`;
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at] ?? ''}${bytes[2 * at + 1] ?? ''}`);
  return `[${canonicalAddress(groups.join(':'))}]:${port}`;
}
