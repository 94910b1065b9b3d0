// What a host has and uses, as figures for people. Nothing is decided by them: what holds something up is a finding (mode.ts).

/** As its detectors saw it last. Null or absent: the kernel does not say, or nobody has looked yet. */
export interface HostFigures {
  /** Absent, as each of these: it could not be told. */
  readonly processors?: ProcessorFigures;
  readonly memory?: MemoryFigures;
  readonly waits?: WaitFigures;
  readonly disks?: readonly DiskFigures[];
  readonly processes?: readonly ProcessFigures[];
}

/** The processors of a host. */
export interface ProcessorFigures {
  /** How many are online. */
  readonly count: number;
  /** Of all processors together since the look before, 0 to 1. */
  readonly used: number | null;
  /** Tasks that run or wait to, averaged over 1, 5 and 15 min. */
  readonly load: readonly [number, number, number] | null;
}

/** Bytes. */
export interface MemoryFigures {
  readonly total: number;
  /** What programs can have without swapping. */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** Pressure stall information: for how much of the last minute some task, or all of them, waited; 0 to 1. */
export interface WaitFigures {
  readonly processors: number | null;
  readonly memory: number | null;
  readonly memoryAll: number | null;
  readonly disks: number | null;
  readonly disksAll: number | null;
}

/** One file system, sizes in bytes. */
export interface DiskFigures {
  readonly at: string;
  readonly size: number;
  /** For who is not root. */
  readonly free: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** The main process of an instance, without what it started. */
export interface ProcessFigures {
  readonly service: string;
  readonly pid: number;
  /** Resident, in bytes. */
  readonly memory: number;
  /** Of one processor since the look before; 2 is two processors. */
  readonly used: number | null;
}
