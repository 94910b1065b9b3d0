// Queues of connections and segments sent again, from /proc/net: proc(5), and tcp_diag for the meaning of the queues of a listening socket.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { listeners, listensAt } from './listeners.ts';
import { localPortsSeen } from './local-ports.ts';
import type { WatchedName } from './watch.ts';

const everyMs = 5000;
const lossShare = 0.02;
const fewestSegments = 200;

/** Opens the detector. */
export function openSockets(ground: Ground): Detector {
  let segments: { readonly out: number; readonly again: number } | null = null;
  return {
    name: 'sockets',
    everyMs,
    async look(watch) {
      const now = tcpCounts(ground);
      const seen = [
        ...lossSeen(segments, now),
        ...(await queuesSeen(ground, watch.listens)),
        ...localPortsSeen(ground),
      ];
      segments = now;
      return { seen };
    },
  };
}

async function queuesSeen(ground: Ground, listens: readonly WatchedName[]): Promise<Seen[]> {
  if (listens.length === 0) return [];
  const full = (await listeners(ground)).filter(({ waiting, most }) => waiting > most);
  return listens.flatMap(({ name, services }): Seen[] => {
    const [at] = listensAt(full, name);
    if (at === undefined) return [];
    return [
      {
        mode: 'connections-exhausted',
        subject: name,
        services,
        weight: 'fault',
        text: `${name} takes no more connections: ${at.waiting} wait to be accepted, ${at.most} may`,
      },
    ];
  });
}

function lossSeen(
  before: { readonly out: number; readonly again: number } | null,
  now: { readonly out: number; readonly again: number },
): Seen[] {
  if (before === null) return [];
  const out = now.out - before.out;
  const again = now.again - before.again;
  if (out + again < fewestSegments || again < lossShare * (out + again)) return [];
  return [
    {
      mode: 'packet-loss',
      subject: 'network',
      services: [],
      weight: 'ahead',
      text: `the network loses packets: ${again} of ${out + again} TCP segments were sent again in the last look (${((100 * again) / (out + again)).toFixed(1)} %)`,
    },
  ];
}

/** What asks for a connection again is left out: it tells of who does not answer, which ports.ts finds. */
function tcpCounts(ground: Ground): { readonly out: number; readonly again: number } {
  const all = ground.kernel('proc/net/snmp') ?? '';
  const asking = countIn(ground.kernel('proc/net/netstat') ?? '', 'TcpExt:', 'TCPSynRetrans');
  return { out: countIn(all, 'Tcp:', 'OutSegs'), again: countIn(all, 'Tcp:', 'RetransSegs') - asking };
}

/** Of a line of names and one of values below it; 0: it is not there. */
function countIn(text: string, head: string, name: string): number {
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith(head));
  return Number(values.split(' ')[names.split(' ').indexOf(name)] ?? 0);
}
