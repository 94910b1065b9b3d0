// What a service under Standfast imports. Plain JavaScript for Node 20 and newer, without dependencies; types in member.d.ts.
//
// The idea: the role file says which role this process has, the agent's socket says for how long an active may go on, and
// `mayEmit()` compares that with the monotonic clock at the moment of the call. So a process that was stopped past its
// deadline and wakes up finds that out before it emits, not after.
//
// Does not cover: being stopped between `mayEmit()` and the write that follows it. Covered by: the keeper, which kills at
// the deadline, and the term, which what you write to can compare with the newest it has seen.
// The agent may restart at any time: requests are tried again, and what was valid stays so until it lapses.

import { readFileSync, watch } from 'node:fs';
import { Agent, request } from 'node:http';
import { basename, dirname } from 'node:path';

/** @import { FSWatcher } from 'node:fs' */
/** @import * as api from './member.d.ts' */
/** What came of one request. `fresh`: over a new connection, so perhaps to a new agent. `stale`: over one that was dead already.
 * @typedef {{ ok: boolean, code?: number, body?: object | null, fresh?: boolean, why?: string, stale?: boolean }} Answer */

const noLease = Infinity;
const answerWithinMs = 1000;
const slowestPollMs = 1000;
const fastestPollMs = 20;

/**
 * The one call: who am I, and may I emit. Works as a no-op (active, may always emit) when Standfast did not start us.
 * @param {api.MemberOptions} options
 * @returns {api.Member}
 */
export function member(options = {}) {
  const env = options.env ?? process.env;
  const { STANDFAST_SOCKET: socket, STANDFAST_INSTANCE: instance } = env;
  return socket && instance ? new Member({ socket, instance, env, ...options }) : new Alone();
}

/** @implements {api.Member} */
class Member {
  managed = true;
  #instance;
  #roleFile;
  #connection;
  /** @type {api.RoleTaken} */
  #known;
  /** What the agent last granted: until when (monotonic ms) which term may emit. */
  #grant = { term: -1, until: -Infinity };
  /** @type {Parameters<api.Member['onRole']>[0] | null} */
  #handler = null;
  /** The role that the handler has finished with, and the one that the agent was told of.
   * @type {api.RoleTaken | null} */
  #handled = null;
  /** @type {api.RoleTaken | null} */
  #confirmed = null;
  #handling = false;
  /** @type {Promise<void> | null} */
  #asking = null;
  #askAgain = false;
  /** How many answers in a row did not agree with the role file. */
  #unclear = 0;
  /** @type {api.Status | null} */
  #lastStatus = null;
  #statusDue = false;
  /** An agent has answered before. */
  #met = false;
  #telling = Promise.resolve(true);
  #closed = false;
  /** @type {NodeJS.Timeout | undefined} */
  #pollTimer;
  /** @type {NodeJS.Timeout | undefined} */
  #beatTimer;
  /** @type {FSWatcher | undefined} */
  #watcher;

  /** @param {api.MemberOptions & Required<Pick<api.MemberOptions, 'env'>> & { socket: string, instance: string }} options */
  constructor({ socket, instance, env, heartbeatEveryMs }) {
    this.#instance = instance;
    this.#roleFile = env.STANDFAST_ROLE_FILE ?? null;
    this.#connection = new Connection(socket, instance);
    const atStart = { role: env.STANDFAST_ROLE, term: Number(env.STANDFAST_TERM) };
    this.#known = isRole(atStart) ? atStart : { role: 'standby', term: 0 };
    this.#watchRoleFile();
    if (heartbeatEveryMs !== undefined) this.#beatEvery(heartbeatEveryMs);
    void this.refresh();
  }

  get instance() {
    return this.#instance;
  }

  get role() {
    return this.#known.role;
  }

  get term() {
    return this.#known.term;
  }

  get validForMs() {
    const until = this.#until();
    return until === noLease ? null : Math.max(0, until - now());
  }

  mayEmit() {
    if (this.#handler !== null && !same(this.#handled, this.#known)) return false;
    return now() < this.#until();
  }

  async heartbeat() {
    return (await this.#connection.ask('POST', '/v1/heartbeat')).ok;
  }

  /** @param {api.Flag | api.Status} status */
  async status(status) {
    this.#lastStatus = typeof status === 'string' ? { status } : status;
    return this.#tellStatus();
  }

  /** @returns {Promise<api.TakeoverAnswer>} */
  async takeover() {
    const answer = await this.#connection.ask('POST', '/v1/takeover');
    const refused = answer.body && 'ok' in answer.body && answer.body.ok === false;
    if (answer.ok && !refused) return { text: '', ...answer.body, ok: true };
    const why = answer.why ?? `the agent answered ${answer.code}`;
    return { code: null, why, next: 'ask again', ...answer.body, ok: false };
  }

  /** @param {Parameters<api.Member['onRole']>[0]} handler */
  onRole(handler) {
    this.#handler = handler;
    this.#handled = null;
    this.#handle();
  }

  /** One question is on its way at a time; a call in between is answered by one more question after it. */
  refresh() {
    this.#readRoleFile();
    if (this.#asking !== null) this.#askAgain = true;
    return (this.#asking ??= this.#askUntilCalm().finally(() => (this.#asking = null)));
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#pollTimer);
    clearInterval(this.#beatTimer);
    this.#watcher?.close();
    this.#connection.close();
  }

  /** Term 0 is held without a lease: only being told otherwise ends it. Else only a grant for this very term counts. */
  #until() {
    if (this.#known.role !== 'active') return -Infinity;
    if (this.#known.term === 0) return noLease;
    return this.#grant.term === this.#known.term ? this.#grant.until : -Infinity;
  }

  async #askUntilCalm() {
    clearTimeout(this.#pollTimer);
    let nextMs;
    do {
      this.#askAgain = false;
      nextMs = await this.#askOnce();
    } while (this.#askAgain && !this.#closed);
    if (this.#closed) return;
    this.#pollTimer = setTimeout(() => void this.refresh(), nextMs);
    this.#pollTimer.unref();
  }

  /** Asks how long we may go on; the answer counts from when the question was sent. Gives when to ask next. */
  async #askOnce() {
    const sent = now();
    const answer = await this.#connection.ask('GET', '/v1/role');
    if (!answer.ok || !isRoleAnswer(answer.body)) return 2 * fastestPollMs;
    const { role, term, validForMs } = answer.body;
    if (this.#roleFile === null || !this.#readRoleFile()) this.#learn({ role, term });
    if (role === 'active') this.#grant = { term, until: validForMs === null ? noLease : sent + validForMs };
    const perhapsRestarted = answer.fresh === true && this.#met;
    this.#met = true;
    if (perhapsRestarted) this.#confirmed = null; // that agent has heard nothing yet
    if (perhapsRestarted || this.#statusDue) await this.#tellStatus();
    await this.#confirm();
    // File and socket differ for a moment while a role changes; should it last, ask ever less often.
    this.#unclear = same({ role, term }, this.#known) ? 0 : Math.min(this.#unclear + 1, 6);
    if (this.#unclear > 0) return Math.min(slowestPollMs, fastestPollMs * 2 ** (this.#unclear - 1));
    return validForMs === null ? slowestPollMs : Math.min(slowestPollMs, Math.max(fastestPollMs, validForMs / 4));
  }

  /** One after the other, so that an older status never arrives after a newer one. */
  #tellStatus() {
    return (this.#telling = this.#telling.then(async () => {
      if (this.#lastStatus === null) return true;
      const { ok } = await this.#connection.ask('PUT', '/v1/status', this.#lastStatus);
      this.#statusDue = !ok;
      return ok;
    }));
  }

  /** @param {number} ms */
  #beatEvery(ms) {
    this.#beatTimer = setInterval(() => void this.heartbeat(), ms);
    this.#beatTimer.unref();
    void this.heartbeat();
  }

  /** The folder is watched, not the file: a rename brings a new file under the old name. */
  #watchRoleFile() {
    if (this.#roleFile === null) return;
    const name = basename(this.#roleFile);
    /** @param {string} _kind @param {string | null} changed */
    const look = (_kind, changed) => {
      if (changed !== null && changed !== name) return;
      this.#confirmed = null;
      void this.refresh();
    };
    try {
      this.#watcher = watch(dirname(this.#roleFile), { persistent: false }, look);
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No inotify left, or no such folder: the poll finds changes, later.
    }
  }

  /** False when there is nothing to be read (then the socket's word counts). */
  #readRoleFile() {
    if (this.#roleFile === null) return false;
    try {
      /** @type {unknown} */
      const said = JSON.parse(readFileSync(this.#roleFile, 'utf8'));
      if (!isRole(said)) return false;
      this.#learn({ role: said.role, term: said.term });
      return true;
    } catch {
      return false;
    }
  }

  /** @param {api.RoleTaken} role */
  #learn(role) {
    if (same(role, this.#known)) return;
    this.#known = role;
    this.#askAgain = true;
    this.#handle();
  }

  /** Handlers run one after the other; of roles that came and went meanwhile only the latest is handed on. */
  #handle() {
    if (this.#handling || this.#handler === null) return;
    this.#handling = true;
    void this.#handleAll(this.#handler);
  }

  /** @param {Parameters<api.Member['onRole']>[0]} handler */
  async #handleAll(handler) {
    try {
      while (!this.#closed && !same(this.#handled, this.#known)) {
        const role = this.#known;
        await handler({ ...role });
        this.#handled = role;
        this.#confirmed = null;
      }
    } catch (error) {
      // A service that can't take its role must not seem fine: as any error that nobody catches, this ends the process.
      process.nextTick(() => {
        throw error;
      });
    } finally {
      this.#handling = false;
    }
    await this.#confirm();
  }

  /** Tells the agent that the role was taken, until it has heard it. Without a handler nobody took it: then not. */
  async #confirm() {
    const role = this.#handled;
    if (role === null || !same(role, this.#known) || same(role, this.#confirmed) || this.#closed) return;
    this.#confirmed = role;
    const { ok, code } = await this.#connection.ask('POST', '/v1/role/confirm', role);
    // 409: heard, and nobody is waiting for it (yet, or because the role is taken by signal or HTTP).
    if (ok || code === 409 || !same(role, this.#confirmed)) return;
    this.#confirmed = null;
  }
}

/** Not started by Standfast: run by hand, the service simply works.
 * @implements {api.Member} */
class Alone {
  managed = false;
  instance = null;
  /** @type {api.Role} */
  role = 'active';
  term = 0;
  validForMs = null;

  mayEmit() {
    return true;
  }

  heartbeat() {
    return Promise.resolve(true);
  }

  status() {
    return Promise.resolve(true);
  }

  /** @returns {Promise<api.TakeoverAnswer>} */
  takeover() {
    return Promise.resolve({ ok: true, text: 'not under Standfast: already active' });
  }

  /** @param {Parameters<api.Member['onRole']>[0]} handler */
  onRole(handler) {
    queueMicrotask(() => void handler({ role: 'active', term: 0 }));
  }

  refresh() {
    return Promise.resolve();
  }

  close() {}
}

/** HTTP/1.1 over the agent's Unix socket, kept open. Never rejects. */
class Connection {
  #socketPath;
  #instance;
  #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  /** @param {string} socketPath @param {string} instance */
  constructor(socketPath, instance) {
    this.#socketPath = socketPath;
    this.#instance = instance;
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<Answer>} */
  async ask(method, path, body) {
    const first = await this.#askOnce(method, path, body);
    // The agent restarted and this connection was left from before it. Whatever we ask may be asked twice.
    return first.stale ? this.#askOnce(method, path, body) : first;
  }

  close() {
    this.#agent.destroy();
  }

  /** @param {string} method @param {string} path @param {object | undefined} body @returns {Promise<Answer>} */
  #askOnce(method, path, body) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      'Standfast-Instance': this.#instance,
      'Content-Length': Buffer.byteLength(text),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    return new Promise((resolve) => {
      const asked = request(
        { socketPath: this.#socketPath, agent: this.#agent, method, path, headers, timeout: answerWithinMs },
        (answer) => {
          let received = '';
          answer.setEncoding('utf8');
          answer.on('data', (/** @type {string} */ part) => (received += part));
          answer.on('end', () => resolve(read(answer.statusCode ?? 0, received, !asked.reusedSocket)));
          answer.on('error', (error) => resolve({ ok: false, why: error.message }));
        },
      );
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerWithinMs} ms`)));
      asked.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
        const stale = asked.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        resolve({ ok: false, why: error.message, stale });
      });
      asked.end(text);
    });
  }
}

/** @param {number} code @param {string} text @param {boolean} fresh @returns {Answer} */
function read(code, text, fresh) {
  const ok = code >= 200 && code < 300;
  try {
    /** @type {unknown} */
    const body = text === '' ? null : JSON.parse(text);
    return { ok, code, body: typeof body === 'object' ? body : null, fresh };
  } catch {
    // Some answers are words for people.
    return { ok, code, body: null, fresh };
  }
}

/** @param {unknown} value @returns {value is api.RoleTaken} */
function isRole(value) {
  if (value === null || typeof value !== 'object' || !('role' in value) || !('term' in value)) return false;
  return ['active', 'standby', 'passive'].includes(String(value.role)) && Number.isInteger(value.term);
}

/** @param {unknown} value @returns {value is api.RoleTaken & { validForMs: number | null }} */
function isRoleAnswer(value) {
  return isRole(value) && 'validForMs' in value && (value.validForMs === null || typeof value.validForMs === 'number');
}

/** @param {api.RoleTaken | null} one @param {api.RoleTaken | null} other */
function same(one, other) {
  return one !== null && other !== null && one.role === other.role && one.term === other.term;
}

/** CLOCK_MONOTONIC in ms: goes on while the process is stopped. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
