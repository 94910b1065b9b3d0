// A service that answers whether it is active: a line back for each line in. LOAD_MS is what it takes to load its state (i).
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { member } from '../../src/member.js';

const me = member();
const loadMs = Number(process.env.LOAD_MS ?? 0);

me.onRole(async ({ role }) => {
  if (role === 'active' && loadMs > 0) await pause(loadMs);
});

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write(`${me.mayEmit() ? 'active' : 'waiting'} ${me.term}\n`));
}).listen(Number(process.env.PORT), '127.0.0.1');
