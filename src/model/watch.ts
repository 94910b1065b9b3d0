// What a service says should be looked at beyond what follows from the rest of its description: `watch:`.

import type { Ms } from './units.ts';

/** Every list may be empty. Paths may be relative to the service's folder. */
export interface ServiceWatch {
  /** Folders whose file systems must have room. */
  readonly disk: readonly string[];
  /** Folders that must be mounts. */
  readonly mounts: readonly string[];
  readonly certificates: readonly CertificateWatch[];
  /** `value` null: with any value. */
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

interface CertificateWatch {
  readonly file: string | null;
  readonly on: string | null;
  readonly name: string | null;
  readonly key: string | null;
  readonly passwordFile: string | null;
}

/** As it is on one host: `text` fills in every `${NAME}`. What is looked for in files (properties, entries) may hold such texts of its own and stays as it is. */
export function filledWatch(watch: ServiceWatch, text: (raw: string) => string): ServiceWatch {
  const all = (list: readonly string[]): readonly string[] => list.map(text);
  const maybe = (raw: string | null): string | null => (raw === null ? null : text(raw));
  return {
    disk: all(watch.disk),
    mounts: all(watch.mounts),
    certificates: watch.certificates.map(({ file, on, name, key, passwordFile }) => ({
      file: maybe(file),
      on: maybe(on),
      name: maybe(name),
      key: maybe(key),
      passwordFile: maybe(passwordFile),
    })),
    properties: watch.properties.map((each) => ({ ...each, file: text(each.file) })),
    names: all(watch.names),
    packages: all(watch.packages),
    units: all(watch.units),
    accounts: all(watch.accounts),
    entries: watch.entries,
    idle: watch.idle.map((each) => ({ ...each, to: text(each.to) })),
    snapshots: watch.snapshots.map((each) => ({ ...each, path: text(each.path) })),
    queues: all(watch.queues),
  };
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
