// A small agent for tests of member: a real HTTP server on a real Unix socket that answers as the contract says,
// remembers what it was told, and replaces the role file as a keeper does.
import { once, EventEmitter } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RoleTaken, Role } from '../../src/member.d.ts';

/** What was asked of the agent. */
export interface Asked {
  readonly what: string;
  readonly instance: string | undefined;
  readonly body: unknown;
}

export class FakeAgent {
  readonly folder = mkdtempSync(join(tmpdir(), 'standfast-member-'));
  readonly socket = join(this.folder, 'agent.sock');
  readonly roleFile = join(this.folder, 'role.json');
  readonly asked: Asked[] = [];
  /** Every request is told as an event named after it, for example `POST /v1/heartbeat`. */
  readonly heard = new EventEmitter();
  answer: RoleTaken & { validForMs: number | null } = { role: 'standby', term: 0, validForMs: null };
  takeover: { readonly status: number; readonly body: object } = {
    status: 200,
    body: { ok: true, id: '1', text: 'asked' },
  };
  /** While set, questions for the role stay unanswered. */
  silent = false;
  #server: Server | null = null;
  readonly #held: ServerResponse[] = [];

  get env(): Record<string, string> {
    const { role, term } = this.answer;
    return {
      STANDFAST_SOCKET: this.socket,
      STANDFAST_INSTANCE: 'pricer@a#1',
      STANDFAST_ROLE: role,
      STANDFAST_TERM: String(term),
      STANDFAST_ROLE_FILE: this.roleFile,
    };
  }

  async start(): Promise<this> {
    rmSync(this.socket, { force: true });
    this.#server = createServer((request, response) => void this.#serve(request, response)).listen(this.socket);
    await once(this.#server, 'listening');
    return this;
  }

  /** Ends at once, connections too, as a killed agent's would. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** As the keeper does: the role file first, by rename; the socket says the same. */
  give(role: Role, term: number, validForMs: number | null): void {
    this.answer = { role, term, validForMs };
    writeFileSync(`${this.roleFile}.new`, JSON.stringify({ role, term }));
    renameSync(`${this.roleFile}.new`, this.roleFile);
  }

  /** Resolves with the body of the next such request. */
  async next(what: string): Promise<unknown> {
    const [body] = (await once(this.heard, what)) as [unknown];
    return body;
  }

  /** Resolves when this role is confirmed. One that was answered late is confirmed again, so that another may come before. */
  async confirmed(taken: RoleTaken): Promise<void> {
    for (let told: unknown = null; !isDeepStrictEqual(told, taken);) told = await this.next('POST /v1/role/confirm');
  }

  count(what: string): number {
    return this.asked.filter((each) => each.what === what).length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const what = `${request.method} ${request.url}`;
    const body: unknown = text === '' ? null : JSON.parse(text);
    const instance = request.headers['standfast-instance'];
    this.asked.push({ what, instance: typeof instance === 'string' ? instance : undefined, body });
    if (what === 'GET /v1/role' && this.silent) this.#held.push(response);
    else this.#reply(what, response);
    this.heard.emit(what, body);
  }

  #reply(what: string, response: ServerResponse): void {
    const send = (status: number, said: object): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(said));
    };
    switch (what) {
      case 'GET /v1/role':
        return send(200, this.answer);
      case 'POST /v1/takeover':
        return send(this.takeover.status, this.takeover.body);
      case 'POST /v1/heartbeat':
      case 'PUT /v1/status':
      case 'POST /v1/role/confirm':
        return send(200, { ok: true });
      default:
        return send(404, { ok: false });
    }
  }
}
