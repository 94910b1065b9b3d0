// Where a system's store is: written by `up` into the system's folder, read by agents and verbs before they know any description. The
// description in force cannot say it, since it lies in the store.

import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { System } from '../model/system.ts';
import type { Store } from '../ports.ts';
import type { EtcdAccess } from './etcd/access.ts';
import { planOf, type EtcdPlan, type PlannedMember } from './etcd/plan.ts';
import { etcdTlsFiles } from './etcd/tls-files.ts';

/** Where to open it, with all that this takes. */
export type StorePlace =
  | { readonly kind: 'embedded'; readonly file: string }
  | {
      readonly kind: 'etcd';
      readonly system: string;
      /** Of an etcd whose members Standfast runs itself; null: it is somebody's own. */
      readonly managed: EtcdPlan | null;
      readonly access: EtcdAccess;
    };

/** Beside the file, for all hosts of this machine; no host can be called so. */
const tlsFolder = '.etcd-tls';

/** In the folder of a host that has a member of a managed etcd: how far that is. */
export const formedMark = 'etcd.formed';

const path = z.string().nullable();
const plan = z.object({
  members: z.array(
    z.object({
      host: z.string(),
      address: z.string(),
      clientUrl: z.string(),
      peerUrl: z.string(),
      formingPort: z.number(),
    }),
  ),
  heartbeatMs: z.number(),
  electionMs: z.number(),
  tls: z.object({ ca: z.string(), cert: z.string(), key: z.string() }).nullable(),
  // Versions before these two wrote neither.
  made: path.default(null),
  hosts: z.array(z.object({ name: z.string(), address: z.string() })).default([]),
});
const written = z.object({
  etcd: z.object({
    system: z.string(),
    managed: plan.nullable(),
    endpoints: z.array(z.string()).min(1),
    ca: path,
    cert: path,
    key: path,
    user: path,
    passwordFile: path,
  }),
});

/** The store of the system whose embedded one would be `storeFile`. Throws when what `up` wrote cannot be read. */
export function readPlace(storeFile: string): StorePlace {
  const file = placeFile(storeFile);
  return existsSync(file) ? placeIn(file) : { kind: 'embedded', file: storeFile };
}

function placeIn(file: string): StorePlace {
  const { system, managed, ...access } = parsed(file);
  return { kind: 'etcd', system, managed, access };
}

/** What the description says of its store. */
export function placeOf(system: System, storeFile: string): StorePlace {
  const { store } = system;
  if (store.kind === 'embedded') return { kind: 'embedded', file: storeFile };
  const own = (file: string | null): string | null => (file === null ? null : resolve(system.folder, file));
  if (store.managed) {
    const managed = planOf(
      system,
      isFormedPlain(storeFile) ? { kind: 'plain' } : { kind: 'made', folder: join(dirname(storeFile), tlsFolder) },
      formedMembers(storeFile),
    );
    const client = managed.made === null ? null : etcdTlsFiles(managed.made).client;
    const access: EtcdAccess = {
      endpoints: managed.members.map((member) => member.clientUrl),
      ca: managed.tls?.ca ?? null,
      cert: client ?? managed.tls?.cert ?? null,
      key: client ?? managed.tls?.key ?? null,
      user: null,
      passwordFile: null,
    };
    return { kind: 'etcd', system: system.name, managed, access };
  }
  const access: EtcdAccess = {
    endpoints: store.endpoints,
    ca: own(store.ca),
    cert: own(store.cert),
    key: own(store.key),
    user: store.user,
    passwordFile: own(store.passwordFile),
  };
  return { kind: 'etcd', system: system.name, managed: null, access };
}

/** Of the managed etcd in use, unless it was never formed: then it is planned anew. */
function formedMembers(storeFile: string): readonly PlannedMember[] {
  if (!existsSync(placeFile(storeFile))) return [];
  const former = readPlace(storeFile);
  if (former.kind !== 'etcd' || former.managed === null) return [];
  const { members } = former.managed;
  const here = members.map(({ host }) => join(dirname(storeFile), host)).filter((folder) => existsSync(folder));
  return here.every((folder) => isFormedIn(folder)) ? members : [];
}

/** See `agent/etcd-forming.ts`. */
function isFormedIn(folder: string): boolean {
  try {
    return readFileSync(join(folder, formedMark), 'utf8').trim() === 'formed';
  } catch {
    return false;
  }
}

/** Its members know each other by URLs without TLS: they go on so. */
function isFormedPlain(storeFile: string): boolean {
  if (!existsSync(placeFile(storeFile))) return false;
  const former = readPlace(storeFile);
  return former.kind === 'etcd' && former.managed !== null && former.managed.tls === null;
}

/** What `store.json` said before the store was moved, until the terms have gone along. */
export function formerPlaceFile(storeFile: string): string {
  return `${placeFile(storeFile)}.former`;
}

/** Where the store was before: in another etcd, or in the embedded file; null: nowhere else. */
export function readFormerPlace(storeFile: string): StorePlace | null {
  const file = formerPlaceFile(storeFile);
  if (existsSync(file)) return placeIn(file);
  return existsSync(storeFile) ? { kind: 'embedded', file: storeFile } : null;
}

/** Writes it down that the store is another one from now on, and where it was. With everything down. */
export function movePlace(place: StorePlace, storeFile: string): void {
  const file = placeFile(storeFile);
  if (existsSync(file) && placeWords(readPlace(storeFile)) !== placeWords(place))
    copyFileSync(file, formerPlaceFile(storeFile));
  writePlace(place, storeFile);
}

/** Writes it down for the agents; nothing for an embedded store where none was written before. */
export function writePlace(place: StorePlace, storeFile: string): void {
  const file = placeFile(storeFile);
  if (place.kind === 'embedded' && !existsSync(file)) return;
  if (place.kind === 'embedded') {
    rmSync(file);
    return;
  }
  const { system, managed, access } = place;
  // Agents of several hosts of this machine go over at the same moment.
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, `${JSON.stringify({ etcd: { system, managed, ...access } }, null, 2)}\n`, {
    mode: 0o600,
  });
  renameSync(next, file);
}

/** In words, one for each place: tells whether a person has moved the store. */
export function placeWords(place: StorePlace): string {
  if (place.kind === 'embedded') return place.file;
  return place.managed !== null ? 'a managed etcd' : `etcd at ${place.access.endpoints.join(', ')}`;
}

/**
 * Opens the store. With `make`, one that is not there yet is begun. Rejects with `StoreUnreachable` when it is worth trying again, with
 * `StoreError` when only a person can help. Libraries are loaded when they are needed.
 */
export async function openStore(place: StorePlace, make: boolean): Promise<Store> {
  switch (place.kind) {
    case 'embedded': {
      const { openEmbedded } = await import('./embedded.ts');
      return openEmbedded({ file: place.file, prefix: '' });
    }
    case 'etcd': {
      const { openEtcd } = await import('./etcd/etcd.ts');
      return openEtcd({ access: place.access, system: place.system, make });
    }
    default:
      return place satisfies never;
  }
}

function parsed(file: string): z.infer<typeof written>['etcd'] {
  try {
    return written.parse(JSON.parse(readFileSync(file, 'utf8'))).etcd;
  } catch (error) {
    const next = 'With everything down, remove it; `up` writes it anew from the description';
    throw new Error(`${file}, which says where the store is, cannot be read. ${next}`, { cause: error });
  }
}

function placeFile(storeFile: string): string {
  return join(dirname(storeFile), 'store.json');
}
