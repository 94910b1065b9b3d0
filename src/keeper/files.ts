// What lies in an instance's folder: `role.json` for the service, `record` and `leased` for the next keeper. Role and record are first written by
// the lines of shell that become the service, so nothing runs without them. Nothing is synced: all of it is void after a boot. A disk that is full may cost the record, never the instance: the next keeper also looks for marks.

import { chmod, mkdir, open, readFile, readdir, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Role } from '../model/states.ts';
import { gate } from './gate.ts';
import { parseStat } from '../model/process-stat.ts';
import type { InstanceId } from '../ports.ts';

/** What an instance's record says; the role and the lease are in files of their own. */
export interface InstanceRecord {
  readonly instance: InstanceId;
  readonly service: string;
  readonly host: string;
  readonly boot: string;
  readonly startedAt: number;
  readonly startedAtMs: number;
  readonly leasable: boolean;
  /** The folder of its control group, or null. */
  readonly cgroup: string | null;
  readonly cgroupVersion: 'v1' | 'v2';
}

/** A record as found: with the process that wrote it and became the service. */
export interface FoundRecord extends InstanceRecord {
  readonly pid: number;
  readonly startTicks: number;
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
  readonly #there = new Set<string>();
  /** The umask of who ran `up`, which is that of the services, would keep those of other accounts from their role. */
  readonly #isNarrow = (process.umask() & 0o055) !== 0;

  /** `folder` is absolute and real: marks are compared with it. */
  constructor(folder: string) {
    this.folder = folder;
  }

  roleFile(instance: InstanceId): string {
    return join(this.folder, instance, 'role.json');
  }

  recordFile(instance: InstanceId): string {
    return join(this.folder, instance, 'record');
  }

  createFolder(instance: InstanceId): Promise<void> {
    return this.#disk(async () => {
      await mkdir(join(this.folder, instance), { mode: 0o755 });
      if (this.#isNarrow) await chmod(join(this.folder, instance), 0o755);
    });
  }

  /** For the folder of outputs, which is there but for the first time. */
  async createOnce(folder: string): Promise<void> {
    if (this.#there.has(folder)) return;
    await this.#disk(() => mkdir(folder, { recursive: true, mode: 0o711 }));
    this.#there.add(folder);
  }

  /** Replaces the role by rename, so that a reader sees the old or the new one, whole. */
  writeRole(instance: InstanceId, role: RoleFile): Promise<void> {
    return this.#disk(async () => {
      // Each step here is a hand-over to another thread and back, and lies in the gap of every failover: so the folder, which is there unless somebody
      // took it away, is not looked for first, and the file is closed when it is in its place.
      const next = `${this.roleFile(instance)}.next`;
      const file = await open(next, 'w').catch(async () => {
        await mkdir(join(this.folder, instance), { recursive: true, mode: 0o755 });
        return open(next, 'w');
      });
      try {
        if (this.#isNarrow) await file.chmod(0o644);
        await file.writeFile(JSON.stringify(role));
        await rename(next, this.roleFile(instance));
      } finally {
        void file.close().catch(() => undefined);
      }
    });
  }

  /** Says that the instance may still act as active though its role file says otherwise. */
  markLeased(instance: InstanceId): Promise<void> {
    return this.#disk(() => writeFile(join(this.folder, instance, 'leased'), ''));
  }

  unmarkLeased(instance: InstanceId): Promise<void> {
    return this.#disk(() => rm(join(this.folder, instance, 'leased'), { force: true }));
  }

  /** Removes what is known to be there, then the folder; what somebody else put into it goes too. */
  forget(instance: InstanceId): Promise<void> {
    const folder = join(this.folder, instance);
    return this.#disk(async () => {
      for (const name of ['role.json', 'record']) await unlink(join(folder, name)).catch(() => undefined);
      await rmdir(folder).catch(() => rm(folder, { recursive: true, force: true }));
    });
  }

  /** Names of all folders there are. */
  async known(): Promise<string[]> {
    return this.#disk(() => readdir(this.folder)).catch(() => []);
  }

  /** Null when there is none or it was cut off. */
  async readRecord(instance: InstanceId): Promise<FoundRecord | null> {
    const text = await this.#disk(() => readFile(this.recordFile(instance), 'utf8')).catch(() => '');
    const [line = '', stat = '', end] = text.split('\n');
    const read = parsed(line);
    const process = parseStat(stat);
    if (end === undefined || process === null || !isRecord(read) || read.instance !== instance) return null;
    return { ...read, pid: Number.parseInt(stat, 10), startTicks: process.startTicks };
  }

  async readRole(instance: InstanceId): Promise<RoleFile | null> {
    const read = parsed(await this.#disk(() => readFile(this.roleFile(instance), 'utf8')).catch(() => ''));
    return isRole(read) ? read : null;
  }

  async isMarkedLeased(instance: InstanceId): Promise<boolean> {
    return (await this.#disk(() => readFile(join(this.folder, instance, 'leased'))).catch(() => null)) !== null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
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
