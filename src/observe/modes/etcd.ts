// Members of an etcd against the addresses that the description has: through etcdctl, which every etcd brings.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';

const everyMs = 20_000;
const askWithinMs = 8000;

/** Opens the detector. */
export function openEtcd(ground: Ground): Detector {
  return {
    name: 'etcd',
    everyMs,
    async look(watch) {
      if (watch.etcd.length === 0) return { seen: [] };
      const asked = await ground.ask(
        [
          'etcdctl',
          '--endpoints',
          watch.etcd.join(','),
          ...watch.etcdOptions,
          '--command-timeout=5s',
          '--dial-timeout=3s',
          'member',
          'list',
          '-w',
          'json',
        ],
        { on: 'etcd', within: askWithinMs },
      );
      if (asked.kind !== 'ended' || asked.code !== 0) return { seen: [] };
      return { seen: membersSeen(asked.output, watch.etcd) };
    },
  };
}

function membersSeen(json: string, described: readonly string[]): Seen[] {
  const members = readMembers(json);
  if (members.length === 0) return [];
  const seen: Seen[] = [];
  const say = (subject: string, text: string): void => {
    seen.push({ mode: 'etcd-peers', subject, services: [], weight: 'fault', text });
  };
  for (const { name, clients, peers } of members)
    if (name === '')
      say(peers.join(', '), `a member of etcd that is registered under ${peers.join(', ')} has never started`);
    else if (clients.length === 0) say(name, `member ${name} of etcd says no address for clients`);
  const known = new Set(members.flatMap(({ clients }) => clients.map(hostAndPort)));
  const lost = described.filter((each) => !known.has(hostAndPort(each)));
  if (lost.length > 0 && members.every(({ name }) => name !== ''))
    say(
      lost.join(', '),
      `the description names ${lost.join(', ')}, and no member of etcd has ${lost.length === 1 ? 'that address' : 'those addresses'}: members are at ${[...known].join(', ')}`,
    );
  return seen;
}

interface Member {
  /** Empty: it has never started. */
  readonly name: string;
  readonly clients: readonly string[];
  readonly peers: readonly string[];
}

function readMembers(json: string): readonly Member[] {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return [];
  }
  const list: unknown = typeof read === 'object' && read !== null && 'members' in read ? read.members : [];
  return (Array.isArray(list) ? list : []).flatMap((each: unknown): Member[] => {
    if (typeof each !== 'object' || each === null) return [];
    const name: unknown = 'name' in each ? each.name : '';
    return [
      {
        name: typeof name === 'string' ? name : '',
        clients: texts('clientURLs' in each ? each.clientURLs : []),
        peers: texts('peerURLs' in each ? each.peerURLs : []),
      },
    ];
  });
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each: unknown) => typeof each === 'string') : [];
}

function hostAndPort(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url.replace(/^https?:\/\//, '');
}
