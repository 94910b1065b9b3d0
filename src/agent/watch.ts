// From the description and what runs to what the detectors of this host look at. Most of it needs nothing written: the folders that services run in, their
// logs and files, the programs that they run, the ports that checks ask, the accounts that they run as. `watch:` adds what only people know.

import { dirname, resolve } from 'node:path';
import { plannedHere, targetOf } from './watch-service.ts';
import type { State } from '../decide/state.ts';
import type { HostLayout } from '../layout.ts';
import { planExternal } from '../model/instance.ts';
import type { RunService, System } from '../model/system.ts';
import type { Now } from '../model/units.ts';
import type { Watch, WatchedFile, WatchedProcess } from '../observe/modes/watch.ts';
import type { Plans } from './plans.ts';
import { peersOf } from './watch-peers.ts';

/** What this host's detectors watch now. */
export function watchFor(state: State, system: System, plans: Plans, layout: HostLayout, now: Now): Watch {
  const here = system.services.filter(
    (service): service is RunService => service.kind === 'run' && service.on.some(({ host }) => host === state.me),
  );
  const own = system.hosts.find(({ name }) => name === state.me)?.address ?? '';
  const parts = here.map((service) => plannedHere(service, plans, layout, own));
  return {
    system: system.name,
    host: state.me,
    address: own,
    kept: `${layout.folder}/known-good`,
    off: system.detectorsOff,
    folders: [
      { path: '/', services: [] },
      { path: dirname(layout.folder), services: [], isWritten: true },
      ...parts.flatMap((part) => part.folders),
    ],
    mounts: parts.flatMap((part) => part.mounts),
    files: sharedFiles(parts.flatMap((part) => part.files)),
    own: parts.flatMap((part) => part.own),
    certificates: parts.flatMap((part) => part.certificates),
    processes: here.flatMap((service) => processOf(state, service)),
    programs: parts.flatMap((part) => part.programs),
    packages: parts.flatMap((part) => part.packages),
    units: parts.flatMap((part) => part.units),
    accounts: parts.flatMap((part) => part.accounts),
    entries: parts.flatMap((part) => part.entries),
    names: parts.flatMap((part) => part.names),
    listens: parts.flatMap((part) => part.listens),
    ports: [...parts.flatMap((part) => part.ports), ...externalPorts(system)],
    idle: parts.flatMap((part) => part.idle),
    snapshots: parts.flatMap((part) => part.snapshots),
    queues: parts.flatMap((part) => part.queues),
    logs: parts.flatMap((part) => part.logs),
    answers: parts.flatMap((part) =>
      part.answers.map((each) => ({ ...each, role: state.slots.get(each.service)?.now?.role ?? 'passive' })),
    ),
    etcdOptions: etcdOptions(system),
    etcd: system.store.kind === 'etcd' && !system.store.managed ? system.store.endpoints : [],
    peers: peersOf(state, system.hosts, now),
  };
}

/** What several services read is looked at once, for all of them; apart only what they want in ways that exclude each other. */
function sharedFiles(files: readonly WatchedFile[]): readonly WatchedFile[] {
  const made = new Map<string, readonly WatchedFile[]>();
  const agree = (one: string | null, other: string | null): boolean => one === null || other === null || one === other;
  for (const file of files) {
    const before = made.get(file.path) ?? [];
    const same = before.find(
      ({ mode, owner, group }) => agree(mode, file.mode) && agree(owner, file.owner) && agree(group, file.group),
    );
    const merged = same === undefined ? file : mergedFile(same, file);
    made.set(file.path, [...before.filter((each) => each !== same), merged]);
  }
  return [...made.values()].flat();
}

function mergedFile(one: WatchedFile, other: WatchedFile): WatchedFile {
  return {
    path: one.path,
    services: [...new Set([...one.services, ...other.services])],
    mode: one.mode ?? other.mode,
    owner: one.owner ?? other.owner,
    group: one.group ?? other.group,
    properties: [...one.properties, ...other.properties],
  };
}

function etcdOptions(system: System): readonly string[] {
  if (system.store.kind !== 'etcd' || system.store.managed) return [];
  const { ca, cert, key } = system.store;
  const files = [
    ['--cacert', ca],
    ['--cert', cert],
    ['--key', key],
  ] as const;
  return files.flatMap(([option, file]) => (file === null ? [] : [option, resolve(system.folder, file)]));
}

/** What the checks of external services ask, from here too: the agent that keeps incidents may reach it, and this host not. */
function externalPorts(system: System): Watch['ports'] {
  return system.services.flatMap((service) =>
    service.kind === 'external'
      ? planExternal(system, service).checks.flatMap(({ probe }) =>
          targetOf(probe).map(({ address }) => ({ name: address, services: [service.name] })),
        )
      : [],
  );
}

function processOf(state: State, service: RunService): WatchedProcess[] {
  const pid = state.slots.get(service.name)?.now?.pid ?? null;
  return pid === null ? [] : [{ service: service.name, pid, memoryLimit: service.limits.memory }];
}
