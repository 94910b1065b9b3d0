// Queues of connections and segments sent again, from /proc/net: proc(5), and tcp_diag for the meaning of the queues of a listening socket.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { listeners, listensAt } from './listeners.ts';
import { localPortsSeen } from './local-ports.ts';
import type { WatchedName } from './watch.ts';

const everyMs = 5000;
const lossShare = 0.02;
const lossShareOfFew = 0.05;
const fewestSegments = 200;
/** So long they are counted before they are too few to tell anything. */
const longestCountMs = 120_000;

/** Opens the detector. */
export function openSockets(ground: Ground): Detector {
  const loss = openLoss();
  return {
    name: 'sockets',
    everyMs,
    async look(watch) {
      const seen = [
        ...loss(tcpCounts(ground), ground.mono()),
        ...(await queuesSeen(ground, watch.listens)),
        ...localPortsSeen(ground),
      ];
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

/** Says at each look what of the segments was lost lately. On a quiet host a look has too few to tell: they are counted over more of them. */
function openLoss(): (now: Counts, atMs: number) => readonly Seen[] {
  let from: (Counts & { readonly atMs: number }) | null = null;
  /** Counts in a row that were too high. */
  let high = 0;
  let told: readonly Seen[] = [];
  return (now, atMs) => {
    if (from === null) {
      from = { ...now, atMs };
      return [];
    }
    const sent = now.out - from.out + now.again - from.again;
    const spanMs = atMs - from.atMs;
    if (sent < fewestSegments && spanMs < longestCountMs) return high > 1 ? told : [];
    const share = sent < fewestSegments ? 0 : (now.again - from.again) / sent;
    // One connection to a host that is gone is sent again for minutes: of few segments it takes more.
    const isHigh = share >= (spanMs < 2 * everyMs ? lossShare : lossShareOfFew);
    high = isHigh ? high + 1 : 0;
    told = isHigh ? [lossSeen(now.again - from.again, sent, spanMs)] : [];
    from = { ...now, atMs };
    return told;
  };
}

function lossSeen(again: number, sent: number, spanMs: number): Seen {
  return {
    mode: 'packet-loss',
    subject: 'network',
    services: [],
    weight: 'ahead',
    text: `the network loses packets: ${again} of ${sent} TCP segments were sent again within ${Math.round(spanMs / 1000)} s (${((100 * again) / sent).toFixed(1)} %)`,
  };
}

interface Counts {
  readonly out: number;
  readonly again: number;
}

/** What asks for a connection again is left out: it tells of who does not answer, which ports.ts finds. */
function tcpCounts(ground: Ground): Counts {
  const all = ground.kernel('proc/net/snmp') ?? '';
  const asking = countIn(ground.kernel('proc/net/netstat') ?? '', 'TcpExt:', 'TCPSynRetrans');
  return { out: countIn(all, 'Tcp:', 'OutSegs'), again: countIn(all, 'Tcp:', 'RetransSegs') - asking };
}

/** Of a line of names and one of values below it; 0: it is not there. */
function countIn(text: string, head: string, name: string): number {
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith(head));
  return Number(values.split(' ')[names.split(' ').indexOf(name)] ?? 0);
}
