// A service to be broken: answers on PORT, takes its role by signal, HTTP, message or command, beats by file, message or row, and misbehaves when told.
//   GET  /ready  /active  /status           200 or 503; /status says what PUT /status said
//   GET  /answer                            200 { term, host, pid } while active
//   POST /activate  /standby                a role call
//   PUT  /status                            what it says of itself from now on: ok, degraded, failed; `hang` answers nothing more
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { env } = process;
const { PORT, BEAT_FILE, ROLE_BY = 'signal', BOOT_MS = '0', LOAD_MS = '0' } = env;
let active = env.STANDFAST_ROLE === 'active';
let status = 'ok';
let ready = false;

const role = () => {
  try {
    return JSON.parse(readFileSync(env.STANDFAST_ROLE_FILE ?? '', 'utf8'));
  } catch {
    return { role: 'standby', term: 0 };
  }
};
/** @param {boolean} wanted */
const become = (wanted) => {
  if (wanted) setTimeout(() => (active = true), Number(LOAD_MS));
  else active = false;
};

if (ROLE_BY === 'signal') process.on('SIGUSR1', () => become(true));
if (ROLE_BY === 'file') setInterval(() => (active = role().role === 'active'), 10);
if (env.IGNORES_TERM !== undefined) process.on('SIGTERM', () => console.log('SIGTERM? no'));

const server = createServer((request, response) => {
  /** @type {(code: number, body?: string) => void} */
  const say = (code, body) => void response.writeHead(code).end(body);
  if (status === 'hang') return;
  const { pathname } = new URL(request.url ?? '', 'http://service');
  switch (`${request.method} ${pathname}`) {
    case 'GET /ready':
      say(ready ? 200 : 503);
      break;
    case 'GET /active':
      say(active ? 200 : 503);
      break;
    case 'GET /answer':
      say(active ? 200 : 503, JSON.stringify({ term: role().term, host: env.STANDFAST_HOST, pid: process.pid }));
      break;
    case 'GET /status':
      say(200, status.startsWith('{') ? status : JSON.stringify({ status }));
      break;
    case 'PUT /status':
      request.setEncoding('utf8').on('data', (text) => (status = text));
      request.on('end', () => say(204));
      break;
    case 'POST /activate':
      become(true);
      say(204);
      break;
    case 'POST /standby':
      become(false);
      say(204);
      break;
    default:
      say(404);
  }
});
setTimeout(() => {
  if (PORT === undefined) ready = true;
  else server.listen(Number(PORT), '127.0.0.1', () => (ready = true));
  console.log(`ready, ${env.STANDFAST_ROLE}, pid ${process.pid}`);
}, Number(BOOT_MS));
if (BEAT_FILE !== undefined) {
  if (!existsSync(BEAT_FILE)) writeFileSync(BEAT_FILE, '');
  setInterval(() => utimesSync(BEAT_FILE, new Date(), new Date()), 50);
}
setInterval(() => undefined, 1 << 30);
