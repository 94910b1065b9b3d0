// Another way to the same store is described, and another again while the agent is still going over to the first: it ends on the last one.

import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { openStoreLink } from '../../src/agent/store-link.ts';
import type { Input } from '../../src/decide/input.ts';
import { readDescription } from '../../src/model/read.ts';
import { ms } from '../../src/model/units.ts';
import type { Store } from '../../src/ports.ts';
import { openStore, placeOf, writePlace } from '../../src/store/place.ts';
import { noEtcd, startCluster } from '../store/etcd-cluster.ts';
import { afterwards, folder } from '../store/places.ts';

test('two other ways to the store, described one right after the other', { skip: noEtcd() }, async (t) => {
  const cluster = await startCluster(t, { members: 1 });
  const direct = cluster.urls[0] ?? assert.fail('no member');
  const [slow, last] = [await gate(t, direct), await gate(t, direct)];
  last.open();
  const home = folder(t);
  const file = join(home, 'store.db');
  const at = (url: string) => {
    const text = `
system: ways
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
store: { etcd: [ "${url}" ] }
hosts: { a: { address: 127.0.0.1 } }
services: { s: { run: sleep 1, on: [a] } }
`;
    const { system } = readDescription({ text, file: 'standfast.yaml', folder: home });
    assert.ok(system !== null);
    return {
      place: placeOf(system, file),
      record: JSON.stringify({ text, folder: home, file: 'standfast.yaml', hash: system.hash, format: 1 }),
    };
  };
  const write = async (store: Store, url: string): Promise<void> => {
    const answer = await store.txn([], [{ key: 'description', value: at(url).record }], ms(5000));
    assert.equal(answer.kind, 'applied');
  };
  const person = await openStore(at(direct).place, true);
  afterwards(t, () => person.close());
  await write(person, direct);
  writePlace(at(direct).place, file);

  const heard = new EventEmitter();
  const said: string[] = [];
  const link = openStoreLink({
    file,
    me: 'a',
    memoryFile: join(home, 'memory.json'),
    descriptionFile: join(home, 'description.json'),
    readingFile: join(home, 'reading.json'),
    hereFile: join(home, 'here.json'),
    tell: (input: Input) => heard.emit(input.kind, input),
    wrote: () => undefined,
    saw: () => undefined,
    log: (text) => said.push(text),
  });
  afterwards(t, () => link.close());
  await once(heard, 'storeRead');

  const asked = slow.asked();
  await write(person, slow.url);
  await asked;
  const told = once(heard, 'storeChanges');
  await write(person, last.url);
  await told;
  slow.open();
  while (!said.some((line) => line.endsWith(last.url))) await pause(20);
  assert.deepEqual(
    said,
    [slow.url, last.url].map((url) => `the store is reached as the description has it now: etcd at ${url}`),
  );
  assert.ok(readFileSync(join(home, 'store.json'), 'utf8').includes(last.url));
  assert.equal((await link.txn([], [{ key: 'session/a', value: '{}' }], ms(5000))).kind, 'applied');
  assert.ok(last.lines() > 0);
});

interface Gate {
  readonly url: string;
  /** Resolves when somebody has connected. */
  asked(): Promise<void>;
  /** From now on what is said here goes on, that of before first. */
  open(): void;
  lines(): number;
}

/** A way to an etcd that lets nothing through until it is opened. */
async function gate(t: TestContext, to: string): Promise<Gate> {
  const opened = Promise.withResolvers<void>();
  const here = new Set<Socket>();
  const { port } = new URL(to);
  const server = createServer((socket) => {
    here.add(socket);
    socket.on('error', () => undefined).on('close', () => here.delete(socket));
    void opened.promise.then(() => {
      const there = connect(Number(port), '127.0.0.1');
      there.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => there.destroy());
      socket.pipe(there).pipe(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => {
    for (const socket of here) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: async () => void (await once(server, 'connection')),
    open: opened.resolve,
    lines: () => here.size,
  };
}
