// The machine that figures were measured on: without it they say nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly system: string;
  /** Of the folder that holds the state. */
  readonly fileSystem: string;
  readonly node: string;
  /** Load over the last minute as the benchmark began: others at work on the machine show here. */
  readonly load: number;
  readonly commit: string;
  readonly at: string;
}

const fileSystems = new Map([
  [0xef53, 'ext4'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
]);

/** Describes this machine; `folder` is on the file system in question. */
export function describeMachine(folder: string): Machine {
  const { type } = statfsSync(folder);
  const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: system ?? 'unknown',
    fileSystem: fileSystems.get(type) ?? `0x${type.toString(16)}`,
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: git('rev-parse', '--short', 'HEAD') + changed,
    at: new Date().toISOString(),
  };
}
