// Agents of different machines talk by TLS, as whom the store names and nobody else. Two real ends with a state folder each; the store between them is a map
// in the test. Strangers are real sockets.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  X509CertificateGenerator,
  SubjectAlternativeNameExtension,
  PemConverter,
} from '@peculiar/x509';

import { openPeers, type PeerEvents, type Peers } from '../../src/agent/peers.ts';
import { peerKey } from '../../src/agent/peers/trust.ts';
import { systemLayout } from '../../src/layout.ts';
import { readDescription } from '../../src/model/read.ts';
import type { PeerChannel, System } from '../../src/model/system.ts';
import { freePort } from '../free-port.ts';

/** What would stand in the store, told to everybody who listens. */
class Board extends EventEmitter {
  readonly entries = new Map<string, { key: string; value: string | null; revision: number }>();
  #revision = 0;

  put(key: string, value: string): void {
    this.#revision += 1;
    const entry = { key, value, revision: this.#revision };
    this.entries.set(key, entry);
    this.emit('entry', entry);
  }
}

interface End {
  readonly peers: Peers;
  readonly folder: string;
  readonly heard: EventEmitter;
  readonly log: string[];
  close(): Promise<void>;
  /** The newest promise is answered so. */
  answer: boolean;
}

function described(port: number, own: PeerChannel['own'] = null): System {
  const text = `
system: far
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services: { s: { run: sleep 1, on: [a], policy: single } }
`.replace(', policy: single', '');
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder: '/' });
  assert.deepEqual(errors, []);
  assert.ok(system !== null);
  return {
    ...system,
    store: { kind: 'etcd', managed: true },
    peers: { port, own },
  };
}

async function open(t: TestContext, me: string, board: Board, system: System, machine = `${me}-1`): Promise<End> {
  const state = mkdtempSync(join(tmpdir(), 'sf-peers-'));
  const layout = systemLayout(state, 'far');
  mkdirSync(layout.host(me).folder, { recursive: true });
  return await openIn(t, state, me, board, system, machine);
}

async function openIn(
  t: TestContext,
  state: string,
  me: string,
  board: Board,
  system: System,
  machine = `${me}-1`,
): Promise<End> {
  const layout = systemLayout(state, 'far');
  const heard = new EventEmitter();
  const log: string[] = [];
  const end: { answer: boolean } = { answer: true };
  const events: PeerEvents = {
    nudged: () => heard.emit('nudged'),
    report: (host) => heard.emit('report', host),
    asked(host, ask, epoch) {
      heard.emit('asked', host, ask, epoch);
      peers.answer(host, ask, end.answer);
    },
    answered: (host, whose, ask, given) => heard.emit('answered', host, whose, ask, given),
    down: () => heard.emit('down'),
    called: (what, body) =>
      what === 'echo' ? Promise.resolve({ from: me, body }) : Promise.reject(new Error(`no ${what}`)),
  };
  const say = (): void => {
    const said = peers.toSay();
    if (said !== null) board.put(peerKey(me), JSON.stringify(said.value));
  };
  let opened = false;
  const peers = await openPeers({
    me,
    machine,
    system: layout,
    layout: layout.host(me),
    events,
    wall: Date.now,
    log: (text) => log.push(text),
    changed: () => {
      if (opened) say();
      heard.emit('changed');
    },
  });
  opened = true;
  const saw: Peers['saw'] = (entry) => peers.saw(entry);
  board.on('entry', saw);
  for (const entry of board.entries.values()) peers.saw(entry);
  peers.use(system);
  const close = async (): Promise<void> => {
    board.off('entry', saw);
    if (opened) await peers.close();
    opened = false;
  };
  t.after(async () => {
    await close();
    rmSync(state, { recursive: true, force: true });
  });
  return Object.assign(end, { peers, folder: layout.host(me).folder, heard, log, close });
}

/** Until the line to the peer is in use. */
async function connected(from: End, to: string, is = true): Promise<void> {
  const state = () => from.peers.states().find((each) => each.host === to);
  await until(
    () => `line to ${to}: ${JSON.stringify(state())} ${from.log.join('; ')}`,
    () => state()?.connected === is,
  );
}

async function until(what: string | (() => string), holds: () => boolean): Promise<void> {
  for (const untilMs = performance.now() + 60_000; performance.now() < untilMs; await pause(10)) if (holds()) return;
  assert.fail(`did not come: ${typeof what === 'string' ? what : what()}`);
}

test('two machines make certificates, find each other by the store, promise, report and ask', async (t) => {
  const board = new Board();
  const system = described(await freePort());
  const [a, b] = [await open(t, 'a', board, system), await open(t, 'b', board, system)];
  await Promise.all([connected(a, 'b'), connected(b, 'a')]);
  assert.equal(a.peers.states()[0]?.by, 'network');
  assert.equal(statSync(join(a.folder, 'peer.pem')).mode & 0o777, 0o600);
  // One address and one usual port: the second found another, and said so.
  const ports = ['a', 'b'].map((host) => JSON.parse(board.entries.get(peerKey(host))?.value ?? '{}').port as number);
  assert.notEqual(ports[0], ports[1]);

  const given = once(a.heard, 'answered');
  a.peers.ask(['b'], 7, 3);
  assert.deepEqual(await given, ['b', 'b-1', 7, true]);
  b.answer = false;
  const refused = once(a.heard, 'answered');
  a.peers.ask(['b'], 8, 3);
  assert.deepEqual(await refused, ['b', 'b-1', 8, false]);

  const nudged = once(b.heard, 'nudged');
  a.peers.nudge();
  await nudged;
  assert.deepEqual(await a.peers.call('b', 'echo', [1], 60_000), { from: 'b', body: [1] });
  await assert.rejects(a.peers.call('b', 'other', null, 60_000), /no other/);
  await b.close();
  await connected(a, 'b', false);
  await assert.rejects(a.peers.call('b', 'echo', null, 5000), /cannot be reached/);
});

test('who is not named by the store is nobody: strangers, former machines and peers that speak for others', async (t) => {
  const board = new Board();
  const system = described(await freePort());
  const [a, b] = [await open(t, 'a', board, system), await open(t, 'b', board, system)];
  await Promise.all([connected(a, 'b'), connected(b, 'a')]);
  const { port } = JSON.parse(board.entries.get(peerKey('a'))?.value ?? '{}') as { port: number };
  let events = 0;
  // What all of them say; the real b only greets.
  a.heard.on('down', () => (events += 1));
  const asB = readFileSync(join(b.folder, 'peer.pem'), 'utf8');
  const stranger = await selfSigned('b');
  const down = (from: string): string => `${JSON.stringify({ kind: 'down', from, leaveRunning: false })}\n`;

  // Its name is b's, its key is not.
  await cutOff(port, { key: stranger.key, cert: stranger.cert }, down('b'));
  // No certificate at all.
  await cutOff(port, {}, down('b'));
  // b itself, speaking for a.
  await cutOff(port, { key: asB, cert: asB }, down('a'));
  // b itself, with what is no message, and with one that never ends.
  await cutOff(port, { key: asB, cert: asB }, 'GET / HTTP/1.1\r\n\r\n');
  await cutOff(port, { key: asB, cert: asB }, Buffer.alloc(17 << 20, 'x'));
  // No TLS.
  const plain = connectTcp(port, '127.0.0.1', () => plain.write('hello there, this is no handshake\n'));
  plain.on('error', () => undefined);
  await closing(plain);
  assert.equal(events, 0, 'nothing of that was taken for a word of a peer');

  // Another machine takes b's place in the store: the former one is no longer heard.
  const elsewhere = new Board();
  await open(t, 'b', elsewhere, system, 'b-2');
  await until('it has a certificate', () => elsewhere.entries.has(peerKey('b')));
  board.put(peerKey('b'), elsewhere.entries.get(peerKey('b'))?.value ?? '');
  await connected(b, 'a', false);
  assert.equal(events, 0);
});

test('a promise counts for the question that it answers, once', async (t) => {
  const board = new Board();
  const system = described(await freePort());
  const a = await open(t, 'a', board, system);
  const pair = await selfSigned('b');
  const said: { nonce: string; ask: number }[] = [];
  let line: TLSSocket | null = null;
  let hangs = false;
  const server = createServer({ ...pair, requestCert: true, rejectUnauthorized: false }, (socket) => {
    line = socket;
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const each of text.split('\n').filter((one) => one.includes('"ask"')))
        said.push(JSON.parse(each) as { nonce: string; ask: number });
      // However long the questions take, it is there.
      if (!hangs && text.includes('"ping"')) socket.write(`${JSON.stringify({ kind: 'pong', from: 'b' })}\n`);
    });
  });
  t.after(() => server.close());
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { fingerprint256 } = new (await import('node:crypto')).X509Certificate(pair.cert);
  board.put(peerKey('b'), JSON.stringify({ certificates: [fingerprint256], port }));
  await connected(a, 'b');
  t.after(() => line?.destroy());

  const answers: unknown[] = [];
  a.heard.on('answered', (...of: unknown[]) => answers.push(of));
  a.peers.ask(['b'], 1, 1);
  await until('the first question', () => said.length === 1);
  a.peers.ask(['b'], 2, 1);
  await until('the second question', () => said.length === 2);
  const write = (nonce: string, ask: number, from = 'b'): void =>
    void line?.write(`${JSON.stringify({ kind: 'answer', from, ask, given: true, nonce, machine: 'm' })}\n`);
  // To the question before, to this one with the other's nonce, in another's name, without an end.
  write(said[0]?.nonce ?? '', 1);
  write(said[0]?.nonce ?? '', 2);
  write(said[1]?.nonce ?? '', 2, 'a');
  const counted = once(a.heard, 'answered');
  write(said[1]?.nonce ?? '', 2);
  write(said[1]?.nonce ?? '', 2);
  assert.deepEqual(await counted, ['b', 'm', 2, true]);
  a.peers.ask(['b'], 3, 1);
  await until('the third question', () => said.length === 3);
  const third = once(a.heard, 'answered');
  write(said[2]?.nonce ?? '', 3);
  await third;
  assert.deepEqual(answers, [
    ['b', 'm', 2, true],
    ['b', 'm', 3, true],
  ]);
  // It falls silent without closing, as one does that loses its power: its line is not believed in for long.
  hangs = true;
  await connected(a, 'b', false);
});

test('a certificate that runs out is renewed: both count until the next one is shown', async (t) => {
  const board = new Board();
  const system = described(await freePort());
  const state = mkdtempSync(join(tmpdir(), 'sf-peers-'));
  const folder = systemLayout(state, 'far').host('a').folder;
  mkdirSync(folder, { recursive: true });
  const old = await selfSigned('a', 20);
  writeFileSync(join(folder, 'peer.pem'), `${old.key}\n${old.cert}\n`, { mode: 0o600 });
  const said = (): string[] =>
    (JSON.parse(board.entries.get(peerKey('a'))?.value ?? '{}') as { certificates?: string[] }).certificates ?? [];
  const a = await openIn(t, state, 'a', board, system);
  await until('both are named', () => said().length === 2);
  const b = await open(t, 'b', board, system);
  await Promise.all([connected(a, 'b'), connected(b, 'a')]);
  const next = join(folder, 'peer.pem.next');
  const [, coming] = said();
  await a.close();
  // An hour later.
  const before = new Date(Date.now() - 3_700_000);
  utimesSync(next, before, before);
  const again = await openIn(t, state, 'a', board, system);
  await until('only the next one is named', () => said().length === 1);
  assert.deepEqual(said(), [coming]);
  await Promise.all([connected(again, 'b'), connected(b, 'a')]);
});

test('with certificates of the user’s own, the authority and the name decide', async (t) => {
  const board = new Board();
  const folder = mkdtempSync(join(tmpdir(), 'sf-peers-ca-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await makeAuthority();
  const files = async (name: string, host: string, by = authority): Promise<NonNullable<PeerChannel['own']>> => {
    const pair = await by.sign(host);
    const path = (what: string): string => join(folder, `${name}.${what}`);
    writeFileSync(path('ca'), authority.cert);
    writeFileSync(path('cert'), pair.cert);
    writeFileSync(path('key'), pair.key);
    return { ca: path('ca'), cert: path('cert'), key: path('key') };
  };
  const port = await freePort();
  const a = await open(t, 'a', board, described(port, await files('a', 'a')));
  const b = await open(t, 'b', board, described(port, await files('b', 'b')));
  await Promise.all([connected(a, 'b'), connected(b, 'a')]);
  await b.close();
  await connected(a, 'b', false);
  // Of the same authority for another name, and for the right name of another authority.
  const wrongName = await open(t, 'b', board, described(port, await files('c', 'c')));
  await until('a refuses it', () => a.peers.states()[0]?.why?.includes('it names neither b nor 127.0.0.1') === true);
  await wrongName.close();
  const wrongHand = await open(t, 'b', board, described(port, await files('d', 'b', await makeAuthority())));
  await until('it does not get in', () => wrongHand.peers.states()[0]?.why !== null);
  assert.equal(a.peers.states()[0]?.connected, false);
  await wrongHand.close();
  // Half renewed: another key stands there already, and its certificate does not.
  const [half, other] = [await files('e', 'b'), await files('f', 'b')];
  writeFileSync(half.key, readFileSync(other.key));
  const torn = await open(t, 'b', board, described(port, half));
  await until('it says so', () => torn.peers.states()[0]?.why?.includes('cannot be used together') === true);
  await torn.close();
  writeFileSync(half.cert, readFileSync(other.cert));
  const mended = await open(t, 'b', board, described(port, half));
  await connected(mended, 'a');
});

/** However it came to it. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Connects with this certificate, writes, and waits to be cut off. */
async function cutOff(port: number, pair: { key?: string; cert?: string }, text: string | Buffer): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, ...pair, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  socket.once('secureConnect', () => socket.write(text));
  socket.resume();
  await closing(socket);
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function selfSigned(name: string, days = 365): Promise<{ key: string; cert: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + days * 86_400_000),
    keys,
    signingAlgorithm: algorithm,
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: cert.toString('pem') };
}

async function makeAuthority(): Promise<{
  cert: string;
  sign(host: string): Promise<{ key: string; cert: string }>;
}> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=authority',
    extensions: [new BasicConstraintsExtension(true)],
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    cert: root.toString('pem'),
    async sign(host) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const cert = await X509CertificateGenerator.create({
        subject: `CN=${host}`,
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
      });
      const key = await crypto.subtle.exportKey('pkcs8', own.privateKey);
      return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: cert.toString('pem') };
    },
  };
}
