// The console's HTTP side: pages, API, events, metrics, on one port. What every request passes first stands here: is it meant for us (Host), who asks
// (cookie), may he (role), does it come from our own page (Origin, token). docs/console.md tells it to people.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isLoopback } from '../../model/lower-console.ts';
import type { ConsoleChoice } from '../../model/system.ts';
import { Refusal } from '../refusal.ts';
import { openHub } from './hub.ts';
import { jsonText } from './json-text.ts';
import { metricsText } from './metrics.ts';
import { openApi } from './openapi.ts';
import type { ConsolePort } from './port.ts';
import { failureOf } from './refuse.ts';
import { Reply, type RouteRow } from './route.ts';
import { lookRoutes } from './routes-look.ts';
import { actRoutes } from './routes-act.ts';
import { runbookRoutes } from './routes-runbook.ts';
import { openRunStreams } from './run-stream.ts';
import { signInRoutes } from './routes-sign-in.ts';
import { isCsrf, openSessions, type Person, type Sessions } from './sessions.ts';

/** What the server is made of. */
export interface WebOptions {
  readonly port: ConsolePort;
  readonly system: string;
  readonly choice: ConsoleChoice;
  /** PEM; null: plain HTTP. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** The built pages. */
  readonly pages: string;
  readonly version: string;
  /** Names of this machine, besides the described ones. */
  readonly names: readonly string[];
  readonly log: (text: string) => void;
}

/** The longest body: an action and its reason. In bytes. */
const mostBytes = 64 * 1024;
const roles = ['look', 'operate', 'administer'] as const;

/** Scripts and styles come from here alone; nothing may frame it. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** All routes of the API: for fastify, the OpenAPI description and the test that walks them. */
export function routeTable(options: WebOptions, sessions: Sessions): readonly RouteRow[] {
  const { port, choice, tls, log } = options;
  return [
    ...signInRoutes({ port, sessions, oidc: choice.oidc, secure: tls !== null, log }),
    ...lookRoutes(port),
    ...actRoutes(port),
    ...runbookRoutes(port),
  ];
}

/** The server, not yet listening. */
export function consoleApp(options: WebOptions): FastifyInstance {
  const { port, tls } = options;
  const app: FastifyInstance = Fastify({
    ...(tls === null ? {} : { https: { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' as const } }),
    bodyLimit: mostBytes,
    requestTimeout: 10_000,
    keepAliveTimeout: 30_000,
    connectionTimeout: 0,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    // Behind a proxy the address is the proxy's: what a header claims is not believed.
    trustProxy: false,
    logger: false,
  } as object);
  app.server.headersTimeout = 5_000;
  app.server.maxConnections = 1_000;

  const sessions = openSessions({
    system: options.system,
    secure: tls !== null,
    accounts: () => port.accounts(),
    now: Date.now,
  });
  const table = routeTable(options, sessions);
  const hub = openHub(port);
  const runs = openRunStreams(port);
  const mayLook = isLoopback(options.choice.address);
  const names = new Set(['localhost', ...options.choice.names, ...options.names.map((name) => name.toLowerCase())]);
  const scheme = tls === null ? 'http' : 'https';

  app.addHook('onRequest', async (request, reply) => {
    headersOn(reply, tls !== null);
    demandOurName(request.headers.host, names);
  });
  app.addHook('onClose', () => {
    hub.close();
    runs.close();
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const { status, body } = failureOf(error);
    if (status >= 500 && !(error instanceof Refusal))
      options.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (error instanceof Refusal && error.retryAfter !== null) reply.header('retry-after', String(error.retryAfter));
    await reply.status(status).send(body);
  });

  const personOf = async (request: FastifyRequest, reply: FastifyReply): Promise<Person | null> => {
    const person = await sessions.read(request.headers.cookie);
    if (person !== null && person.renewed !== null) reply.header('set-cookie', person.renewed);
    return person;
  };

  for (const row of table)
    app.route({
      method: row.method,
      url: row.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const origin = `${scheme}://${request.headers.host ?? ''}`;
        if (row.method !== 'GET') demandOwnPage(request, origin);
        const person = await personOf(request, reply);
        demandRole(row.access, person, mayLook);
        if (row.method !== 'GET' && row.access !== 'open' && person !== null) demandToken(request, person);
        const { params, query, body } = request;
        const given = await row.handle({
          params,
          query,
          body: body ?? undefined,
          person,
          cookies: request.headers.cookie,
          address: request.ip,
          origin,
        });
        const answer = given instanceof Reply ? given : new Reply(200, given);
        for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
        if (answer.body === undefined) return reply.status(answer.status).send();
        return reply.status(answer.status).type('application/json; charset=utf-8').send(jsonText(answer.body));
      },
    });

  const description = JSON.stringify(openApi(table, options.version));
  app.get('/api/v1/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(description));

  app.get('/api/v1/events', async (request, reply) => {
    demandRole('look', await personOf(request, reply), mayLook);
    const last = request.headers['last-event-id'];
    // A first look fetches the status from the agent, so that the stream begins with it.
    await port.status();
    beginStream(reply);
    if (!hub.add(reply.raw, typeof last === 'string' ? last : null)) reply.raw.end();
  });

  app.get<{ Params: { run: string } }>('/api/v1/runs/:run/events', async (request, reply) => {
    demandRole('look', await personOf(request, reply), mayLook);
    beginStream(reply);
    if (!runs.add(request.params.run, reply.raw)) reply.raw.end();
  });

  app.get('/metrics', async (request, reply) => {
    demandRole('look', await personOf(request, reply), mayLook);
    const text = await metricsText(port, hub.size);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });

  app.get('/healthz', async (_request, reply) => {
    const status = await port.status();
    const ok = status !== null && status.source.agent === 'live';
    return reply
      .status(ok ? 200 : 503)
      .send({ ok, agent: status?.source.agent ?? 'silent', asOfMs: status?.source.asOfMs ?? null });
  });

  servePages(app, options.pages);
  return app;
}

/** Built pages; every address that is no file is the page's own to read (`/service/pricer`, `/host/db.example`). */
function servePages(app: FastifyInstance, pages: string): void {
  const built = existsSync(join(pages, 'index.html'));
  if (built)
    void app.register(fastifyStatic, {
      root: pages,
      index: false,
      preCompressed: true,
      setHeaders: (reply, path) => {
        // Names of these hold a hash of what is in them.
        reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  const page = async (reply: FastifyReply): Promise<FastifyReply> => {
    // Read each time: who builds the pages anew sees them at the next load.
    const index = await readFile(join(pages, 'index.html')).catch(() => null);
    reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8');
    if (index !== null) return reply.send(index);
    return reply
      .status(503)
      .send(
        '<!doctype html><title>Standfast</title><p>The pages of the console were not built. In the checkout: npm run console</p>',
      );
  };
  app.get('/', (_request, reply) => page(reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isPage = request.method === 'GET' && !/^\/(api|auth|assets)\b/.test(path) && !/^\/[^/]*\.\w+$/.test(path);
    if (!isPage)
      throw new Refusal(
        404,
        'SF-801',
        `there is nothing at ${path.slice(0, 200)}`,
        'GET /api/v1/openapi.json lists all.',
      );
    return page(reply);
  });
}

function headersOn(reply: FastifyReply, secure: boolean): void {
  reply.headers({
    'content-security-policy': contentPolicy,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'cache-control': 'no-store',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  });
}

/** Server-sent events from now on: fastify has nothing more to do with it. */
function beginStream(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...headersOf(reply),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
}

/** What was set on the reply, for the raw response. */
function headersOf(reply: FastifyReply): Record<string, string | string[] | number> {
  const made: Record<string, string | string[] | number> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) made[name] = value;
  return made;
}

/** A page elsewhere whose name was made to point here (DNS rebinding) shows its own name in `Host`; an address cannot be made to. */
function demandOurName(host: string | undefined, names: ReadonlySet<string>): void {
  const url = host !== undefined && URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null;
  const name = (url?.hostname ?? '').replace(/^\[|\]$/g, '').toLowerCase();
  if (url !== null && url.username === '' && url.pathname === '/' && (isIP(name) !== 0 || names.has(name))) return;
  throw new Refusal(
    421,
    'SF-804',
    `"${(host ?? '').slice(0, 100)}" is not a name of this console`,
    'Use its IP address, or add the name to the description: console: { names: [NAME] }',
  );
}

/** Browsers say where a request comes from; what is no browser says nothing, and has no cookies that others could use. */
function demandOwnPage(request: FastifyRequest, origin: string): void {
  const site = request.headers['sec-fetch-site'];
  const said = request.headers.origin;
  const fine = said === undefined ? site === undefined || site === 'same-origin' || site === 'none' : said === origin;
  if (fine) return;
  throw new Refusal(
    403,
    'SF-809',
    `the request came from ${String(said ?? site).slice(0, 100)}, not from this console`,
    'Load the page anew.',
  );
}

function demandToken(request: FastifyRequest, person: Person): void {
  const given = request.headers['standfast-csrf'];
  if (typeof given === 'string' && isCsrf(person, given)) return;
  throw new Refusal(
    403,
    'SF-809',
    'the header standfast-csrf is missing or not of this sign-in',
    'Load the page anew; scripts send what /api/v1/me gave as csrf.',
  );
}

function demandRole(access: RouteRow['access'], person: Person | null, mayLook: boolean): void {
  if (access === 'open' || (access === 'look' && mayLook)) return;
  if (person === null)
    throw new Refusal(401, 'SF-805', 'nobody is signed in', 'Sign in; users are made by: standfast user add NAME');
  if (roles.indexOf(person.role) >= roles.indexOf(access)) return;
  throw new Refusal(
    403,
    'SF-806',
    `${person.name} may ${person.role}; this needs ${access}`,
    `standfast user add ${person.name} --role ${access} gives it.`,
  );
}
