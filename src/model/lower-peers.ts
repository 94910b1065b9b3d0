// How the agents of different machines talk: the port, and certificates of the user's own.

import { resolve } from 'node:path';
import { missing, type Reading } from './reading.ts';
import type { DescriptionShape } from './shape.ts';
import type { Host, PeerChannel } from './system.ts';

/** Where agents listen when nothing is said. */
const usualPeerPort = 7440;

/** The peers' channel; two hosts of one address that were told to listen at one port are an error. */
export function lowerPeers(reading: Reading, shape: DescriptionShape, hosts: readonly Host[]): PeerChannel {
  const given = shape.peers ?? {};
  checkPeerPorts(reading, hosts);
  const { ca, cert, key } = given;
  const port = given.port ?? usualPeerPort;
  if (ca === undefined && cert === undefined && key === undefined) return { port, own: null };
  for (const [name, value] of Object.entries({ ca, cert, key }))
    if (value === undefined)
      missing(reading, ['peers'], name, 'Certificates of your own need all three: ca, cert and key.');
  const path = (text: string | undefined): string => (text === undefined ? '' : resolve(reading.folder, text));
  return { port, own: { ca: path(ca), cert: path(cert), key: path(key) } };
}

function checkPeerPorts(reading: Reading, hosts: readonly Host[]): void {
  const claimed = new Map<string, string>();
  for (const { name, address, peerPort } of hosts) {
    if (peerPort === null) continue;
    const place = `${address.toLowerCase()} ${peerPort}`;
    const other = claimed.get(place);
    if (other === undefined) claimed.set(place, name);
    else
      reading.findings.add(
        'SF-166',
        ['hosts', name, 'peerPort'],
        `port ${peerPort} for the peers of ${name} is that of ${other}, which has the same address`,
        'Give each host of one machine its own `peerPort`, or leave it out: a free one is then found.',
      );
  }
}
