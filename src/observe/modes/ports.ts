// Ports that are watched: refused, reset, or without any answer; connections whose large packets vanish; hosts that reach each other in one direction only.
// A connection is opened and closed, nothing is sent: what the service does with it is for its checks.

import type { Seen } from '../../model/mode.ts';
import { hostOf, knock, type Answer } from './knock.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';

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
      const answers = new Map<string, Answer>();
      const seen: Seen[] = [];
      await Promise.all(
        [...ports].slice(0, mostPorts).map(async ([address, services]) => {
          const answer = await knock(address, answerWithinMs);
          answers.set(address, answer);
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
        const to = [...answers].filter(([address]) => hostOf(address) === peer.address);
        const reaches = reachesBy(to.map(([, answer]) => answer));
        if (reaches === null) continue;
        facts[`reaches ${peer.host}`] = reaches ? 'yes' : 'no';
        if (reaches || peer.facts[`reaches ${watch.host}`] !== 'yes') continue;
        const asked = to.map(([address]) => address);
        seen.push(
          oneWay(watch.host, peer.host, asked, new Set(asked.flatMap((address) => [...(ports.get(address) ?? [])]))),
        );
      }
      seen.push(...(await vanishingSeen(ground, reached, ports)));
      return { seen, facts };
    },
  };
}

/** Whether anything came back: a refusal has found its way, too. Null: not known. */
function reachesBy(answers: readonly Answer[]): boolean | null {
  if (answers.some((each) => each === 'open' || each === 'refused' || each === 'reset')) return true;
  return answers.length > 0 && answers.every((each) => each === 'silent' || each === 'unreachable') ? false : null;
}

/** They say that they reach us, and nothing comes back of what we send: told where it hurts. */
function oneWay(host: string, peer: string, asked: readonly string[], services: ReadonlySet<string>): Seen {
  return {
    mode: 'one-way',
    subject: peer,
    services: [...services],
    weight: 'fault',
    text: `${peer} reaches ${host}, and ${host} does not reach ${peer} (${asked.join(', ')}): that way is cut`,
  };
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
