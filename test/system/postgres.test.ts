// The example of two PostgreSQL servers, as it is: what was written outlives the active one, and who lost comes back as a standby of who won.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../free-port.ts';
import { activeOn, asPlanned, makeStand, pidOf, signal } from './stand.ts';

const example = join(import.meta.dirname, '../../examples/postgres');
const [server] = globSync('/usr/lib/postgresql/*/bin/postgres');
const skip =
  server === undefined
    ? 'postgresql is not installed'
    : process.getuid?.() !== 0 && 'its servers run under another account, which takes root';

test(
  'two PostgreSQL servers: killed, the other has what was written and takes more; planned, back again',
  { skip },
  async (t) => {
    const bin = dirname(server ?? '');
    const ports = { a: await freePort(), b: await freePort() };
    const described = readFileSync(join(example, 'standfast.yaml'), 'utf8');
    const stand = makeStand(t, described);
    const data = join(stand.folder, 'data');
    cpSync(example, stand.folder, { recursive: true });
    stand.write(
      described
        .replaceAll('5433', String(ports.a))
        .replaceAll('5434', String(ports.b))
        .replaceAll('/var/lib/postgresql/ledger', data)
        .replace('/usr/lib/postgresql/15/bin', bin),
    );
    mkdirSync(data);
    execFileSync('chown', ['postgres', data]);
    chmodSync(stand.folder, 0o755);
    const ask = (host: 'a' | 'b', sql: string): string =>
      execFileSync(
        join(bin, 'psql'),
        ['-qAtX', '-h', '127.0.0.1', '-U', 'postgres', '-p', String(ports[host]), '-c', sql],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      ).trim();
    /** Says so, or is not there to be asked. */
    const says = (host: 'a' | 'b', sql: string, answer: string): boolean => {
      try {
        return ask(host, sql) === answer;
      } catch {
        return false;
      }
    };
    const settled = async (host: 'a' | 'b') =>
      stand.until(
        `active on ${host}, with a standby`,
        (view) => asPlanned(view) && activeOn(view, 'postgres') === host,
      );

    await stand.up('--timeout', '60s');
    const first = await settled('a');
    ask('a', 'create table booked (n int)');
    ask('a', 'insert into booked values (1)');
    await stand.until('the standby has it', () => says('b', 'select count(*) from booked', '1'));
    signal(pidOf(first, 'postgres', 'a'), 'SIGKILL');
    await settled('b');
    ask('b', 'insert into booked values (2)');
    await stand.until('who was killed follows', () => says('a', 'select count(*) from booked', '2'));
    assert.equal(ask('a', 'select pg_is_in_recovery()'), 't');

    assert.equal((await stand.cli('failover', 'postgres', '--to', 'a')).code, 0);
    await settled('a');
    ask('a', 'insert into booked values (3)');
    await stand.until('and the other way round', () => says('b', 'select count(*) from booked', '3'));
  },
);
