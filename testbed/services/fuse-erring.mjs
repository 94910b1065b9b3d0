// A FUSE file system whose every file errs, mounted on the folder that is named: answers what mounting needs and refuses the rest with EIO.
// Protocol: linux/fuse.h, version 7.31.
import { spawn } from 'node:child_process';
import { openSync, read, writeSync } from 'node:fs';

const [, , at = ''] = process.argv;
const opcodes = { getattr: 3, forget: 2, init: 26, statfs: 17, batchForget: 42, interrupt: 36, destroy: 38 };
const device = openSync('/dev/fuse', 'r+');
const mount = spawn('mount', ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'erring', at], {
  stdio: ['ignore', 'ignore', 'inherit', device],
});
mount.on('exit', () => console.log('up'));
const buffer = Buffer.alloc(1 << 18);

function serve() {
  read(device, buffer, 0, buffer.length, null, (error, length) => {
    if (error?.code === 'ENODEV') return;
    const answer = error === null ? answerTo(buffer.subarray(0, length)) : null;
    try {
      if (answer !== null) writeSync(device, answer);
    } catch {
      // Nobody waits for it any more.
    }
    serve();
  });
}
serve();

function answerTo(request) {
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
      return framed(request, -5, Buffer.alloc(0));
  }
}

function framed(request, error, body) {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(error, 4);
  request.copy(head, 8, 8, 16);
  return Buffer.concat([head, body]);
}
