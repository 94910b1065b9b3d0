// Real database servers for tests: own data folders, own ports, ended by their pids. Nothing of an installed service is touched.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { freePort } from '../free-port.ts';
import { atEnd } from './seen.ts';

export interface Database {
  readonly url: string;
  run(...statements: string[]): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  startAgain(): Promise<void>;
}

interface Kind {
  /** Why it cannot be tried here; false when it can. */
  readonly missing: string | false;
  start(t: TestContext): Promise<Database>;
}

const isRoot = process.getuid?.() === 0;
const postgresBin = globSync('/usr/lib/postgresql/*/bin').at(-1);
const mariadbd = globSync('/usr/{sbin,local/sbin}/mariadbd').at(0);

export const postgres: Kind = {
  missing: postgresBin === undefined ? 'PostgreSQL is not installed (apt-get install postgresql)' : false,
  start: async (t) => {
    const bin = postgresBin ?? '';
    const { dir, as } = dataFolder(t, 'postgres');
    execFileSync(
      as[0] ?? join(bin, 'initdb'),
      [
        ...as.slice(1),
        ...(as.length > 0 ? [join(bin, 'initdb')] : []),
        '-D',
        dir,
        '-U',
        'test',
        '-A',
        'trust',
        '--no-sync',
      ],
      { stdio: 'ignore' },
    );
    const port = await freePort();
    const argv = [...as, join(bin, 'postgres'), '-D', dir, '-p', String(port), '-h', '127.0.0.1', '-k', dir, '-F'];
    const url = `postgres://test@127.0.0.1:${port}/postgres`;
    return await serve(t, argv, url, async (statements) => {
      const client = new pg.Client(url);
      client.on('error', () => {});
      try {
        await client.connect();
        for (const statement of statements) await client.query(statement);
      } finally {
        await client.end();
      }
    });
  },
};

export const mariadb: Kind = {
  missing: mariadbd === undefined ? 'MariaDB is not installed (apt-get install mariadb-server)' : false,
  start: async (t) => {
    const { dir, user } = dataFolder(t, 'mysql');
    const own = ['--no-defaults', `--datadir=${dir}`, ...(user === null ? [] : [`--user=${user}`])];
    execFileSync('mariadb-install-db', [...own, '--auth-root-authentication-method=normal', '--skip-test-db'], {
      stdio: 'ignore',
    });
    const port = await freePort();
    const argv = [
      mariadbd ?? '',
      ...own,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(dir, 's')}`,
      `--pid-file=${join(dir, 'pid')}`,
      '--innodb-flush-log-at-trx-commit=2',
      '--innodb-buffer-pool-size=8M',
    ];
    const url = `mariadb://root@127.0.0.1:${port}/mysql`;
    return await serve(t, argv, url, async (statements) => {
      const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
      connection.on('error', () => {});
      try {
        for (const statement of statements) await connection.query(statement);
      } finally {
        connection.destroy();
      }
    });
  },
};

/** A folder that the server may write to: the servers refuse to run as root. */
function dataFolder(t: TestContext, name: string): { dir: string; user: string | null; as: string[] } {
  const dir = mkdtempSync(join(tmpdir(), `standfast-${name}-`));
  atEnd(t, () => rmSync(dir, { recursive: true, force: true }));
  if (!isRoot) return { dir, user: null, as: [] };
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  chownSync(dir, id('-u'), id('-g'));
  return { dir, user: name, as: ['setpriv', `--reuid=${name}`, `--regid=${id('-g')}`, '--init-groups', '--'] };
}

async function serve(
  t: TestContext,
  argv: readonly string[],
  url: string,
  run: (statements: string[]) => Promise<void>,
): Promise<Database> {
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(argv[0] ?? '', argv.slice(1), { stdio: 'ignore', detached: true, cwd: '/' });
    // A server says nothing that all versions say alike when it accepts questions, so it is asked.
    for (let tries = 0; tries < 600; tries++) {
      const answers = await run(['select 1']).then(
        () => true,
        () => false,
      );
      if (answers) return;
      if (child.exitCode !== null) throw new Error(`${argv.join(' ')} ended with ${child.exitCode}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('the server does not answer');
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    // Its group: PostgreSQL's children would hold the data folder for a while.
    process.kill(-child.pid, 'SIGKILL');
    await exited;
  };
  await start();
  atEnd(t, kill);
  return { url, run: (...statements) => run(statements), kill, startAgain: start };
}
