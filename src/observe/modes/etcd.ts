// Members of an etcd against the addresses that the description has: through etcdctl, which every etcd brings. And whether they are where they are
// registered: the others call them there (etcd's runtime reconfiguration, "update advertise peer URLs").

import { networkInterfaces } from 'node:os';
import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { hostOf, knock } from './knock.ts';

const everyMs = 20_000;
const askWithinMs = 8000;
const answerWithinMs = 3000;
const againAfterMs = 600_000;

/** Opens the detector. */
export function openEtcd(ground: Ground): Detector {
  /** What was as it should be, and when. */
  let fine: { readonly of: string; readonly atMs: number } | null = null;
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
      const members = readMembers(asked.output);
      const same = JSON.stringify([members, watch.etcd]);
      if (isQuiet(members) && fine?.of === same && ground.mono() - fine.atMs < againAfterMs) return { seen: [] };
      const seen = [...(await membersSeen(members, watch.etcd)), ...(await awaySeen(members, watch.etcd))];
      fine = seen.length === 0 ? { of: same, atMs: ground.mono() } : null;
      return { seen };
    },
  };
}

/** A knock at a port with TLS is a line in the log of etcd: members that answered are left in peace for a while, unless one is registered elsewhere. */
function isQuiet(members: readonly Member[]): boolean {
  return members.some(({ clients, peers }) => [...clients, ...peers].some((url) => url.startsWith('https:')));
}

async function membersSeen(members: readonly Member[], described: readonly string[]): Promise<Seen[]> {
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
  const unknown = described.filter((each) => !known.has(hostAndPort(each)));
  // What a member says of itself may be another name of it (localhost, a balancer): an address that answers is none that is lost.
  const answers = await Promise.all(unknown.map((each) => anyAnswers([each])));
  const lost = unknown.filter((_each, index) => answers[index] !== true);
  if (lost.length > 0 && members.every(({ name }) => name !== ''))
    say(
      lost.join(', '),
      `the description names ${lost.join(', ')}, and no member of etcd has ${lost.length === 1 ? 'that address' : 'those addresses'}: members are at ${[...known].join(', ')}`,
    );
  return seen;
}

/**
 * Members that nobody finds where the others call them. Only hosts that etcd's own members talk to may be let in there, so silence counts only where it
 * would be heard: when another member answers us there, or the member is on this machine.
 */
async function awaySeen(members: readonly Member[], described: readonly string[]): Promise<Seen[]> {
  const asked = await Promise.all(
    members
      .filter(({ name, clients }) => name !== '' && clients.length > 0)
      .map(async (member) => ({
        member,
        peer: await anyAnswers(member.peers),
        client: await anyAnswers(member.clients),
      })),
  );
  const reachesPeers = asked.some(({ peer }) => peer);
  return asked
    .filter(({ peer, member }) => !peer && (reachesPeers || isHere(member, described)))
    .map(({ member: { name, clients, peers }, client }): Seen => {
      const registered = `where it is registered for its peers (${peers.join(', ')})`;
      return {
        mode: 'etcd-peers',
        subject: name,
        services: [],
        weight: client ? 'fault' : 'ahead',
        text: client
          ? `member ${name} of etcd answers its clients (${clients.join(', ')}), and nobody is ${registered}: the others lose it`
          : `member ${name} of etcd answers neither ${registered} nor its clients (${clients.join(', ')}): it is down or has moved`,
      };
    });
}

async function anyAnswers(urls: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(urls.map((url) => knock(hostAndPort(url), answerWithinMs)));
  return answers.includes('open');
}

/** A loopback address is this machine's only where the description has one. */
function isHere({ clients }: Member, described: readonly string[]): boolean {
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const hosts = clients.map((url) => hostOf(hostAndPort(url)));
  return hosts.some((host) =>
    isLoopback(host) ? described.some((url) => isLoopback(hostOf(hostAndPort(url)))) : own.includes(host),
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
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
