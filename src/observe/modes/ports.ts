// Ports that are watched: refused, reset, or without any answer; connections whose large packets vanish; hosts that reach each other in one direction only.
// A connection is opened and closed, nothing is sent: what the service does with it is for its checks. Of ports of this host only what its own service
// cannot have done is told: somebody listens there, and a firewall keeps us out.

import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Seen } from '../../model/mode.ts';
import { hostOf, knock, type Answer } from './knock.ts';
import { listeners, listensAt } from './listeners.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import type { Watch } from './watch.ts';

const everyMs = 10_000;
const answerWithinMs = 3000;
const mostPorts = 100;
/** Each connection may be a line in the log of a service of ours: as long as it answers it is asked at every so many looks. */
const ownAgain = 3;
/** A service that is not reached is started again and again, in longer and longer intervals. */
const standsForMs = 120_000;

/** Opens the detector. */
export function openPorts(ground: Ground): Detector {
  let looks = 0;
  const walled = new Map<string, Walled>();
  return {
    name: 'ports',
    everyMs,
    async look(watch) {
      const ports = byAddress(watch.ports);
      const isDue = looks % ownAgain === 0;
      looks += 1;
      const own = [...byAddress(watch.listens)].filter(
        ([address]) => isOnDevice(hostOf(address)) && (isDue || walled.has(address)),
      );
      const ownLooked = lookAtOwn(ground, own.slice(0, mostPorts), walled);
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
      await ownLooked;
      const still = own.flatMap(([address]) => walled.get(address)?.seen ?? []);
      seen.push(...(await vanishingSeen(ground, reached, ports)), ...still);
      return { seen, facts };
    },
  };
}

/** Who needs each of them. */
function byAddress(watched: Watch['ports']): ReadonlyMap<string, ReadonlySet<string>> {
  const ports = new Map<string, Set<string>>();
  for (const { name, services } of watched) ports.set(name, new Set([...(ports.get(name) ?? []), ...services]));
  return ports;
}

/** A port of this host that took no connections though somebody listened there, when last that could be told. */
interface Walled {
  readonly seen: Seen;
  readonly atMs: number;
}

/** An address that leads to this host now: where a name does is not known here, and what is on no device may lead to another (names.ts finds that). */
function isOnDevice(host: string): boolean {
  if (isIP(host) === 4 && host.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === host) === true);
}

/** Brings `walled` up to date. */
async function lookAtOwn(
  ground: Ground,
  own: readonly (readonly [string, ReadonlySet<string>])[],
  walled: Map<string, Walled>,
): Promise<void> {
  const answers = await Promise.all(
    own.map(async ([address, services]) => ({ address, services, answer: await knock(address, answerWithinMs) })),
  );
  const isShut = (answer: Answer): boolean => answer !== 'open' && answer !== 'unknown';
  const listening = answers.some(({ answer }) => isShut(answer)) ? await listeners(ground) : [];
  const atMs = ground.mono();
  for (const { address, services, answer } of answers) {
    const [at] = listensAt(listening, address);
    if (isShut(answer) && at !== undefined && at.waiting <= at.most)
      walled.set(address, { seen: walledSeen(address, [...services], answer), atMs });
    // Nobody listens, since it is being started again: nothing is known of the firewall then.
    else if (answer === 'open' || at !== undefined || atMs - (walled.get(address)?.atMs ?? 0) > standsForMs)
      walled.delete(address);
  }
}

function walledSeen(address: string, services: readonly string[], answer: Answer): Seen {
  const about = { subject: address, services, weight: 'fault' } as const;
  return answer === 'silent' || answer === 'unreachable'
    ? {
        mode: 'port-blocked',
        ...about,
        text: `${address} ${answer === 'silent' ? 'does not answer' : 'cannot be reached'}, though a process listens there: what is sent to it is dropped`,
      }
    : {
        mode: 'port-refused',
        ...about,
        text: `${address} ${answer === 'reset' ? 'resets' : 'refuses'} connections, though a process listens there: a firewall answers in its place`,
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
  // Of tens of thousands of connections the kernel shows those that may be meant.
  const toPorts = [...new Set([...reached].map((address) => `dport = ${address.slice(address.lastIndexOf(':'))}`))];
  const asked = await ground.ask(['ss', '-Htni', 'state', 'established', `( ${toPorts.join(' or ')} )`], {
    on: 'ss',
    within: answerWithinMs,
  });
  if (asked.kind !== 'ended') return [];
  const seen = new Map<string, Seen>();
  for (const entry of asked.output.split(/\n(?=\S)/)) {
    const peer = /^\s*\d+\s+(\d+)\s+\S+\s+(\S+)/.exec(entry);
    const address = (peer?.[2] ?? '').replace(/^\[::ffff:(.+)\](?=:)/, '$1');
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
