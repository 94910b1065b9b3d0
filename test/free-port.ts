// A port for a server that a test starts later, by its number.

import { createServer } from 'node:net';

// Test files that run at the same time have pids near each other: they begin far apart. A managed etcd has its own ports from 23790 on.
let last = 11_000 + ((process.pid * 211) % 12_000);

/** Nobody listens on it now, and the kernel gives it to nobody else: it lies below those that it gives away. */
export async function freePort(): Promise<number> {
  for (;;) {
    last += 1;
    const port = last;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
