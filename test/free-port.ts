// A port for a server that a test starts later, by its number.

import { createServer, type Server } from 'node:net';

/**
 * Test files that run at the same time have blocks of ports apart: whoever listens on the first of a block has the whole of it, as long as its process lives.
 * Below the ports that the kernel gives away; a managed etcd has its own from 23790 on.
 */
const blocks = { from: 11_008, size: 64, count: 190 } as const;

let block = process.pid % blocks.count;
let last = 0;
/** Of the block at hand: the last that is given away. The one after it is nobody's, since the second host's console takes the next port to the first's. */
let end = 0;

let before: Promise<unknown> = Promise.resolve();

/** Nobody listens on it now, and no other test file and not the kernel gives it to anybody else. */
export function freePort(): Promise<number> {
  const port = before.then(next);
  before = port;
  return port;
}

async function next(): Promise<number> {
  for (;;) {
    if (last === end) await takeBlock();
    last += 1;
    const server = await listening(last);
    if (server === null) continue;
    await new Promise((resolve) => server.close(resolve));
    return last;
  }
}

async function takeBlock(): Promise<void> {
  for (;;) {
    block = (block + 1) % blocks.count;
    const first = blocks.from + block * blocks.size;
    const server = await listening(first);
    if (server === null) continue;
    // Held until this process ends, which it does not delay.
    server.unref();
    last = first;
    end = first + blocks.size - 2;
    return;
  }
}

/** Null: somebody listens there already. */
function listening(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
