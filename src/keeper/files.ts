// What lies in an instance's folder: `role.json` for the service, `record.json` and `leased` for the next keeper. Nothing is synced: all of it
// is void after a boot. A disk that is full may cost the record, never the instance: the next keeper also looks for marks.

import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { gate } from './gate.ts';
import type { InstanceId, Role } from '../ports.ts';

/** What an instance's record says; the role and the lease are in files of their own. */
export interface InstanceRecord {
  readonly instance: InstanceId;
  readonly service: string;
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  readonly startTicks: number;
  readonly startedAt: number;
  readonly startedAtMs: number;
  readonly leasable: boolean;
  /** The folder of its control group, or null. */
  readonly cgroup: string | null;
  readonly cgroupVersion: 'v1' | 'v2';
}

/** Role and term as last written for the service. */
export interface RoleFile {
  readonly role: Role;
  readonly term: number;
}

/** The folders of all instances of one keeper. */
export class InstanceFiles {
  readonly folder: string;
  readonly #disk = gate(2);

  /** `folder` is absolute and real: marks are compared with it. */
  constructor(folder: string) {
    this.folder = folder;
  }

  roleFile(instance: InstanceId): string {
    return join(this.folder, instance, 'role.json');
  }

  /** Makes the folder and writes the first role, before anybody reads it. */
  create(instance: InstanceId, role: RoleFile): Promise<void> {
    return this.#disk(async () => {
      await mkdir(join(this.folder, instance), { recursive: true, mode: 0o755 });
      await writeFile(this.roleFile(instance), JSON.stringify(role));
    });
  }

  /** Replaces the role by rename, so that a reader sees the old or the new one, whole. */
  writeRole(instance: InstanceId, role: RoleFile): Promise<void> {
    return this.#disk(async () => {
      await mkdir(join(this.folder, instance), { recursive: true, mode: 0o755 });
      const next = `${this.roleFile(instance)}.next`;
      await writeFile(next, JSON.stringify(role));
      await rename(next, this.roleFile(instance));
    });
  }

  /** Says that the instance may still act as active though its role file says otherwise. */
  markLeased(instance: InstanceId): Promise<void> {
    return this.#disk(() => writeFile(join(this.folder, instance, 'leased'), ''));
  }

  unmarkLeased(instance: InstanceId): Promise<void> {
    return this.#disk(() => rm(join(this.folder, instance, 'leased'), { force: true }));
  }

  writeRecord(record: InstanceRecord): Promise<void> {
    return this.#disk(() => writeFile(join(this.folder, record.instance, 'record.json'), JSON.stringify(record)));
  }

  forget(instance: InstanceId): Promise<void> {
    return this.#disk(() => rm(join(this.folder, instance), { recursive: true, force: true }));
  }

  /** Names of all folders there are. */
  async known(): Promise<string[]> {
    return this.#disk(() => readdir(this.folder)).catch(() => []);
  }

  /** Null when there is none or it was cut off. */
  async readRecord(instance: InstanceId): Promise<InstanceRecord | null> {
    const read: unknown = await this.#read(join(this.folder, instance, 'record.json'));
    return isRecord(read) && read.instance === instance ? read : null;
  }

  async readRole(instance: InstanceId): Promise<RoleFile | null> {
    const read: unknown = await this.#read(this.roleFile(instance));
    return isRole(read) ? read : null;
  }

  async isMarkedLeased(instance: InstanceId): Promise<boolean> {
    return (await this.#disk(() => readFile(join(this.folder, instance, 'leased'))).catch(() => null)) !== null;
  }

  async #read(path: string): Promise<unknown> {
    try {
      return JSON.parse(await this.#disk(() => readFile(path, 'utf8')));
    } catch {
      return null;
    }
  }
}

function isRole(value: unknown): value is RoleFile {
  if (typeof value !== 'object' || value === null || !('role' in value) || !('term' in value)) return false;
  return (
    typeof value.term === 'number' && (value.role === 'active' || value.role === 'standby' || value.role === 'passive')
  );
}

const recordTypes: Readonly<Record<keyof InstanceRecord, readonly string[]>> = {
  instance: ['string'],
  service: ['string'],
  host: ['string'],
  boot: ['string'],
  pid: ['number'],
  startTicks: ['number'],
  startedAt: ['number'],
  startedAtMs: ['number'],
  leasable: ['boolean'],
  cgroup: ['string', 'null'],
  cgroupVersion: ['string'],
};

function isRecord(value: unknown): value is InstanceRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(recordTypes).every(([name, types]) => {
    const field = fields.get(name);
    return types.includes(field === null ? 'null' : typeof field);
  });
}
