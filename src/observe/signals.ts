// Whether a process has a handler for a signal, so that an activation by SIGUSR1 does not kill one that is still starting.
// Does not cover: programs whose runtime installs a handler of its own first. Node catches SIGUSR1 from its first moment
// (for its debugger), the JVM and Go catch nearly all: for them `ready` has to tell that the own handler is there.

import { constants } from 'node:os';
import { readFile } from 'node:fs/promises';

const lookEveryMs = 5;

/**
 * Waits until the process catches the signal, or has it blocked for some looks in a row (it takes it by `sigwait`). False
 * when `withinMs` is over, the process is gone, or the signal has no such name.
 */
export async function waitUntilCaught(pid: number, signal: string, withinMs: number): Promise<boolean> {
  const number = numberOf(signal);
  if (number === null) return false;
  // By the clock, not by the number of looks: on a machine without processors to spare a look takes many times as long.
  const until = performance.now() + withinMs;
  let blocked = 0;
  for (let look = 0; look === 0 || performance.now() < until; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    const masks = await masksOf(pid);
    if (masks === null) return false;
    if (hasBit(masks.caught, number)) return true;
    // Programs block signals for a moment while they fork; only one that stays so waits for it.
    blocked = hasBit(masks.blocked, number) ? blocked + 1 : 0;
    if (blocked >= 10) return true;
  }
  return false;
}

function numberOf(signal: string): number | null {
  const found = Object.entries(constants.signals).find(([name]) => name === signal);
  return found?.[1] ?? null;
}

/** Null: gone, a zombie, or not to be read. */
async function masksOf(pid: number): Promise<{ caught: bigint; blocked: bigint } | null> {
  let status: string;
  try {
    status = await readFile(`/proc/${pid}/status`, 'latin1');
  } catch {
    return null;
  }
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const blocked = /^SigBlk:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (caught === undefined || blocked === undefined || /^State:\s*[ZX]/m.test(status)) return null;
  return { caught: BigInt(`0x${caught}`), blocked: BigInt(`0x${blocked}`) };
}

function hasBit(mask: bigint, signal: number): boolean {
  return ((mask >> BigInt(signal - 1)) & 1n) === 1n;
}
