// Names: what each resolved to before and now, whether at all, and how long it took; and whether this host still has its own address.
// Asked through getent, which resolves as the services do (hosts file, DNS, directory), in a process of ours that may hang.

import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { medianOf } from '../../model/trend.ts';
import type { Seen } from '../../model/mode.ts';
import { isHostSlow } from './busy.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';
import type { Watch } from './watch.ts';

const everyMs = 20_000;
const askWithinMs = 15_000;
const slowMs = 1000;
const mostTimes = 3;
const mostNames = 50;
/** A name that is moved by people is not moved a third time within this. */
const turnsWithinMs = 3_600_000;
const mostMoves = 2;
/** Addresses of one name. */
const mostSaid = 8;

/** Opens the detector. */
export function openNames(ground: Ground): Detector {
  /** Whether this host was seen to have an address, in this life of ours or an earlier one. */
  const had = new Map<string, boolean>();
  /** What a name led to when last all was well. */
  const usual = new Map<string, ReadonlySet<string>>();
  /** Where a name led at the last look, when it was nowhere where it had led before. */
  const changed = new Map<string, ReadonlySet<string>>();
  /** When it was so for two looks. */
  const moved = new Map<string, readonly number[]>();
  let times: number[] = [];
  return {
    name: 'names',
    everyMs,
    async look(watch) {
      const names = new Map<string, Set<string>>();
      for (const { name, services } of watch.names) names.set(name, new Set([...(names.get(name) ?? []), ...services]));
      const seen: Seen[] = [...ownSeen(watch, had)];
      const answers = await Promise.all(
        [...names].slice(0, mostNames).map(async ([name, services]) => {
          const asked = await ground.ask(['getent', 'ahosts', name], { on: `resolve ${name}`, within: askWithinMs });
          return { name, services: [...services], asked };
        }),
      );
      for (const { name, services, asked } of answers) {
        if (asked.kind === 'notAsked') continue;
        const addresses = new Set(
          asked.kind === 'ended'
            ? asked.output
                .split('\n')
                .map((line) => line.split(' ', 1)[0] ?? '')
                .filter((each) => each !== '')
            : [],
        );
        const about = { subject: name, services };
        if (addresses.size === 0) {
          const before = usual.get(name);
          seen.push({
            mode: 'name-unresolvable',
            ...about,
            weight: 'fault',
            text: `${name} does not resolve${asked.kind === 'stuck' ? ': no answer in 15 s' : ''}${before === undefined ? '' : `; it was ${[...before].slice(0, mostSaid).join(', ')}`}`,
          });
          continue;
        }
        const before = usual.get(name);
        if (before === undefined || [...addresses].some((each) => before.has(each))) {
          usual.set(name, new Set([...(before ?? []), ...addresses]));
          changed.delete(name);
          continue;
        }
        const last = changed.get(name);
        const moves = (moved.get(name) ?? []).filter((at) => ground.mono() - at < turnsWithinMs);
        const isAnother = last !== undefined && ![...addresses].some((each) => last.has(each));
        if (last !== undefined || moves.length >= mostMoves) moved.set(name, [...moves, ground.mono()]);
        // It turns among many addresses, as names of large providers do.
        if (isAnother || moves.length >= mostMoves) {
          usual.set(name, new Set([...before, ...(last ?? []), ...addresses]));
          changed.delete(name);
          continue;
        }
        seen.push({
          mode: 'name-changed',
          ...about,
          weight: 'change',
          text: `${name} leads to ${[...addresses].slice(0, mostSaid).join(', ')} now; it was ${[...before].slice(0, mostSaid).join(', ')}`,
        });
        if (last === undefined) changed.set(name, addresses);
        else {
          usual.set(name, addresses);
          changed.delete(name);
        }
      }
      const took = answers.flatMap(({ asked }) => (asked.kind === 'notAsked' ? [] : [asked.tookMs]));
      if (took.length > 0) times = [...times, medianOf(took)].slice(-mostTimes);
      const usualMs = times.length >= 2 ? medianOf(times) : 0;
      if (usualMs > slowMs && !(await isHostSlow(ground, usualMs, 1)))
        seen.push({
          mode: 'resolver-slow',
          subject: 'resolver',
          services: [],
          weight: 'ahead',
          text: `names are resolved slowly: ${(usualMs / 1000).toFixed(1)} s for one (name servers: ${servers(ground)})`,
        });
      return { seen };
    },
  };
}

function servers(ground: Ground): string {
  const found = [...(ground.kernel('etc/resolv.conf') ?? '').matchAll(/^nameserver\s+(\S+)/gm)].map(
    ([, at = '']) => at,
  );
  return found.length === 0 ? 'none named' : found.join(', ');
}

/**
 * The address of the description is looked for among those of the devices; a name is what resolves. One that was on none of them ever is translated on the
 * way here, as in clouds and containers.
 */
function ownSeen(watch: Watch, had: Map<string, boolean>): Seen[] {
  if (isIP(watch.address) === 0) return [];
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const kept = `${watch.kept}/address.json`;
  const hadIt = had.get(watch.address) ?? readKept(kept) === watch.address;
  had.set(watch.address, hadIt);
  // The whole of 127.0.0.0/8 is loopback's, whatever it shows.
  if (own.includes(watch.address.replace(/%.*$/, '')) || watch.address.startsWith('127.')) {
    if (!hadIt) keep(kept, watch.address);
    had.set(watch.address, true);
    return [];
  }
  if (!hadIt || own.length === 0) return [];
  return [
    {
      mode: 'own-address-changed',
      subject: watch.address,
      services: [],
      weight: 'fault',
      text: `this host no longer has its address ${watch.address}; it has ${own.filter((each) => !each.startsWith('127.') && each !== '::1').join(', ') || 'none but loopback'}`,
    },
  ];
}
