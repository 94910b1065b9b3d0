// What the desk stands to lose: its positions at the present prices, and the worst that this was today. The active one writes a
// snapshot each second; the passive one runs with empty hands and loads that file when it becomes active. That load is i.
//
//   curl http://127.0.0.1:7431/risk
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { member } from '../../src/member.js';
import { follow } from './streams.mjs';

const port = Number(process.env.PORT ?? 7431);
const pricers = process.env.PRICERS ?? 'http://127.0.0.1:7411/prices http://127.0.0.1:7412/prices';
const host = process.env.STANDFAST_HOST ?? 'by hand';
/** How long a desk's real file of positions takes to read. */
const loadMs = Number(process.env.LOAD_MS ?? 400);
const snapshotFile = 'run/risk.snapshot';

const me = member({ heartbeatEveryMs: 500 });
let state = null;
let newestTerm = 0;

mkdirSync('run', { recursive: true });

me.onRole(async ({ role, term }) => {
  state = null;
  if (role !== 'active') return;
  const began = performance.now();
  state = await load();
  const took = Math.round(performance.now() - began);
  console.log(`active in term ${term}: ${state.prices} prices in the snapshot, loaded in ${took} ms`);
});

async function load() {
  await pause(loadMs);
  try {
    return JSON.parse(readFileSync(snapshotFile, 'utf8'));
  } catch {
    return {
      positions: { EURUSD: 4_000_000, GBPUSD: -1_500_000, USDJPY: 2_500_000 },
      prices: 0,
      value: 0,
      worst: 0,
      term: 0,
    };
  }
}

follow(pricers, ({ term, prices }) => {
  if (term < newestTerm) return; // from a pricer whose time is over
  newestTerm = term;
  if (state === null || !me.mayEmit()) return;
  state.value = 0;
  for (const [pair, { bid, ask }] of Object.entries(prices)) {
    const position = state.positions[pair] ?? 0;
    const usd = pair.startsWith('USD') ? 1 / ask : bid;
    state.value += position * usd;
  }
  state.worst = state.prices === 0 ? state.value : Math.min(state.worst, state.value);
  state.prices += 1;
});

/** Written beside and renamed, so that who loads it finds a whole one; and only while we still may. */
setInterval(() => {
  if (state === null || state.prices === 0 || !me.mayEmit()) return;
  state.term = me.term;
  writeFileSync(`${snapshotFile}.${port}`, JSON.stringify(state));
  if (me.mayEmit()) renameSync(`${snapshotFile}.${port}`, snapshotFile);
}, 1000);

createServer((request, response) => {
  if (request.url === '/ready') return response.end('ready\n');
  if (request.url !== '/risk') return response.writeHead(404).end();
  if (state === null || !me.mayEmit()) return response.writeHead(503).end('not active\n');
  response.end(
    `${JSON.stringify({ host, term: me.term, value: Math.round(state.value), worst: Math.round(state.worst) })}\n`,
  );
}).listen(port, '127.0.0.1', () => console.log(`risk on ${port} as ${me.role}`));
