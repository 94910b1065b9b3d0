// Where things lie in a state folder. Paths only. Folders are 0711, so that a service under another account reaches its role file and its socket
// and can list nothing; files and the other sockets are for the owner alone.

import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** The state folder: `--state`, else STANDFAST_STATE, else /var/lib/standfast as root, else the XDG state folder; null when that would lie in a home that is not known. */
export function stateFolder(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
): string | null {
  if (option !== undefined && option !== '') return option;
  const fromEnv = env['STANDFAST_STATE'];
  if (fromEnv !== undefined && fromEnv !== '') return fromEnv;
  if (uid === 0) return '/var/lib/standfast';
  return userFolder(env, 'XDG_STATE_HOME', join('.local', 'state'));
}

/**
 * Where Node keeps what it compiled: without it a start from TypeScript takes ten times as long. A folder of one's own, since in a shared one
 * others could put code for us to run; null when no home is known.
 */
export function compiledCodeFolder(env: Readonly<Record<string, string | undefined>>): string | null {
  const cache = userFolder(env, 'XDG_CACHE_HOME', '.cache');
  return cache === null ? null : join(cache, 'compiled');
}

/** Ours in the folder that the variable names, else in that one of the home. */
function userFolder(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  inHome: string,
): string | null {
  const named = env[variable];
  if (named !== undefined && named !== '') return join(named, 'standfast');
  const home = homeFolder(env);
  return home === null ? null : join(home, inHome, 'standfast');
}

/** Of who runs this; null when nothing says: no HOME, and no such account on this machine, as in some containers. */
function homeFolder(env: Readonly<Record<string, string | undefined>>): string | null {
  const home = env['HOME'];
  if (home !== undefined && home !== '') return home;
  try {
    return userInfo().homedir;
  } catch {
    return null;
  }
}

/** What all agents of one system on this machine share. */
export interface SystemLayout {
  readonly folder: string;
  readonly storeFile: string;
  /** Where the store is when it is another than `storeFile`; absent: it is that. */
  readonly storePlaceFile: string;
  /** Where the description lies on this machine, when the store serves several: relative paths start there. Written by `up`. */
  readonly hereFile: string;
  host(name: string): HostLayout;
}

/** What belongs to one described host. */
export interface HostLayout {
  readonly folder: string;
  /** Unix sockets; a path in `sockets` is short enough for the kernel (107 bytes). */
  readonly keeperSocket: string;
  readonly agentSocket: string;
  /** What services are told (`STANDFAST_SOCKET`): open to every account, since a service may run under another; it takes only what services say. */
  readonly memberSocket: string;
  readonly peerSocket: string;
  /** True when the sockets are reached through a short link to `folder`, which must be made first: `socketLink`. */
  readonly socketLink: string | null;
  readonly journalFile: string;
  /** The description that the agent last used. */
  readonly descriptionFile: string;
  /** The same as it was read, for whoever reads the same text again. */
  readonly readingFile: string;
  /** What an agent remembers across restarts while the store is away: identity, revision, terms. */
  readonly memoryFile: string;
  /** That the host was told to go down, for an agent that is killed meanwhile. */
  readonly leavingFile: string;
  /** Incidents that the store does not have yet, for the agent's next life. */
  readonly unsavedFile: string;
  /** Key and certificate for talking to the agents of other machines; its owner's alone. */
  readonly peerCertificate: string;
  /** Which certificates of other hosts count, as the store said last. */
  readonly peersFile: string;
  /** Tells this state folder from that of another machine which bears the host's name. */
  readonly machineFile: string;
  /** What runs under other process managers. */
  readonly managedFile: string;
  readonly instances: string;
  readonly logs: string;
  readonly keeperLog: string;
  readonly agentLog: string;
  /** What the console's process writes. */
  readonly consoleLog: string;
  output(service: string): string;
}

/** The longest path that fits a Unix socket's address. */
const socketPathLimit = 107;
/** Not TMPDIR: everybody who asks must look in the same place, whatever environment they come with, and its path is short. */
const linkFolder = '/tmp';

/** The layout of one system below a state folder (absolute). */
export function systemLayout(state: string, system: string): SystemLayout {
  const folder = join(state, system);
  return {
    folder,
    storeFile: join(folder, 'store.db'),
    storePlaceFile: join(folder, 'store.json'),
    hereFile: join(folder, 'here.json'),
    host: (name) => hostLayout(folder, name),
  };
}

function hostLayout(system: string, host: string): HostLayout {
  const folder = join(system, host);
  const tooLong = Buffer.byteLength(join(folder, 'keeper.sock')) > socketPathLimit;
  const link = tooLong
    ? join(linkFolder, `standfast-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`)
    : null;
  const sockets = link ?? folder;
  const logs = join(folder, 'log');
  return {
    folder,
    keeperSocket: join(sockets, 'keeper.sock'),
    agentSocket: join(sockets, 'agent.sock'),
    memberSocket: join(sockets, 'member.sock'),
    peerSocket: join(sockets, 'peer.sock'),
    socketLink: link,
    journalFile: join(folder, 'journal.db'),
    descriptionFile: join(folder, 'description.json'),
    readingFile: join(folder, 'reading.bin'),
    memoryFile: join(folder, 'memory.json'),
    leavingFile: join(folder, 'leaving.json'),
    unsavedFile: join(folder, 'unsaved-incidents.json'),
    peerCertificate: join(folder, 'peer.pem'),
    peersFile: join(folder, 'peers.json'),
    machineFile: join(folder, 'machine'),
    managedFile: join(folder, 'managed.json'),
    instances: join(folder, 'instances'),
    logs,
    keeperLog: join(folder, 'keeper.log'),
    agentLog: join(folder, 'agent.log'),
    consoleLog: join(folder, 'console.log'),
    output: (service) => join(logs, `${service}.log`),
  };
}
