// Turns ticks into prices: bid and ask around the mean of the last ten ticks. That mean is its state. Active and standby both
// keep it, so the standby has nothing to load; the standby only stays quiet. Every price carries the term it was made in.
//
//   curl -N http://127.0.0.1:7411/prices
import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { member } from '../../src/member.js';
import { Fan, follow } from './streams.mjs';

const port = Number(process.env.PORT ?? 7411);
const feeds = process.env.FEEDS ?? 'http://127.0.0.1:7401/ticks http://127.0.0.1:7402/ticks';
const host = process.env.STANDFAST_HOST ?? 'by hand';
const windowTicks = 10;

const me = member();
const readers = new Fan();
const recent = [];
let lastSeq = 0;
let lastTickAt = 0;
/** Told to emit. Whether it still may is another question, asked before each price: `me.mayEmit()`. */
let emitting = me.role === 'active';

mkdirSync('run', { recursive: true });
mkdirSync('log', { recursive: true });
const beatFile = `run/pricer-${port}.beat`;
writeFileSync(beatFile, '');

follow(feeds, ({ seq, mids }) => {
  if (seq <= lastSeq) return; // the other feed was faster
  lastSeq = seq;
  lastTickAt = performance.now();
  recent.push(mids);
  if (recent.length > windowTicks) recent.shift();
  if (recent.length === windowTicks && emitting && me.mayEmit()) readers.send(`${JSON.stringify(price())}\n`);
});

function price() {
  const prices = {};
  for (const pair of Object.keys(recent[0])) {
    const mean = recent.reduce((sum, mids) => sum + mids[pair], 0) / recent.length;
    prices[pair] = { bid: Number((mean * 0.9999).toFixed(5)), ask: Number((mean * 1.0001).toFixed(5)) };
  }
  return { seq: lastSeq, term: me.term, host, prices };
}

process.on('SIGUSR1', () => {
  emitting = true;
  void me.refresh(); // the role file was replaced before the signal: read it now
});

/** The heartbeat says that ticks are priced, not merely that the process runs. */
setInterval(() => {
  if (performance.now() - lastTickAt < 1000) utimesSync(beatFile, new Date(), new Date());
}, 200);

const answers = {
  '/ready': () => recent.length === windowTicks,
  '/active': () => emitting && me.mayEmit(),
  '/standby': () => {
    emitting = false;
    return true;
  },
};

createServer((request, response) => {
  if (request.url === '/prices') return readers.add(response);
  if (request.url === '/status') {
    const ticks = performance.now() - lastTickAt < 1000 ? 'ok' : 'failed';
    return response.end(JSON.stringify({ status: ticks === 'ok' ? 'ok' : 'degraded', subsystems: { ticks } }));
  }
  const yes = answers[request.url]?.() ?? false;
  response.writeHead(yes ? 200 : 503).end(yes ? 'yes\n' : 'no\n');
}).listen(port, '127.0.0.1', () => {
  const line = `${new Date().toISOString()} ready to price on ${port} as ${me.role}`;
  appendFileSync(`log/pricer-${port}.log`, `${line}\n`);
  console.log(line);
});
