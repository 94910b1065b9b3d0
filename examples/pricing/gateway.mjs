// Where one watches: a page on which prices arrive, and a gap is seen when there is one. It reads both pricers and takes what is
// newer; a price of an older term than one already seen comes from a pricer whose time is over, and is refused.
//
//   http://127.0.0.1:7400        curl -N http://127.0.0.1:7400/stream
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Fan, follow } from './streams.mjs';

const port = Number(process.env.PORT ?? 7400);
const pricers = process.env.PRICERS ?? 'http://127.0.0.1:7411/prices http://127.0.0.1:7412/prices';
const risks = (process.env.RISKS ?? 'http://127.0.0.1:7431/risk http://127.0.0.1:7432/risk').split(' ');
/** Prices come every 50 ms; a little more is the machine, twice as much is a gap. */
const gapFromMs = 100;

const page = readFileSync(new URL('gateway.html', import.meta.url));
const browsers = new Fan();
const terminals = new Fan();
let last = { seq: 0, term: 0, at: 0 };

function tell(kind, message, line) {
  browsers.send(`event: ${kind}\ndata: ${JSON.stringify(message)}\n\n`);
  if (line !== undefined) terminals.send(`${new Date().toISOString().slice(11, 23)}  ${line}\n`);
}

follow(pricers, (price) => {
  if (price.seq <= last.seq) return;
  if (price.term < last.term)
    return tell('refused', price, `refused: ${price.host} still speaks in term ${price.term}`);
  const at = performance.now();
  const silentMs = Math.round(at - last.at);
  const missed = price.seq - last.seq - 1;
  if (last.seq > 0 && (missed > 0 || silentMs > gapFromMs))
    tell('gap', { silentMs, missed }, `GAP  ${silentMs} ms without a price, ${missed} missed`);
  if (price.term !== last.term)
    tell('pricer', { host: price.host, term: price.term }, `pricer on ${price.host}, term ${price.term}`);
  last = { seq: price.seq, term: price.term, at };
  const { EURUSD } = price.prices;
  tell('price', price, `${price.host}  ${price.seq}  EURUSD ${EURUSD.bid.toFixed(5)} ${EURUSD.ask.toFixed(5)}`);
});

setInterval(async () => {
  const answers = await Promise.all(
    risks.map((url) => fetch(url, { signal: AbortSignal.timeout(900) }).then(body, () => null)),
  );
  tell('risk', answers.find((answer) => answer !== null) ?? null);
}, 1000);

function body(response) {
  return response.ok ? response.json() : null;
}

function status() {
  const priceAgeMs = last.at === 0 ? null : performance.now() - last.at;
  const prices = priceAgeMs !== null && priceAgeMs < 2000 ? 'ok' : 'failed';
  return { status: prices === 'ok' ? 'ok' : 'degraded', subsystems: { prices }, priceAgeMs };
}

createServer((request, response) => {
  switch (request.url) {
    case '/':
      return response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
    case '/events':
      return browsers.add(response, 'text/event-stream');
    case '/stream':
      return terminals.add(response, 'text/plain; charset=utf-8');
    case '/status':
      return response.end(JSON.stringify(status()));
    case '/ready':
      return response.end('ready\n');
    default:
      return response.writeHead(404).end();
  }
}).listen(port, '127.0.0.1', () => console.log(`gateway on http://127.0.0.1:${port}`));
