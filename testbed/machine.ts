// A machine of the testbed: its namespace and folders, the wall clock that its agent and keeper see, its member of etcd.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineSpace } from './space.ts';

export interface Machine {
  readonly host: string;
  readonly space: MachineSpace;
  readonly folder: string;
  readonly state: string;
}

const clockFile = (machine: Machine): string => join(machine.folder, 'clock');

/** What makes a process see the wall clock of the machine's file; monotonic clocks stay as they are. */
export function clockOf(machine: Machine): Record<string, string> {
  return {
    LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
    FAKETIME_TIMESTAMP_FILE: clockFile(machine),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_CACHE_DURATION: '1',
  };
}

/** Moves the wall clock that this machine's agent and keeper see, as faketime writes it: `+3y`, `-2d`. */
export function setClock(machine: Machine, offset: string): void {
  writeFileSync(clockFile(machine), `${offset}\n`);
}

/** The member of etcd on a machine, managed or not. */
export function etcdPids(machine: Machine): number[] {
  return machine.space.pids().filter((pid) => /^(\S*\/)?etcd\0--name/.test(commandOf(pid)));
}

/** The command line of a process, its words parted by NUL; empty when it is gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
