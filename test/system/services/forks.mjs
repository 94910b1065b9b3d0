// The process that was started only waits; a child in a session of its own answers on PORT while the role file says active. A file that is not there, or
// that a full disk kept empty, says nothing.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { env } = process;
if (process.argv[2] !== 'child') {
  process.on('SIGUSR1', () => undefined);
  spawn(process.execPath, [import.meta.filename, 'child'], { detached: true, stdio: 'ignore' });
  setInterval(() => undefined, 1 << 30);
} else {
  const said = () => {
    try {
      return JSON.parse(readFileSync(env.STANDFAST_ROLE_FILE ?? '', 'utf8'));
    } catch {
      return { role: 'unknown', term: 0 };
    }
  };
  createServer((_, response) => {
    const { role, term } = said();
    const answer = { term, host: env.STANDFAST_HOST, pid: process.pid };
    response.writeHead(role === 'active' ? 200 : 503).end(JSON.stringify(answer));
  }).listen(Number(env.PORT), '127.0.0.1');
}
