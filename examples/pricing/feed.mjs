// A tick feed: 20 times a second the mid price of three pairs. Nothing is drawn: a tick follows from the time of day alone, so
// the feeds on both hosts emit the same ticks with the same numbers, and who reads both drops the second of each.
//
//   curl -N http://127.0.0.1:7401/ticks
import { createServer } from 'node:http';
import { member } from '../../src/member.js';
import { Fan } from './streams.mjs';

const port = Number(process.env.PORT ?? 7401);
const everyMs = 50;
const pairs = { EURUSD: 1.08, GBPUSD: 1.27, USDJPY: 151.2 };

const me = member({ heartbeatEveryMs: 500 });
const readers = new Fan();

/** The tick with this number: slow waves and a quick ripple around each pair's price. */
function tick(seq) {
  const mids = {};
  let phase = 0;
  for (const [pair, price] of Object.entries(pairs)) {
    phase += 1;
    const wave = Math.sin(seq / 240 + phase) + 0.3 * Math.sin(seq / 17 + 2 * phase) + 0.1 * Math.sin(seq * phase);
    mids[pair] = Number((price * (1 + wave / 2000)).toFixed(5));
  }
  return { seq, mids };
}

let last = Math.floor(Date.now() / everyMs);
setInterval(() => {
  const present = Math.floor(Date.now() / everyMs);
  // After a pause (SIGSTOP, a busy machine) only what is fresh is sent: an old price is worse than none.
  for (last = Math.max(last, present - 5); last < present;) readers.send(`${JSON.stringify(tick(++last))}\n`);
}, everyMs / 5);

createServer((request, response) => {
  if (request.url === '/ticks') readers.add(response);
  else if (request.url === '/ready') response.end('ready\n');
  else response.writeHead(404).end();
}).listen(port, '127.0.0.1', () => {
  console.log(`feed on ${port}, beating to ${me.managed ? 'Standfast' : 'nobody'}`);
});
