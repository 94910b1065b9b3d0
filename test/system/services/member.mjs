// Takes part through `standfast/member`: loads when it becomes active, answers while it may emit, asks to take over on SIGUSR2.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { member } from '../../../src/member.js';

const { PORT, LOAD_MS = '0', STANDFAST_HOST: host } = process.env;
const me = member({ heartbeatEveryMs: 100 });
me.onRole(async ({ role, term }) => {
  if (role === 'active') await pause(Number(LOAD_MS));
  console.log(`${role} in term ${term}`);
});
process.on('SIGUSR2', () => {
  void me
    .takeover()
    .then((answer) =>
      console.log(answer.ok ? `takeover: ${answer.text}` : `takeover refused ${answer.code}: ${answer.why}`),
    );
});
createServer((_, response) => {
  response.writeHead(me.mayEmit() ? 200 : 503).end(JSON.stringify({ term: me.term, host, pid: process.pid }));
}).listen(Number(PORT), '127.0.0.1');
