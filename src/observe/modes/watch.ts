// What the detectors of one host look at: made from the description (agent/watch.ts), every name filled in, every path absolute. Plain data: it
// crosses to the thread that they run in.

/** A folder or file, and the services that it matters to; none: the whole host. */
export interface WatchedPath {
  readonly path: string;
  readonly services: readonly string[];
}

/** A folder on a file system that is watched. */
export interface WatchedFolder extends WatchedPath {
  /** Files are made in it: logs, or what `watch: { disk }` says. Absent: that is not known. */
  readonly isWritten?: boolean;
}

/** A file of a service's `files` or `watch`, and how it should be; null: it may be any. */
export interface WatchedFile extends WatchedPath {
  readonly mode: string | null;
  readonly owner: string | null;
  readonly group: string | null;
  /** Properties that must be there; `value` null: with any value. */
  readonly properties: readonly { readonly name: string; readonly value: string | null }[];
}

/** A certificate that services use. */
export interface WatchedCertificate {
  readonly services: readonly string[];
  /** Absolute; null: only the port is known. */
  readonly file: string | null;
  /** Where it is served, `host:port`; null: only the file is known. */
  readonly on: string | null;
  /** Must be among its names; null: the host of `on`, when that is a name. */
  readonly name: string | null;
  /** Its private key in a file of its own; null: in the same one, or not known. */
  readonly key: string | null;
  readonly passwordFile: string | null;
  /** People say that the file is one; else it only looks so by its name, and may hold a key alone. */
  readonly isNamed: boolean;
}

/** A program; a `path` without a slash is looked for in `searched`, the PATH of its service. */
export interface WatchedProgram extends WatchedPath {
  readonly searched: string;
}

/** A process of a service, as it runs now. */
export interface WatchedProcess {
  readonly service: string;
  readonly pid: number;
  /** What the description limits its memory to; null: nothing. */
  readonly memoryLimit: number | null;
}

/** All that is looked at. */
export interface Watch {
  readonly system: string;
  readonly host: string;
  /** The address that the description gives this host. */
  readonly address: string;
  /** Where detectors keep what must survive a restart: the last known good, the last boot. */
  readonly kept: string;
  /** Detectors that do not look. */
  readonly off: readonly string[];
  readonly folders: readonly WatchedFolder[];
  readonly mounts: readonly WatchedPath[];
  readonly files: readonly WatchedFile[];
  /** What of each service is this instance's own by the description, by name: a port of its own, its host. Files may say it without being others. */
  readonly own: readonly { readonly service: string; readonly values: Readonly<Record<string, string>> }[];
  readonly certificates: readonly WatchedCertificate[];
  readonly processes: readonly WatchedProcess[];
  /** Programs that services run. */
  readonly programs: readonly WatchedProgram[];
  readonly packages: readonly WatchedPackage[];
  readonly units: readonly WatchedName[];
  readonly accounts: readonly WatchedName[];
  /** Lines of cron or sudo files; `path` null: in any of them. */
  readonly entries: readonly { readonly text: string; readonly services: readonly string[] }[];
  /** Names that must resolve. */
  readonly names: readonly WatchedName[];
  /** Ports of services here, `host:port`: their checks see whether they answer, the detectors how full their queues are. */
  readonly listens: readonly WatchedName[];
  /** Addresses elsewhere that must take connections, `host:port`. */
  readonly ports: readonly WatchedName[];
  /** Connections to hold silent. */
  readonly idle: readonly { readonly to: string; readonly forMs: number; readonly services: readonly string[] }[];
  readonly snapshots: readonly {
    readonly path: string;
    readonly withinMs: number;
    readonly services: readonly string[];
  }[];
  /** Folders whose entries wait to be worked off. */
  readonly queues: readonly WatchedPath[];
  readonly logs: readonly WatchedPath[];
  /** What to ask of each service to see how long an answer takes: `http://…`, or `tcp://host:port`. */
  readonly answers: readonly { readonly service: string; readonly url: string; readonly role: string }[];
  /** Client URLs of an etcd of one's own. */
  readonly etcd: readonly string[];
  /** How etcdctl is let in: `--cacert`, `--cert`, `--key` and their files. */
  readonly etcdOptions: readonly string[];
  /** What the other hosts' detectors told, for comparison: by host, `what` to `value`. */
  readonly peers: readonly PeerFacts[];
}

/** A name that must resolve, and who needs it. */
export interface WatchedName {
  readonly name: string;
  readonly services: readonly string[];
}

/** A package; `npm:` and an absolute folder, of one that npm has put there. */
export interface WatchedPackage extends WatchedName {
  /** As the description calls it on every host. */
  readonly as: string;
}

/** What one host knows of itself that others compare with their own. */
export interface PeerFacts {
  readonly host: string;
  readonly address: string;
  /** By how much its clock is surely ahead of ours; 0: not known to be. */
  readonly clockAheadMs: number;
  readonly facts: Readonly<Record<string, string>>;
}
