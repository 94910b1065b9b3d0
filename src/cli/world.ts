// What the verbs need of the rest of the house, wired in main.ts: cli/ itself asks agents through client.ts and reads journals.

import type { System } from '../model/system.ts';
import type { Vocabulary } from './explain/words.ts';

/** Opened lazily, so that a verb loads only what it uses. */
export interface World {
  /** What the core's rule numbers and causes mean. */
  vocabulary(): Promise<Vocabulary>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** As it is kept: an argon2id string. */
  hashPassword(password: string): Promise<string>;
  /** As in package.json. */
  version(): Promise<string>;
  /** Asks each member of that store's etcd how it is; null: the store is embedded. */
  etcdHealth(file: string): Promise<EtcdHealth | null>;
  /** The store of the system whose embedded one would be `file`. With `make` a new one is begun where an etcd holds none; who only looks changes nothing. */
  openStore(file: string, make: boolean): Promise<DescriptionStore>;
  /** Where that store is, and where the description wants it; in words for people, the same words for the same place. */
  storePlace(
    file: string,
    system: System,
  ): Promise<{
    readonly inUse: string;
    readonly wanted: string;
    /** The hosts on which members of the wanted one run under our keepers; null: it is not ours to run. */
    readonly managed: readonly string[] | null;
    /** From now on the wanted one. */
    use(): void;
  }>;
  /** Keeps what was read of this text for the agent, which need not read it again; see HostLayout. */
  keepReading(
    file: string,
    given: { readonly text: string; readonly folder: string; readonly file: string },
    system: System,
  ): Promise<void>;
  /** Who listens on the TCP port of this machine; null when nobody can be seen. */
  ownerOfPort(port: number): Promise<PortOwner | null>;
  /** Which control groups a keeper can make here; null: none. */
  cgroupVersion(): Promise<'v1' | 'v2' | null>;
  /** Starts a keeper that keeps an agent for this host; resolves once it answers. */
  startKeeper(of: { readonly state: string; readonly system: string; readonly host: string }): Promise<void>;
}

interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/** The part of a store that `up` and `doctor` use. */
export interface DescriptionStore {
  identity(): Promise<string>;
  /** The description in force; null when there is none yet. */
  description(): Promise<StoredDescription | null>;
  /** What each host last reported of b, i and s of its instances. */
  history(): Promise<readonly InstanceHistory[]>;
  /** Writes it if there is none; false: there was one already. */
  describe(description: StoredDescription): Promise<boolean>;
  close(): Promise<void>;
}

/** An etcd as its members tell. Ids are hexadecimal; 0: none. */
export interface EtcdHealth {
  readonly managed: boolean;
  readonly members: readonly {
    readonly endpoint: string;
    /** Why it does not answer; null: it does. */
    readonly why: string | null;
    readonly id: string;
    readonly cluster: string;
    readonly version: string;
    readonly leader: string;
    readonly dbBytes: number;
    readonly errors: readonly string[];
    /** By how much its time of day is ahead of ours, to about a second. */
    readonly clockAheadMs: number | null;
  }[];
  /** Who belongs to it by its own word; null: nobody answers. */
  readonly listed:
    | readonly { readonly id: string; readonly name: string; readonly clientUrls: readonly string[] }[]
    | null;
  readonly alarms: readonly { readonly id: string; readonly kind: 'NOSPACE' | 'CORRUPT' | 'other' }[] | null;
  /** How long writes took, ascending. */
  readonly writeMs: readonly number[];
  readonly cannotWrite: string | null;
}

/** Measured at recent starts (b), loads (i) and switches (s), the newest last. In ms. */
export interface InstanceHistory {
  readonly service: string;
  readonly host: string;
  readonly bMs: readonly number[];
  readonly iMs: readonly number[];
  readonly switchMs: readonly number[];
}

/** As the agents read it. */
export interface StoredDescription {
  readonly text: string;
  readonly folder: string;
  readonly file: string;
  readonly hash: string;
}
