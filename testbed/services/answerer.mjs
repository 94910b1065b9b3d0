// A service of the testbed that checks its own deadline before it answers: `member`. PORT is where it is asked.
import { createSocket } from 'node:dgram';
import { member } from '../../src/member.js';

const me = member();
me.onRole(() => {});

const socket = createSocket('udp4');
socket.on('message', (question, from) => {
  const answer = Buffer.alloc(11);
  question.copy(answer, 0, 0, 6);
  answer.writeUInt8(me.mayEmit() ? 1 : 0, 6);
  answer.writeUInt32LE(me.term, 7);
  socket.send(answer, from.port, from.address, () => {});
});
socket.on('error', () => {});
socket.bind(Number(process.env.PORT));
