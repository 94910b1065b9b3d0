// Small random systems, as descriptions, with a stated figure for every part that can fail.

import { readDescription } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';

/** Numbers that look random and are the same every time (Marsaglia's xorshift, 32 bits). */
export function drawing(seed: number): {
  share(): number;
  below(n: number): number;
  some<T>(of: readonly T[], least: number): T[];
} {
  let state = (seed * 2654435761 + 88675123) >>> 0 || 1;
  const share = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(share() * n);
  return {
    share,
    below,
    some(of, least) {
      const rest = [...of];
      const made = [];
      const most = least + below(Math.max(1, rest.length - least + 1));
      while (made.length < most && rest.length > 0) made.push(...rest.splice(below(rest.length), 1));
      return made;
    },
  };
}

/** Reads a description that must have no errors. */
export function systemOf(text: string): System {
  const read = readDescription({ text, file: 'standfast.yaml', folder: '/nowhere' });
  if (read.system === null)
    throw new Error(`${JSON.stringify(read.errors.slice(0, 5), null, 1)}\n${text.slice(0, 3000)}`);
  return read.system;
}

export const objective = 'objective: { unavailable: 10m, per: 60m, recoverWithin: 2m }';

/** A description of externals, hosts, domains and services of all policies with at most `most` parts that fail. */
export function drawDescription(seed: number, most: number): string {
  const draw = drawing(seed);
  let left = most;
  const figure = (chance: number): string => {
    if (left <= 0 || draw.share() > chance) return '';
    left -= 1;
    const share = draw.share() < 0.3 ? draw.share() : draw.share() ** 4;
    return draw.below(2) === 0
      ? `unavailability: ${Math.max(1e-9, share)}`
      : `mtbf: ${1 + draw.below(5000)}h, ${draw.below(2) === 0 ? 'mttr' : 'recoverWithin'}: ${1 + draw.below(300)}m`;
  };
  const line = (name: string, keys: readonly string[]): string =>
    `  ${name}: { ${keys.filter((key) => key !== '').join(', ')} }`;
  const large = most >= 16;
  const domains = Array.from({ length: large ? 4 : draw.below(5) }, (_, i) => `d${i}`);
  const hosts = Array.from({ length: large ? 4 : draw.below(5) }, (_, i) => `h${i}`);
  const lines = [`system: drawn`, objective];
  if (domains.length > 0) {
    lines.push('domains:');
    for (const [i, name] of domains.entries())
      lines.push(
        line(name, [
          `kind: ${draw.below(2) === 0 ? 'rack' : 'zone'}`,
          `in: [${draw.some(domains.slice(0, i), 0).join(', ')}]`,
          figure(0.7),
        ]),
      );
  }
  lines.push(hosts.length === 0 ? 'hosts: {}' : 'hosts:');
  for (const name of hosts)
    lines.push(line(name, ['address: 127.0.0.1', `in: [${draw.some(domains, 0).join(', ')}]`, figure(0.7)]));
  lines.push('services:');
  const services: string[] = [];
  const count = (large ? 12 : 2) + draw.below(9);
  for (let i = 0; i < count; i += 1) {
    const name = `s${i}`;
    const needs = services.length > 0 && draw.share() < 0.7 ? `needs: ${needText(draw, services, 3)}` : '';
    if (hosts.length === 0 || draw.share() < 0.5) lines.push(line(name, ['external: true', needs, figure(0.8)]));
    else {
      const on = draw.some(hosts, 1);
      const share = draw.share() * 4;
      const policy =
        on.length === 1
          ? ''
          : share < 1
            ? 'policy: hot-active/hot-active, consumers: dropDuplicates'
            : share < 2
              ? 'policy: hot-active/cold-passive'
              : 'policy: hot-active/warm-active, activate: { signal: SIGUSR1 }';
      lines.push(
        line(name, ['run: sleep 1', `on: [${on.join(', ')}]`, policy, needs, left > on.length ? instanceFigure() : '']),
      );
      function instanceFigure(): string {
        left -= on.length - 1;
        return figure(0.7);
      }
    }
    services.push(name);
  }
  if (draw.share() < 0.5) lines.push(`serves: [${draw.some(services, 1).join(', ')}]`);
  return `${lines.join('\n')}\n`;
}

function needText(draw: ReturnType<typeof drawing>, services: readonly string[], depth: number): string {
  const chosen = draw.some(services, 1).slice(0, 4);
  const inner = chosen.map((name) => (depth > 0 && draw.share() < 0.25 ? needText(draw, services, depth - 1) : name));
  const distinct = [...new Set(inner)];
  const list = `[${distinct.join(', ')}]`;
  const share = draw.share() * 4;
  if (share < 1) return `{ all: ${list} }`;
  if (share < 2) return `{ anyOf: ${list} }`;
  if (share < 3) return `{ atLeast: ${1 + draw.below(distinct.length)}, of: ${list} }`;
  return list;
}
