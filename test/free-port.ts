// A port for a server that a test starts later, by its number.

import { createServer } from 'node:net';

/** Below those that the kernel gives away, and below those of a managed etcd, which begin at 23790. */
const from = 11_000;
const blocks = 60;
const blockSize = 200;

/** The next port of a block that is this process's alone, and where that ends. */
let [next, end] = [0, 0];
/** Asked for one after the other, so that many at once take no more blocks than they need. */
let last: Promise<number> = Promise.resolve(0);
/** The blocks that are this process's: whoever was given a port of one may use it still. */
const held = new Set<number>();

/**
 * Nobody listens on it now, no other test file is given it while this one runs, and the kernel gives it to nobody else: so it is free still when the
 * server begins.
 */
export function freePort(): Promise<number> {
  last = last.then(nextFree);
  return last;
}

async function nextFree(): Promise<number> {
  for (;;) {
    if (next === end) {
      next = await takeBlock();
      end = next + blockSize;
    }
    next += 1;
    if (await canListen(next - 1)) return next - 1;
  }
}

/** The first port of a block that no other process has: an abstract socket of its name says so, until this process ends. */
async function takeBlock(): Promise<number> {
  const first = process.pid % blocks;
  for (let n = 0; n < blocks; n += 1) {
    const block = (first + n) % blocks;
    if (held.has(block)) continue;
    held.add(block);
    if (await hold(block)) return from + block * blockSize;
    held.delete(block);
  }
  throw new Error(`all ${blocks} blocks of ${blockSize} ports are taken by other tests`);
}

function hold(block: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.once('error', () => resolve(false));
    server.listen(`\0standfast-test-ports-${block}`, () => resolve(true));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
