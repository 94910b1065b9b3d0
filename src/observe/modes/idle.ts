// Connections held silent for as long as the description says: a firewall or a security tool that cuts what is idle shows itself here, before a customer's
// first request after lunch does. When the time is over the connection is closed and the next begins.
// Does not cover: a cut that only shows when something is sent, with a service that reads without answering; keep-alive probes of TCP find most of those.

import { connect, type Socket } from 'node:net';
import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import type { Watch } from './watch.ts';

const everyMs = 2000;
/** After the silence the other side's kernel is asked whether it knows the connection: a first keep-alive probe, sent at once. */
const probeAfterMs = 1000;
const connectWithinMs = 3000;
/** A finding stands until a connection has borne the silence. */

interface Held {
  socket: Socket | null;
  since: number;
  cut: string | null;
}

/** Opens the detector. */
export function openIdle(ground: Ground): Detector {
  const held = new Map<string, Held>();
  return {
    name: 'idle',
    everyMs,
    look: (watch) => {
      for (const [key, each] of held)
        if (!watch.idle.some((idle) => keyOf(idle) === key)) {
          each.socket?.destroy();
          held.delete(key);
        }
      return Promise.resolve({ seen: watch.idle.flatMap((idle) => seenOf(ground, held, idle)) });
    },
  };
}

type Idle = Watch['idle'][number];

function keyOf({ to, forMs }: Idle): string {
  return `${to} ${forMs}`;
}

function seenOf(ground: Ground, held: Map<string, Held>, idle: Idle): Seen[] {
  const key = keyOf(idle);
  const known: Held = held.get(key) ?? { socket: null, since: 0, cut: null };
  held.set(key, known);
  if (known.socket === null) begin(ground, known, idle);
  else if (ground.mono() - known.since >= idle.forMs + 2 * everyMs) {
    // It has borne the silence, and the probe after it.
    known.socket.destroy();
    known.socket = null;
    known.cut = null;
  }
  if (known.cut === null) return [];
  return [{ mode: 'idle-cut', subject: idle.to, services: idle.services, weight: 'fault', text: known.cut }];
}

function begin(ground: Ground, known: Held, idle: Idle): void {
  const at = idle.to.lastIndexOf(':');
  const socket = connect({ host: idle.to.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(idle.to.slice(at + 1)) });
  known.socket = socket;
  known.since = ground.mono();
  let open = false;
  const giveUp = setTimeout(() => socket.destroy(), connectWithinMs);
  socket.on('connect', () => {
    open = true;
    clearTimeout(giveUp);
    known.since = ground.mono();
    // The first probe goes out only when the silence is over, or it would not be one.
    socket.setKeepAlive(true, idle.forMs + probeAfterMs);
    socket.resume();
  });
  let why = 'closed';
  socket.on('error', (error: NodeJS.ErrnoException) => (why = error.code === 'ECONNRESET' ? 'reset' : 'lost'));
  socket.on('close', () => {
    clearTimeout(giveUp);
    if (known.socket !== socket) return;
    known.socket = null;
    const afterMs = ground.mono() - known.since;
    // One that never opened is for ports.ts to tell.
    if (open)
      known.cut = `a silent connection to ${idle.to} was ${why} after ${Math.round(afterMs / 1000)} s, ${Math.round(idle.forMs / 1000)} s must be borne`;
  });
}
