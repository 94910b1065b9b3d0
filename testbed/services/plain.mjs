// A service of the testbed that knows nothing of deadlines: it answers as active from SIGUSR1 until it is ended. PORT is where it is asked.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';

let role = process.env.STANDFAST_ROLE;
let term = Number(process.env.STANDFAST_TERM);
process.on('SIGUSR1', () => ({ role, term } = JSON.parse(readFileSync(process.env.STANDFAST_ROLE_FILE, 'utf8'))));

const socket = createSocket('udp4');
socket.on('message', (question, from) => {
  const answer = Buffer.alloc(11);
  question.copy(answer, 0, 0, 6);
  answer.writeUInt8(role === 'active' ? 1 : 0, 6);
  answer.writeUInt32LE(term, 7);
  socket.send(answer, from.port, from.address, () => {});
});
socket.on('error', () => {});
socket.bind(Number(process.env.PORT));
