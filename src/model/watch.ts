// What a service says should be looked at beyond what follows from the rest of its description: `watch:`.

import type { Ms } from './units.ts';

/** Every list may be empty. Paths may be relative to the service's folder. */
export interface ServiceWatch {
  /** Folders whose file systems must have room. */
  readonly disk: readonly string[];
  /** Folders that must be mounts. */
  readonly mounts: readonly string[];
  readonly certificates: readonly CertificateWatch[];
  readonly properties: readonly { readonly file: string; readonly name: string; readonly value: string | null }[];
  /** Names that must resolve. */
  readonly names: readonly string[];
  readonly packages: readonly string[];
  readonly units: readonly string[];
  readonly accounts: readonly string[];
  /** Text that must stand in a line of cron or sudo. */
  readonly entries: readonly string[];
  readonly idle: readonly { readonly to: string; readonly for: Ms }[];
  readonly snapshots: readonly { readonly path: string; readonly within: Ms }[];
  /** Folders whose entries wait to be worked off. */
  readonly queues: readonly string[];
}

export interface CertificateWatch {
  readonly file: string | null;
  readonly on: string | null;
  readonly name: string | null;
  readonly passwordFile: string | null;
}

/** Nothing said. */
export const noWatch: ServiceWatch = {
  disk: [],
  mounts: [],
  certificates: [],
  properties: [],
  names: [],
  packages: [],
  units: [],
  accounts: [],
  entries: [],
  idle: [],
  snapshots: [],
  queues: [],
};
