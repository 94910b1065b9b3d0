// A FUSE file system whose every file errs: answers what mounting needs and refuses the rest with EIO. Protocol: linux/fuse.h, version 7.31.
// Served by this process, so nothing here may touch it except through other processes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, read, writeSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { shQuietly } from './look.ts';

const opcodes = { getattr: 3, forget: 2, init: 26, statfs: 17, batchForget: 42, interrupt: 36, destroy: 38 };
const eio = -5;

/** Mounts it on a folder until the test is over. */
export async function mountErring(t: TestContext, at: string): Promise<void> {
  const device = openSync('/dev/fuse', 'r+');
  const mount = spawn('mount', ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'erring', at], {
    stdio: ['ignore', 'ignore', 'inherit', device],
  });
  let open = true;
  t.after(() => {
    open = false;
    shQuietly('umount -l "$1"', at);
    closeSync(device);
  });
  const buffer = Buffer.alloc(1 << 18);
  const serve = (): void =>
    read(device, buffer, 0, buffer.length, null, (error, length) => {
      if (!open || error?.code === 'ENODEV' || error?.code === 'EBADF') return;
      // Who asked may be gone before it is read (ENOENT, EINTR), or before it is answered.
      const answer = error === null ? answerTo(buffer.subarray(0, length)) : null;
      try {
        if (answer !== null) writeSync(device, answer);
      } catch {
        // Nobody waits for it any more.
      }
      serve();
    });
  serve();
  await once(mount, 'exit');
}

/** Null: nothing is answered to it. */
function answerTo(request: Buffer): Buffer | null {
  switch (request.readUInt32LE(4)) {
    case opcodes.forget:
    case opcodes.batchForget:
    case opcodes.interrupt:
      return null;
    case opcodes.init: {
      const body = Buffer.alloc(64);
      body.writeUInt32LE(7, 0);
      body.writeUInt32LE(31, 4);
      body.writeUInt32LE(1 << 17, 20);
      return framed(request, 0, body);
    }
    case opcodes.getattr: {
      const body = Buffer.alloc(104);
      body.writeBigUInt64LE(1n, 16); // inode
      body.writeUInt32LE(0o40755, 76); // mode
      body.writeUInt32LE(2, 80); // links
      return framed(request, 0, body);
    }
    case opcodes.statfs:
      return framed(request, 0, Buffer.alloc(80));
    case opcodes.destroy:
      return framed(request, 0, Buffer.alloc(0));
    default:
      return framed(request, eio, Buffer.alloc(0));
  }
}

function framed(request: Buffer, error: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(error, 4);
  request.copy(head, 8, 8, 16);
  return Buffer.concat([head, body]);
}
