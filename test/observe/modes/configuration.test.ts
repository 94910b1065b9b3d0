// Configuration files that are missing, unreadable, changed, drift between hosts; and what comes back when they do.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openConfiguration } from '../../../src/observe/modes/configuration.ts';
import { openCertificates } from '../../../src/observe/modes/certificates.ts';
import type { Looked } from '../../../src/observe/modes/detector.ts';
import { openHost } from '../../../src/observe/modes/host.ts';
import type { Watch } from '../../../src/observe/modes/watch.ts';
import { folder, ground, hang, impatient, look, needs, needsRoot, said, watchOn } from './look.ts';

const at = (
  path: string,
): { path: string; services: string[]; mode: null; owner: null; group: null; properties: [] } => ({
  path,
  services: ['pricer'],
  mode: null,
  owner: null,
  group: null,
  properties: [],
});

test('missing, another mode or owner than declared, back again', { skip: needsRoot }, async (t) => {
  const dir = folder(t);
  const path = join(dir, 'pricer.properties');
  writeFileSync(path, 'rates.url=http://one\n', { mode: 0o440 });
  const detector = openConfiguration(ground());
  const watch = watchOn(dir, { files: [{ ...at(path), mode: '0440', owner: 'root' }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  chmodSync(path, 0o644);
  const seen = await look(detector, watch);
  assert.ok(seen.some(({ text }) => text.endsWith('has mode 0644, not 0440')));
  chmodSync(path, 0o440);
  chownSync(path, 65534, 65534);
  assert.ok(said(await look(detector, watch)).includes('configuration-permissions fault'));
  chownSync(path, 0, 0);
  assert.deepEqual(said(await look(detector, watch)), []);
  rmSync(path);
  assert.deepEqual(said(await look(detector, watch)), ['configuration-missing fault']);
});

test('what even root may not look into may be as it should', { skip: needs('mount') }, async (t) => {
  const dir = folder(t);
  const closed = join(dir, 'closed');
  await hang(t, closed, 990);
  const path = join(closed, 'pricer.properties');
  const services = ['pricer'];
  const certificate = { services, file: path, on: null, name: null, passwordFile: null, key: null, isNamed: true };
  const watch = watchOn(dir, {
    files: [at(path)],
    certificates: [certificate],
    snapshots: [{ path: closed, withinMs: 1000, services }],
  });
  for (const open of [openConfiguration, openCertificates, openHost])
    assert.deepEqual(said(await look(open(ground()), watch)), []);
});

test('changed content and properties, against the last known good that survives a restart', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'pricer.properties');
  const good = '# rates\nrates.url = http://one\npassword=hunter2\n';
  writeFileSync(path, good);
  const watch = watchOn(dir, { files: [{ ...at(path), properties: [{ name: 'rates.url', value: null }] }] });
  assert.deepEqual(said(await look(openConfiguration(ground()), watch)), []);
  const detector = openConfiguration(ground());
  writeFileSync(path, '# rates\nrates.url = http://two\npassword=other\n');
  const seen = await look(detector, watch);
  assert.deepEqual(said(seen), ['configuration-changed change', 'property-changed change', 'property-changed change']);
  assert.ok(seen.some(({ text }) => text.includes('rates.url in') && text.endsWith('was changed')));
  assert.ok(!JSON.stringify(seen).includes('hunter2') && !JSON.stringify(seen).includes('other'), 'no value is told');
  assert.ok(readFileSync(join(dir, 'kept', 'files.json'), 'utf8').includes('http://one'), 'the last good one is kept');
  writeFileSync(path, 'password=other\n');
  assert.ok(said(await look(detector, watch)).includes('property-changed fault'));
  writeFileSync(path, good);
  assert.deepEqual(said(await look(detector, watch)), [], 'put back, it is as it was');
  writeFileSync(path, good.replace('# rates', '# rates, as agreed\n\n; with Ann'));
  assert.deepEqual(said(await look(detector, watch)), [], 'comments are read by people only');
});

test('no part of a key is told of as a property', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'tls.key');
  const key = (end: string): string => `at=x\n-----BEGIN PRIVATE KEY-----\nMIIE\n${end}==\n-----END PRIVATE KEY-----\n`;
  writeFileSync(path, key('O7ZrIobWVuxmXeeZkqZNBQ'));
  const detector = openConfiguration(ground());
  const watch = watchOn(dir, { files: [at(path)] });
  await look(detector, watch);
  writeFileSync(path, key('9utidJT2nPUwWuwXVA5dlg'));
  assert.deepEqual(said(await look(detector, watch)), ['configuration-changed change']);
});

test('a change becomes good when the service has run on it; a restart begins that anew', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'pricer.yaml');
  writeFileSync(path, 'a: 1\n');
  let now = 0;
  const detector = openConfiguration(ground({ mono: () => now }));
  const watch = watchOn(dir, { files: [at(path)], processes: [{ service: 'pricer', pid: 1, memoryLimit: null }] });
  await look(detector, watch);
  writeFileSync(path, 'a: 2\n');
  await look(detector, watch);
  now += 590_000;
  assert.deepEqual(said(await look(detector, watch)), ['configuration-changed change', 'property-changed change']);
  now += 20_000;
  await look(detector, watch);
  assert.deepEqual(said(await look(detector, watch)), []);
});

test('the same file on another host holds something else', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'pricer.properties');
  writeFileSync(path, 'a=1\n');
  const there = folder(t);
  writeFileSync(join(there, 'pricer.properties'), 'a=2\n');
  const { facts = {} } = await openConfiguration(ground()).look(
    watchOn(there, { host: 'b', files: [at(join(there, 'pricer.properties'))] }),
  );
  const peers = [{ host: 'b', address: '127.0.0.1', clockAheadMs: 0, facts }];
  const detector = openConfiguration(ground());
  const [drift] = await look(detector, watchOn(dir, { files: [at(path)], peers }));
  assert.equal(drift?.text, 'pricer.properties of pricer is not the same on all hosts: a has one content, b another');
  writeFileSync(path, 'a=2\n');
  assert.ok(
    !said(await look(detector, watchOn(dir, { files: [at(path)], peers }))).includes('configuration-drift ahead'),
  );
  writeFileSync(path, '# as agreed on Monday\na=2\n');
  assert.ok(
    !said(await look(detector, watchOn(dir, { files: [at(path)], peers }))).includes('configuration-drift ahead'),
    'a comment makes no difference',
  );
  // Two instances on one machine: each has a port of its own, and says so in its file.
  const instance = async (host: string, text: string, more: Partial<Watch> = {}): Promise<Looked> => {
    const at_ = join(folder(t), 'pricer.properties');
    writeFileSync(at_, text);
    const own = [{ service: 'pricer', values: { PORT: host === 'a' ? '7001' : '7002', ME: host, HOST: host } }];
    return await openConfiguration(ground()).look(watchOn(dir, { host, files: [at(at_)], own, ...more }));
  };
  const differs = async (here: string, elsewhere: string): Promise<boolean> => {
    const other = await instance('b', elsewhere);
    const of = { host: 'b', address: '127.0.0.1', clockAheadMs: 0, facts: other.facts ?? {} };
    return said((await instance('a', here, { peers: [of] })).seen).includes('configuration-drift ahead');
  };
  assert.equal(await differs('at=127.0.0.1:7001\nme = "a"\n', 'at=127.0.0.1:7002\nme = "b"\n'), false);
  assert.equal(await differs('all=7001,7002\n', 'all=7001,7002\n'), false);
  assert.equal(await differs('at=7001\nmost=4\n', 'at=7002\nmost=5\n'), true);
  assert.equal(await differs('at=7003\n', 'at=7002\n'), true);
});

test('a large file is the same however it is read, and another when its last byte is', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'rates.bin');
  const data = Buffer.alloc(3 << 20, 0xfe);
  writeFileSync(path, data);
  const detector = openConfiguration(ground());
  const watch = watchOn(dir, { files: [at(path)] });
  assert.deepEqual(said(await look(detector, watch)), []);
  for (let n = 0; n < 3; n += 1) {
    writeFileSync(path, data);
    assert.deepEqual(said(await look(detector, watch)), [], 'touched');
  }
  data[data.length - 1] = 0xff;
  writeFileSync(path, data);
  assert.deepEqual(said(await look(detector, watch)), ['configuration-changed change']);
});

test('a file system that hangs hides no file but its own', { skip: needsRoot }, async (t) => {
  const dir = folder(t);
  const path = join(dir, 'pricer.properties');
  writeFileSync(path, 'a=1\n');
  const hung = join(dir, 'hung');
  const detector = openConfiguration(impatient(ground(), hung));
  mkdirSync(hung);
  writeFileSync(join(hung, 'other.properties'), 'a=1\n');
  const watch = watchOn(dir, { files: [at(path), at(join(hung, 'other.properties'))] });
  assert.deepEqual(said(await look(detector, watch)), []);
  rmSync(hung, { recursive: true });
  await hang(t, hung);
  rmSync(path);
  const seen = await look(detector, watch);
  assert.deepEqual(
    seen.map(({ mode, subject }) => `${mode} ${subject}`),
    [`configuration-missing ${path}`],
  );
});
