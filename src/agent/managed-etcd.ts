// What this host has to do with a managed etcd: its certificates on every host, a member of it on those that were planned to have one, and who may join.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { State } from '../decide/state.ts';
import type { HostLayout } from '../layout.ts';
import type { Keeper } from '../ports.ts';
import type { Now } from '../model/units.ts';
import type { StorePlace } from '../store/place.ts';
import { etcdTlsFiles } from '../store/etcd/tls-files.ts';
import type { EtcdCertificates } from './etcd-certificates.ts';
import type { Forming } from './etcd-forming.ts';
import { openEtcdLeavers } from './etcd-leavers.ts';
import { openOwnEtcd, type OwnEtcd } from './own-etcd.ts';

interface ManagedEtcd {
  /** Null: no member of it runs here. */
  readonly own: OwnEtcd | null;
  /** Leaves the member running. */
  close(): void;
}

/** Loaded only where it is needed. */
const certificatesRoom = () => import('./etcd-certificates.ts');

/** Null: the store is no managed etcd. */
export async function openManagedEtcd(options: {
  readonly system: string;
  readonly me: string;
  readonly place: StorePlace;
  readonly layout: HostLayout;
  keeper(): Keeper;
  state(): State;
  now(): Now;
  readonly log: (text: string) => void;
}): Promise<ManagedEtcd | null> {
  const { place, me, log } = options;
  if (place.kind !== 'etcd' || place.managed === null) return null;
  const plan = place.managed;
  let own: OwnEtcd | null = null;
  let certificates: EtcdCertificates | null = null;
  if (plan.made !== null) {
    const { openEtcdCertificates } = await certificatesRoom();
    const address = plan.hosts.find((host) => host.name === me)?.address ?? '';
    certificates = openEtcdCertificates({
      system: options.system,
      me,
      address: isIP(address) === 0 ? null : address,
      plan,
      files: etcdTlsFiles(plan.made),
      wall: () => options.now().wall,
      changed: () => own?.look(),
      log,
    });
  }
  const member = plan.members.find((each) => each.host === me);
  if (member !== undefined)
    own = openOwnEtcd({
      system: options.system,
      me: member,
      plan,
      access: place.access,
      layout: options.layout,
      certificates,
      whyNot: (host, from) =>
        whyNot({
          host,
          from,
          address: addressOf(options.state(), host) ?? plan.hosts.find((each) => each.name === host)?.address ?? null,
          forming: own?.forming() ?? 'formed',
          state: options.state(),
          now: options.now(),
        }),
      keeper: () => options.keeper(),
      isDescribed: () => options.state().system?.hosts.some((host) => host.name === me) ?? true,
      now: () => options.now().mono,
      log,
    });
  const leavers =
    own === null
      ? null
      : openEtcdLeavers({
          me,
          plan,
          access: place.access,
          formed: () => own.forming() === 'formed',
          state: () => options.state(),
          log,
        });
  return {
    own,
    close() {
      leavers?.close();
      own?.close();
      certificates?.close();
    },
  };
}

/**
 * Why the machine that asks from this address may not have part in the etcd as that host; null: it may. It must call from the described address, and once
 * the etcd was formed nobody may live under that name: a session that is renewed is that of a host that has its certificates.
 */
async function whyNot(of: {
  readonly host: string;
  readonly from: string;
  /** As described; null: it is not. */
  readonly address: string | null;
  readonly forming: Forming;
  readonly state: State;
  readonly now: Now;
}): Promise<string | null> {
  const { host, from, address, state } = of;
  if (address === null) return `${host} is no host of this system`;
  const found = isIP(address) === 0 ? await lookup(address, { all: true }).catch(() => []) : [{ address }];
  if (!found.some((each) => each.address === from))
    return `${host} is described at ${address}, and it calls from ${from}`;
  if (of.forming !== 'formed') return null;
  if (!state.store.reachable) return 'the store cannot be asked whether that host lives elsewhere';
  const session = state.sessions.get(host);
  if (session === undefined || session.value.dead) return null;
  const silentMs = of.now.mono - Math.max(session.seenAt, state.store.backAt ?? session.seenAt);
  return silentMs > session.value.ttlMs ? null : `${host} lives: its session is renewed`;
}

function addressOf(state: State, host: string): string | null {
  return state.system?.hosts.find((each) => each.name === host)?.address.replace(/^\[|\]$/g, '') ?? null;
}
