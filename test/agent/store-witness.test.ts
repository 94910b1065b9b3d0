// A copy of the store's data is put back and written on until it is past what was seen: identity and revision say nothing, what it lost does.

import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { openStoreLink, type StoreLink } from '../../src/agent/store-link.ts';
import type { Input } from '../../src/decide/input.ts';
import { readDescription } from '../../src/model/read.ts';
import { ms } from '../../src/model/units.ts';
import { openStore } from '../../src/store/place.ts';

const text = `
system: witness
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 } }
services: { s: { run: sleep 1, on: [a] } }
`;
const key = 'session/a';

function link(t: TestContext, folder: string): { store: StoreLink; heard: EventEmitter } {
  const heard = new EventEmitter();
  const at = (name: string): string => join(folder, name);
  const store = openStoreLink({
    file: at('store.db'),
    me: 'a',
    memoryFile: at('memory.json'),
    descriptionFile: at('description.json'),
    readingFile: at('reading.json'),
    hereFile: at('here.json'),
    tell: (input: Input) => heard.emit(input.kind, input),
    wrote: () => undefined,
    saw: () => undefined,
    log: () => undefined,
  });
  t.after(() => store.close());
  return { store, heard };
}

test('a store that lost what it had confirmed is no store, though its identity and revision are those known', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-witness-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const place = { kind: 'embedded' as const, file: join(folder, 'store.db') };
  const { system } = readDescription({ text, file: 'standfast.yaml', folder });
  assert.ok(system !== null);
  const write = async (puts: Readonly<Record<string, string>>): Promise<void> => {
    const store = await openStore(place, true);
    const entries = Object.entries(puts).map(([at, value]) => ({ key: at, value }));
    assert.equal((await store.txn([], entries, ms(5000))).kind, 'applied');
    await store.close();
  };
  const description = { text, folder, file: 'standfast.yaml', hash: system.hash, format: 1 };
  await write({ description: JSON.stringify(description), [key]: '{}' });
  const files = readdirSync(folder).filter((name) => name.startsWith('store.db'));
  for (const file of files) copyFileSync(join(folder, file), join(folder, `copy.${file}`));

  const first = link(t, folder);
  await once(first.heard, 'storeRead');
  const current = (await first.store.opened()?.read(key))?.entries[0]?.revision ?? assert.fail('no session');
  const renewed = await first.store.txn([{ key, revision: current }], [{ key, value: '{"n":1}' }], ms(5000));
  assert.equal(renewed.kind, 'applied');
  await first.store.close();
  const second = link(t, folder);
  await once(second.heard, 'storeRead');
  await second.store.close();

  for (const file of readdirSync(folder).filter((name) => name.startsWith('store.db'))) rmSync(join(folder, file));
  for (const file of files) copyFileSync(join(folder, `copy.${file}`), join(folder, file));
  for (let n = 0; n < 20; n++) await write({ other: String(n) });
  assert.ok(existsSync(join(folder, 'memory.json')));
  const third = link(t, folder);
  const [lost] = (await once(third.heard, 'storeLost')) as [{ why: string }];
  assert.match(
    lost.why,
    /lost what it had confirmed: session\/a was written at revision \d+, and stands there as of revision \d+/,
  );
});
