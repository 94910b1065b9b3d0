// Which described hosts are this machine: those whose address one of its interfaces has.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Host, System } from '../../model/system.ts';
import { Failure } from '../failure.ts';

/** The hosts of this machine, narrowed to `wanted` when that is not empty. Fails (exit 2) when there are none or one is elsewhere. */
export async function hostsHere(system: System, wanted: readonly string[]): Promise<readonly string[]> {
  const own = ownAddresses();
  const here: string[] = [];
  for (const host of system.hosts) if (await isHere(host, own)) here.push(host.name);
  for (const name of wanted) demandHere(name, system, here);
  if (here.length > 0) demandAllHere(system, here);
  const chosen = wanted.length === 0 ? here : here.filter((name) => wanted.includes(name));
  if (chosen.length > 0) return chosen;
  throw new Failure({
    code: 'SF-304',
    what:
      system.hosts.length === 0
        ? `${system.name} describes no host, so there is nothing to run`
        : `no host of ${system.name} has an address of this machine`,
    why:
      system.hosts.length === 0
        ? null
        : `Its hosts: ${system.hosts.map((host) => `${host.name} ${host.address}`).join(', ')}. This machine: ${[...own].join(', ')}.`,
    next:
      system.hosts.length === 0
        ? 'Describe a host: hosts: { a: { address: 127.0.0.1 } }'
        : 'Run it on one of those machines, or correct hosts.NAME.address.',
    exit: 2,
  });
}

/** A file cannot be shared with another machine. */
function demandAllHere(system: System, here: readonly string[]): void {
  const elsewhere = system.hosts.filter((host) => !here.includes(host.name));
  if (system.store.kind !== 'embedded' || elsewhere.length === 0) return;
  throw new Failure({
    code: 'SF-310',
    what: `the embedded store of ${system.name} cannot serve another machine`,
    why: `${elsewhere.map((host) => `${host.name} (${host.address})`).join(', ')} ${elsewhere.length === 1 ? 'is' : 'are'} not this machine.`,
    next: 'Give every host an address of this machine (hosts.NAME.address), or a store for several machines: store: { etcd: managed }, or { etcd: [URL, …] }.',
    exit: 2,
  });
}

function demandHere(name: string, system: System, here: readonly string[]): void {
  if (here.includes(name)) return;
  const host = system.hosts.find((each) => each.name === name);
  throw new Failure({
    code: 'SF-304',
    what:
      host === undefined
        ? `there is no host ${name} in ${system.name}`
        : `host ${name} (${host.address}) is not this machine`,
    next: here.length === 0 ? 'No host of it is.' : `Hosts of this machine: ${here.join(', ')}.`,
    exit: 2,
  });
}

function ownAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map((each) => plain(each.address));
  return new Set(['127.0.0.1', '::1', ...addresses]);
}

async function isHere(host: Host, own: ReadonlySet<string>): Promise<boolean> {
  const address = plain(host.address);
  if (isIP(address) !== 0) return isOwn(address, own);
  if (address === 'localhost') return true;
  const found = await lookup(address, { all: true }).catch(() => []);
  return found.some((each) => isOwn(plain(each.address), own));
}

/** All of 127.0.0.0/8 is this machine's. */
function isOwn(address: string, own: ReadonlySet<string>): boolean {
  return own.has(address) || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Without brackets and zone: `[fe80::1%eth0]`. */
function plain(address: string): string {
  return address
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase();
}
