// A stand-in for one Java process of a Deephaven installation: `stand-in.mjs NAME`. Same process name, log, start-up message, property files, port and
// dependencies as the real one; what it does for a living is small, but real. It serves /healthy, and the work of its kind, on PORT of its property file.

import { spawn, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { Socket, createServer as createTcpServer } from 'node:net';
import { dirname, join } from 'node:path';
import { exportQueries, importQueries } from './queries.mjs';
import { propertiesOf } from './properties.mjs';
import { configurationOf, processes } from './work.mjs';

const name = process.argv[2] ?? '';
const { env } = process;
const work = processes[name];
if (work === undefined) {
  process.stderr.write(`iris: there is no process ${name}\n`);
  process.exit(2);
}
process.title = name;
const log = openLog(join(env.DH_LOG, work.log));

/** Lost connections to the log aggregator are borne this long; then the process gives up, as the real ones do. */
const bearsLostLogMs = 10_000;
/** Without ShutdownManager.deephaven.shutdownTimeoutMillis workers are waited for as long as they take. */
const workers = new Set();

try {
  await start();
} catch (error) {
  log(`FATAL: cannot start: ${error.message}`);
  process.exit(1);
}

async function start() {
  log(`starting as process ${process.pid}`);
  const properties = propertiesOf(name, join(env.DH_ETC, 'resources'));
  if (name !== 'configuration_server') await fetchConfiguration(properties);
  const port = Number(properties.get(`${name}.port`));
  if (!Number.isInteger(port) || port < 1)
    throw new Error(`property ${name}.port is "${properties.get(`${name}.port`) ?? ''}"`);
  await listen(serverOf(name, properties), port);
  if (name === 'log_aggregator_service')
    await listen(createTcpServer(takeLogs), Number(properties.get('LogAggregatorService.port')));
  if (work.logs !== undefined && properties.get(work.logs) !== 'false') holdLog(properties);
  process.on('SIGTERM', () => void shutDown(properties));
  log(`${work.started} on port ${port}`);
}

/** Nothing starts without the configuration server. */
async function fetchConfiguration(properties) {
  const url = `${properties.get('configuration.server.url')}/configuration/${name}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(4000) }).catch((error) => {
    throw new Error(`the configuration server does not answer: ${url}: ${error.cause?.code ?? error.message}`);
  });
  if (!answer.ok) throw new Error(`the configuration server has nothing for ${name}: ${url} answers ${answer.status}`);
}

function serverOf(service, properties) {
  const answer = (request, response) => {
    handle(request, properties).then(
      ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      (error) => response.writeHead(500).end(`${error.message}\n`),
    );
  };
  if (service !== 'web_api_service') return createServer(answer);
  const passphrase = Buffer.from(
    readFileSync(properties.get('WebServer.tls.passphrase.file'), 'utf8').trim(),
    'base64',
  ).toString();
  const keystore = properties.get('WebServer.tls.keystore');
  // openssl says in words what is wrong with a keystore.
  execFileSync('openssl', ['pkcs12', '-in', keystore, '-passin', 'env:STOREPASS', '-noout'], {
    env: { ...env, STOREPASS: passphrase },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return createSecureServer({ pfx: readFileSync(keystore), passphrase }, answer);
}

async function handle(request, properties) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/alive') return { status: 200, body: 'alive\n' };
  if (pathname === '/healthy') {
    const wrong = await whatIsWrong(properties);
    return wrong === null ? { status: 200, body: 'ok\n' } : { status: 503, body: `${wrong}\n` };
  }
  if (name === 'configuration_server' && pathname.startsWith('/configuration/')) {
    const value = await configurationOf(properties, pathname.slice('/configuration/'.length));
    return value === null ? { status: 404, body: '' } : { status: 200, body: value };
  }
  if (name === 'iris_controller' && pathname === '/queries') {
    const cache = properties.get('PersistentQueryController.cache');
    if (request.method === 'GET') return { status: 200, body: exportQueries(cache) };
    const { text, status } = importQueries(cache, await bodyOf(request), searchParams.get('retainSerial') ?? '');
    return { status, body: text };
  }
  if (name === 'db_query_server' && pathname === '/workers' && request.method === 'POST')
    return { status: 200, body: startWorker(await bodyOf(request)) };
  return { status: 404, body: '' };
}

async function whatIsWrong(properties) {
  const wrong = await Promise.resolve()
    .then(() => work.look(properties))
    .catch((error) => `${error.code ?? ''} ${error.stderr ?? error.message}`.trim());
  if (wrong !== null) log(`ERROR ${wrong.replaceAll('\n', ' ')}`);
  return wrong;
}

/** What logs to the database holds a connection to the aggregator, and ends when there is none for long. */
function holdLog(properties) {
  let giveUp = null;
  const connect = () => {
    const socket = new Socket();
    socket.on('connect', () => {
      clearTimeout(giveUp);
      giveUp = null;
    });
    // A close follows, and tells.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      giveUp ??= setTimeout(() => {
        log('FATAL: the log aggregator is gone, and logs cannot be written to the database');
        process.exit(1);
      }, bearsLostLogMs);
      setTimeout(connect, 250);
    });
    socket.connect(Number(properties.get('LogAggregatorService.port')), '127.0.0.1');
  };
  connect();
}

/** A worker is a process of its own; what it runs is the query. */
function startWorker(query) {
  const child = spawn('/bin/sh', ['-c', query], { stdio: 'ignore' });
  workers.add(child);
  child.on('exit', () => workers.delete(child));
  log(`worker ${child.pid} started`);
  return JSON.stringify({ pid: child.pid });
}

/** Workers are asked to end; who has not after the time in the properties is ended by force. */
async function shutDown(properties) {
  log('shutting down');
  const timeout = Number(properties.get('ShutdownManager.deephaven.shutdownTimeoutMillis') ?? Number.NaN);
  const gone = [...workers].map((worker) => new Promise((resolve) => worker.on('exit', resolve)));
  for (const worker of workers) worker.kill('SIGTERM');
  if (Number.isFinite(timeout))
    setTimeout(() => {
      for (const worker of workers) {
        log(`worker ${worker.pid} did not end within ${timeout} ms: ended by force`);
        worker.kill('SIGKILL');
      }
    }, timeout);
  await Promise.all(gone);
  log('shut down in order');
  process.exit(0);
}

function takeLogs(socket) {
  socket.on('error', () => socket.destroy()).resume();
}

function listen(server, port) {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
}

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

/** A file for each start, and `.log.current` a link to the newest, as in the real installation; five are kept. */
function openLog(base) {
  mkdirSync(dirname(base), { recursive: true });
  const file = `${base}.log.${new Date().toISOString().replaceAll(':', '')}`;
  const link = `${base}.log.current`;
  writeFileSync(file, '');
  symlinkSync(file, `${link}.${process.pid}`);
  renameSync(`${link}.${process.pid}`, link);
  const prefix = `${base.slice(base.lastIndexOf('/') + 1)}.log.2`;
  const old = readdirSync(dirname(base))
    .filter((each) => each.startsWith(prefix))
    .toSorted()
    .slice(0, -5);
  for (const each of old) rmSync(join(dirname(base), each), { force: true });
  return (text) => appendFileSync(file, `[${new Date().toISOString()}] ${text}\n`);
}
