// Ports that are watched: refused, reset, or without any answer; connections whose large packets vanish; hosts that reach each other in one direction only.
// A connection is opened and closed, nothing is sent: what the service does with it is for its checks.

import type { Seen } from '../../model/mode.ts';
import { hostOf, knock } from './knock.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import type { Watch } from './watch.ts';

const everyMs = 10_000;
const answerWithinMs = 3000;
const mostPorts = 100;

/** Opens the detector. */
export function openPorts(ground: Ground): Detector {
  return {
    name: 'ports',
    everyMs,
    async look(watch) {
      const ports = new Map<string, Set<string>>();
      for (const { name, services } of watch.ports) ports.set(name, new Set([...(ports.get(name) ?? []), ...services]));
      const facts: Record<string, string> = {};
      const reached = new Set<string>();
      const seen: Seen[] = [];
      await Promise.all(
        [...ports].slice(0, mostPorts).map(async ([address, services]) => {
          const answer = await knock(address, answerWithinMs);
          if (answer === 'open') reached.add(address);
          const about = { subject: address, services: [...services] };
          if (answer === 'refused' || answer === 'reset')
            seen.push({
              mode: 'port-refused',
              ...about,
              weight: 'fault',
              text: `${address} ${answer === 'reset' ? 'resets' : 'refuses'} connections`,
            });
          if (answer === 'silent' || answer === 'unreachable')
            seen.push({
              mode: 'port-blocked',
              ...about,
              weight: 'fault',
              text:
                answer === 'silent'
                  ? `${address} does not answer: what is sent to it is dropped`
                  : `${address} cannot be reached: there is no way to it`,
            });
        }),
      );
      for (const peer of watch.peers) {
        const to = [...ports.keys()].filter((address) => hostOf(address) === peer.address);
        if (to.length > 0) facts[`reaches ${peer.host}`] = to.some((address) => reached.has(address)) ? 'yes' : 'no';
      }
      seen.push(...oneWaySeen(watch, facts), ...(await vanishingSeen(ground, reached, ports)));
      return { seen, facts };
    },
  };
}

/** They say that they do not reach us, while we reach them. */
function oneWaySeen(watch: Watch, facts: Readonly<Record<string, string>>): Seen[] {
  return watch.peers
    .filter((peer) => facts[`reaches ${peer.host}`] === 'yes' && peer.facts[`reaches ${watch.host}`] === 'no')
    .map((peer) => ({
      mode: 'one-way',
      subject: peer.host,
      services: [],
      weight: 'fault',
      text: `${watch.host} reaches ${peer.host}, and ${peer.host} does not reach ${watch.host}: the way back is cut`,
    }));
}

/**
 * Connections to a watched address that stand, hold full-sized bytes unacknowledged and send them again and again, while a new one opens at once: small
 * packets pass and large ones do not. From the kernel's own account of each connection (ss(8): `backoff`, `unacked`, `retrans`, `mss`).
 */
async function vanishingSeen(
  ground: Ground,
  reached: ReadonlySet<string>,
  ports: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Seen[]> {
  if (reached.size === 0) return [];
  const asked = await ground.ask(['ss', '-Htni', 'state', 'established'], { on: 'ss', within: answerWithinMs });
  if (asked.kind !== 'ended') return [];
  const seen = new Map<string, Seen>();
  for (const entry of asked.output.split(/\n(?=\S)/)) {
    const peer = /^\s*\d+\s+(\d+)\s+\S+\s+(\S+)/.exec(entry);
    const address = (peer?.[2] ?? '').replace('[::ffff:', '').replace(/\](?=:)/, '');
    const sending = Number(peer?.[1] ?? 0);
    const again = Number(/retrans:(\d+)\/\d+/.exec(entry)?.[1] ?? 0);
    const backOff = Number(/backoff:(\d+)/.exec(entry)?.[1] ?? 0);
    const mss = Number(/ mss:(\d+)/.exec(entry)?.[1] ?? Number.POSITIVE_INFINITY);
    if (!reached.has(address) || again === 0 || backOff < 3 || sending < mss) continue;
    seen.set(address, {
      mode: 'mtu-black-hole',
      subject: address,
      services: [...(ports.get(address) ?? [])],
      weight: 'fault',
      text: `large packets to ${address} vanish: ${sending} bytes wait and were sent again ${backOff} times, while small ones pass`,
    });
  }
  return [...seen.values()];
}
