// One value out of a database: `sqlite:/path`, `postgres://…`, `mysql://…` or `mariadb://…`. A driver is loaded only when an
// address needs it. SQLite answers synchronously and its disk may stall, so it lives in a thread of its own.

import { extname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { giveUpAfter } from './give-up.ts';

/** One database. */
export interface RowSource {
  /** The first value of the first row as text that differs when the value does. Rejects on every error, also none within the time. */
  ask(query: string, withinMs: number): Promise<string>;
  /** Never rejects. A source that failed is closed and opened anew. */
  close(): Promise<void>;
}

const connectWithinMs = 5000;

/** Opens the source that the address names; a relative path starts in `dir`. */
export async function openRowSource(url: string, dir: string): Promise<RowSource> {
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  switch (scheme) {
    case 'sqlite':
      return openSqlite(resolve(dir, url.slice(scheme.length + 1).replace(/^\/\/(?=\/)/, '')));
    case 'postgres':
    case 'postgresql':
      return openPostgres(url);
    case 'mysql':
    case 'mariadb':
      return openMysql(url.replace(/^mariadb:/, 'mysql:'));
    default:
      throw new Error(`${oneWord(url)} is not sqlite:, postgres:, mysql: or mariadb:`);
  }
}

async function openPostgres(url: string): Promise<RowSource> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectWithinMs,
    application_name: 'standfast',
  });
  // Also between questions: an error that nobody listens to would end the agent.
  client.on('error', () => {});
  const close = async (): Promise<void> => {
    await inTime(client.end(), 1000).catch(() => {});
  };
  try {
    await inTime(client.connect(), connectWithinMs);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ask: async (query, withinMs) => {
      const { rows } = await inTime(client.query<unknown[]>({ text: query, rowMode: 'array' }), withinMs);
      return valueOf(rows[0]?.[0]);
    },
    close,
  };
}

async function openMysql(url: string): Promise<RowSource> {
  const mysql = await import('mysql2/promise');
  const connection = await inTime(
    mysql.createConnection({
      uri: url,
      connectTimeout: connectWithinMs,
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
    }),
    connectWithinMs + 100,
  );
  connection.on('error', () => {});
  return {
    ask: async (query, withinMs) => {
      const [rows] = await inTime(connection.query({ sql: query, rowsAsArray: true }), withinMs);
      const first: unknown = Array.isArray(rows) ? rows[0] : undefined;
      return valueOf(Array.isArray(first) ? first[0] : undefined);
    },
    close: async () => {
      connection.destroy();
    },
  };
}

/** One thread for all SQLite heartbeats, begun with the first and ended with the last. */
let thread: {
  worker: Worker;
  users: number;
  next: number;
  waiting: Map<number, (answer: ThreadAnswer) => void>;
  /** Its first answer. */
  begun: Promise<ThreadAnswer>;
} | null = null;

interface ThreadAnswer {
  /** Of the question, from 1 on; 0 says that it has begun. */
  readonly id: number;
  readonly value: string | null;
  readonly error: string | null;
}

async function openSqlite(path: string): Promise<RowSource> {
  const used = (thread ??= startThread());
  used.users += 1;
  let open = true;
  const source: RowSource = {
    ask: async (query, withinMs) => {
      const id = used.next++;
      const answer = await inTime(
        new Promise<ThreadAnswer>((done) => {
          used.waiting.set(id, done);
          used.worker.postMessage({ id, path, query });
        }),
        withinMs,
      ).finally(() => used.waiting.delete(id));
      if (answer.error !== null) throw new Error(answer.error);
      return valueOf(answer.value);
    },
    close: async () => {
      if (!open) return;
      open = false;
      used.users -= 1;
      if (used.users > 0) {
        used.worker.postMessage({ id: -1, path, query: null });
        return;
      }
      if (thread === used) thread = null;
      await used.worker.terminate();
    },
  };
  try {
    // On a busy machine a thread takes longer to begin than a question may.
    const { error } = await inTime(used.begun, connectWithinMs);
    if (error !== null) throw new Error(error);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

function startThread(): NonNullable<typeof thread> {
  const worker = new Worker(new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url));
  const waiting = new Map<number, (answer: ThreadAnswer) => void>();
  const begun = new Promise<ThreadAnswer>((done) => waiting.set(0, done));
  const started = { worker, users: 0, next: 1, waiting, begun };
  worker.unref();
  worker.on('message', (answer: ThreadAnswer) => started.waiting.get(answer.id)?.(answer));
  worker.on('error', (error: Error) => {
    if (thread === started) thread = null;
    for (const [id, done] of started.waiting) done({ id, value: null, error: error.message });
  });
  return started;
}

function valueOf(value: unknown): string {
  if (value === undefined || value === null) throw new Error('the query returns no value');
  if (value instanceof Date) return String(value.getTime());
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Rejects when it takes too long; what comes later is thrown away. */
function inTime<T>(promise: Promise<T>, withinMs: number): Promise<T> {
  return new Promise((done, fail) => {
    const callOff = giveUpAfter(withinMs, () => fail(new Error('the database does not answer')));
    promise.then(done, fail).finally(callOff);
  });
}

/** An address without what follows its scheme: there may be a password in it. */
function oneWord(url: string): string {
  return `"${url.slice(0, 12)}…"`;
}
