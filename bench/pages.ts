// So many open pages of a console, in a process of their own: each keeps the stream of changes, and asks for what is not in it as the first page does,
// after a change and at most every 3 s. `node pages.ts URL COUNT`; tells its parent what it heard when asked.
import { Agent, get, type IncomingMessage } from 'node:http';

const [url = '', count = '0'] = process.argv.slice(2);
/** As src/console/main.tsx has it. */
const againMs = 3_000;
/** What the first page asks for besides. */
const asked = ['/api/v1/topology', '/api/v1/timeline', '/api/v1/budget'];

let open = 0;
let deltas = 0;
let answers = 0;
let failures = 0;

function page(): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  let waiting = false;
  const ask = (): void => {
    waiting = false;
    for (const path of asked)
      get(url + path, { agent }, (response) => {
        answers += response.statusCode === 200 ? 1 : 0;
        response.resume();
      }).on('error', () => (failures += 1));
  };
  const changed = (): void => {
    deltas += 1;
    if (waiting) return;
    waiting = true;
    setTimeout(ask, againMs);
  };
  const sent = get(`${url}/api/v1/events`, { agent: false }, (response: IncomingMessage) => {
    open += 1;
    let rest = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      const events = (rest + part).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) if (event.includes('event: delta\n')) changed();
    });
    response.on('close', () => (open -= 1));
  });
  sent.on('error', () => (failures += 1));
  ask();
}

for (let n = 0; n < Number(count); n++) page();
process.on('message', () => process.send?.({ open, deltas, answers, failures }));
process.on('disconnect', () => process.exit(0));
