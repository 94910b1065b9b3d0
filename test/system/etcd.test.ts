// Agents that agree in an etcd: of one's own, whose members die and stand still, and a managed one under the keepers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { test } from 'node:test';

import { askToJoin } from '../../src/agent/etcd-door.ts';
import type { StatusView } from '../../src/api.ts';
import type { EtcdAccess } from '../../src/store/etcd/access.ts';
import { listMembers, memberHealths } from '../../src/store/etcd/administer.ts';
import { readPlace } from '../../src/store/place.ts';
import { freePort } from '../free-port.ts';
import { noEtcd, startCluster } from '../store/etcd-cluster.ts';
import {
  activeOn,
  asPlanned,
  eventually,
  incidentsIn,
  instanceOf,
  killHost,
  makeStand,
  serviceOf,
  services,
  signal,
  textOf,
} from './stand.ts';

const skip = noEtcd();

async function description(name: string, store: string, addresses: readonly string[]): Promise<string> {
  const hosts = ['a', 'b', 'c'];
  const on = await Promise.all(hosts.map(async (host) => `${host}: { env: { PORT: "${await freePort()}" } }`));
  return `
system: ${name}
objective: { unavailable: 1h, per: 2h, recoverWithin: 4s }
store: ${store}
hosts:
${hosts.map((host, index) => `  ${host}: { address: ${addresses[index] ?? ''} }`).join('\n')}
services:
  web:
    run: [ ${process.execPath}, ${join(services, 'serve.mjs')} ]
    policy: hot-active/warm-active
    on: { ${on.join(', ')} }
    ready: { http: "http://127.0.0.1:\${PORT}/ready", within: 5s }
    activate: { http: "http://127.0.0.1:\${PORT}/activate" }
    deactivate: { http: "http://127.0.0.1:\${PORT}/deactivate" }
`;
}

/** Who is active, in which term, in which life: none of it may change when only the store is in trouble. */
function standing(view: StatusView): string {
  const active = activeOn(view, 'web') ?? assert.fail('none is active');
  const { startedAtMs, phase } = instanceOf(view, 'web', active);
  return `${active} ${phase} ${serviceOf(view, 'web').term} ${startedAtMs}`;
}

test("trouble of an etcd of one's own demotes nobody", { skip }, async (t) => {
  const cluster = await startCluster(t, {
    members: 3,
    args: ['--election-timeout', '400', '--heartbeat-interval', '40'],
  });
  const urls = cluster.urls.map((url) => `"${url}"`).join(', ');
  const stand = makeStand(
    t,
    await description('own', `{ etcd: [ ${urls} ] }`, ['127.0.0.1', '127.0.0.1', '127.0.0.1']),
  );
  await stand.up();
  const before = await stand.until('all as planned', (view) => asPlanned(view) && view.store.reachable);
  assert.equal(before.store.kind, 'etcd');
  const leader = await cluster.leader();
  await leader.kill();
  await cluster.leader();
  assert.equal(standing(await stand.until('the store is back', (view) => view.store.reachable)), standing(before));
  await leader.start();
  cluster.signalAll('SIGSTOP');
  const away = await stand.until('the store is away', (view) => !view.store.reachable);
  assert.equal(standing(away), standing(before));
  // Every renewal and every session would be over by then, and be over again.
  const until = away.atMs + 6000;
  await stand.until('6 s have passed', (view) => view.atMs > until);
  cluster.signalAll('SIGCONT');
  const after = await stand.until('the store is back', (view) => view.store.reachable && asPlanned(view));
  assert.equal(standing(after), standing(before));
  // What another store says counts for nothing: who runs agrees where it agreed.
  stand.write(readFileSync(join(stand.folder, 'standfast.yaml'), 'utf8').replace(/^store: .*$/m, 'store: embedded'));
  const refused = await stand.cli('up', stand.folder, '--detach');
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /SF-311/);
  const doctor = await stand.cli('doctor', '--json');
  const { findings } = JSON.parse(doctor.stdout) as { findings: { what: string; verdict: string }[] };
  assert.equal(findings.filter(({ what }) => what.startsWith('etcd http')).length, 3, doctor.stdout);
});

test(
  'an etcd that is away is one incident, told once and ended once, though who told it begins again',
  { skip },
  async (t) => {
    const cluster = await startCluster(t, { members: 1 });
    const stand = makeStand(
      t,
      `system: once
objective: { unavailable: 1h, per: 2h, recoverWithin: 10s }
store: { etcd: [ "${cluster.urls[0] ?? ''}" ] }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
notify: [ { command: [sh, page.sh], from: 3 } ]
services: { one: { run: sleep 1000, on: [a] }, two: { run: sleep 1000, on: [b] } }
`,
    );
    stand.write('echo "$STANDFAST_INCIDENT_EVENT $STANDFAST_INCIDENT_ID" >> paged\n', 'page.sh');
    await stand.up();
    await stand.until('all as planned', (view) => asPlanned(view) && view.store.reachable);
    const paged = join(stand.folder, 'paged');
    cluster.signalAll('SIGSTOP');
    await eventually('it was told', () => textOf(paged).includes('opened store-'));
    const idsOf = (view: StatusView): string[] =>
      view.incidents.map((each) => each.id).filter((each) => each.startsWith('store-'));
    const [id = ''] = idsOf(await stand.until('it is shown', (view) => idsOf(view).length > 0, 'a'));
    await eventually('it was written down that it was told', () =>
      textOf(stand.at('a', 'unsaved-incidents.json')).includes('"told":true'),
    );
    const teller = stand.living().find(({ kind, host }) => kind === 'agent' && host === 'a') ?? assert.fail('no agent');
    signal(teller.pid, 'SIGKILL');
    const again = await stand.until(
      'another agent shows it',
      (view) =>
        idsOf(view).length > 0 &&
        view.hosts.some(({ name, agentPid }) => name === 'a' && (agentPid ?? teller.pid) !== teller.pid),
      'a',
    );
    assert.deepEqual(idsOf(again), [id]);
    cluster.signalAll('SIGCONT');
    await stand.until(
      'it is over',
      (view) => asPlanned(view) && view.store.reachable && incidentsIn(view).length === 0,
    );
    await eventually('that was told', () => textOf(paged).includes(`resolved ${id}`));
    const ofStore = textOf(paged)
      .split('\n')
      .filter((line) => line.includes(' store-'));
    assert.deepEqual(ofStore, [`opened ${id}`, `resolved ${id}`]);
    await eventually('nothing is left to be remembered', () => !existsSync(stand.at('a', 'unsaved-incidents.json')));
  },
);

test(
  'other members of the same etcd are taken up under running agents; another etcd is refused',
  { skip },
  async (t) => {
    const cluster = await startCluster(t, { members: 3 });
    const another = await startCluster(t, { members: 1 });
    const [first = '', ...rest] = cluster.urls;
    const text = await description('ways', `{ etcd: [ "${first}" ] }`, ['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    const naming = (urls: readonly string[]): string =>
      text.replace(/^store: .*$/m, `store: { etcd: [ ${urls.map((url) => `"${url}"`).join(', ')} ] }`);
    const stand = makeStand(t, text);
    await stand.up();
    const before = await stand.until('all as planned', (view) => asPlanned(view) && view.store.reachable);

    stand.write(naming(another.urls));
    const refused = await stand.cli('apply', stand.folder, '--yes');
    assert.equal(refused.code, 1, refused.stdout);
    assert.match(refused.stderr, /SF-423[^]*not the one in use[^]*another store/);
    stand.write(naming([]).replace(/^store: .*$/m, 'store: { etcd: managed }'));
    const kept = await stand.cli('apply', stand.folder, '--yes');
    assert.match(kept.stderr, /SF-421/, 'a managed one is another');

    stand.write(naming(rest));
    const applied = await stand.cli('apply', stand.folder, '--yes');
    assert.equal(applied.code, 0, applied.stderr);
    for (const host of ['a', 'b', 'c'])
      await eventually(`${host} goes over`, () =>
        /is reached as the description has it now/.test(textOf(stand.at(host, 'agent.log'))),
      );
    await cluster.members[0]?.kill();
    const after = await stand.until(
      'the store answers without the first',
      (view) => asPlanned(view) && view.store.reachable,
    );
    assert.equal(standing(after), standing(before));
    const until = after.atMs + 3000;
    const later = await stand.until('it goes on', (view) => view.atMs > until);
    assert.ok(later.store.reachable);
    assert.equal(standing(later), standing(before));
  },
);

test(
  'a managed etcd outlives agents, restarts its members and replaces one whose data is gone',
  { skip },
  async (t) => {
    // Addresses of this test alone, so that its fixed ports meet nobody's.
    const block = `127.${40 + (process.pid % 200)}.${1 + (Math.floor(process.pid / 200) % 250)}`;
    const stand = makeStand(
      t,
      await description('managed', '{ etcd: managed }', [`${block}.1`, `${block}.2`, `${block}.3`]),
    );
    await stand.up();
    const before = await stand.until('all as planned', asPlanned);
    const place = readPlace(join(stand.state, stand.system, 'store.db'));
    const access = place.kind === 'etcd' ? place.access : assert.fail('not in an etcd');
    const healthy = async (): Promise<boolean> => {
      const healths = await memberHealths(access, 1000);
      return healths.every((each) => each.why === null && each.leader !== 0n);
    };
    const member = (host: string): number | null =>
      stand.living().find((each) => each.instance?.startsWith(`+etcd@${host}#`))?.pid ?? null;
    await eventually('three members', healthy);
    assert.ok(
      access.endpoints.every((url) => url.startsWith('https:')),
      access.endpoints.join(' '),
    );
    const stranger = await memberHealths({ ...access, cert: null, key: null }, 1000);
    assert.ok(
      stranger.every((each) => each.why !== null),
      'nobody is let in without a certificate',
    );

    const first = member('a');
    // Two thirds of a year later each agent makes them anew; etcd takes them up as it runs.
    const shown = await shownAt(access);
    for (const file of ['member.pem', 'client.pem'])
      utimesSync(join(stand.state, stand.system, '.etcd-tls', file), new Date(0), new Date(0));
    for (const agent of stand.living().filter((each) => each.kind === 'agent')) signal(agent.pid, 'SIGKILL');
    await stand.until('agents are back', (view) => view.hosts.every((host) => host.state === 'up') && asPlanned(view));
    assert.equal(member('a'), first, "it is the keeper's");
    await eventually('it shows another certificate', async () => (await shownAt(access)) !== shown);
    await eventually('all are well with it', healthy);

    signal(first ?? 0, 'SIGKILL');
    await eventually('another in its place', () => member('a') !== null && member('a') !== first);
    await eventually('three members again', healthy);

    const lost = member('b') ?? assert.fail('no member on b');
    // It writes nothing while its files go.
    signal(lost, 'SIGSTOP');
    rmSync(stand.at('b', 'etcd'), { recursive: true });
    signal(lost, 'SIGKILL');
    await eventually('b is a member again', async () => ![null, lost].includes(member('b')) && (await healthy()));
    assert.match(readFileSync(stand.at('b', 'agent.log'), 'utf8'), /is removed .* and added anew/);

    const after = await stand.until('all as planned', (view) => view.store.reachable && asPlanned(view));
    assert.ok(serviceOf(after, 'web').term >= serviceOf(before, 'web').term);
    const down = await stand.cli('down');
    assert.equal(down.code, 0, down.stderr);
    assert.deepEqual(stand.living(), []);
    await stand.up();
    const again = await stand.until('up once more', asPlanned);
    assert.ok(serviceOf(again, 'web').term > serviceOf(after, 'web').term, 'terms go on');
  },
);

test(
  'a machine that comes empty in the place of a lost one is let in, and one that comes in the place of a living one is not',
  { skip },
  async (t) => {
    const block = `127.${40 + (process.pid % 200)}.${1 + (Math.floor(process.pid / 200) % 250)}`;
    const text = await description('replaced', '{ etcd: managed }', [`${block}.7`, `${block}.8`, `${block}.9`]);
    // A state folder for each: machines that share nothing but the network.
    const [a, b, c, again] = [makeStand(t, text), makeStand(t, text), makeStand(t, text), makeStand(t, text)];
    await Promise.all([a.up('--host', 'a'), b.up('--host', 'b'), c.up('--host', 'c')]);
    await a.until('all as planned', asPlanned, 'a');
    const place = readPlace(join(a.state, a.system, 'store.db'));
    const member = (place.kind === 'etcd' ? place.managed?.members[0] : undefined) ?? assert.fail('no member');
    const whyNot = async (from: string, host: string): Promise<string> =>
      (await askToJoin({ system: a.system, from, secure: true }, member, host)).why;
    assert.match(await whyNot(`${block}.8`, 'b'), /^b lives: its session is renewed/);
    assert.match(await whyNot(`${block}.200`, 'b'), /^b is described at .*\.8, and it calls from .*\.200/);
    assert.match(await whyNot(`${block}.8`, 'd'), /^d is no host of this system/);

    killHost(b, 'b');
    await again.up('--host', 'b');
    await again.until('all as planned', asPlanned, 'b');
    assert.match(
      readFileSync(again.at('b', 'agent.log'), 'utf8'),
      /authority for the certificates of the etcd was given by [ac]/,
    );
    await a.until('a sees b', (view) => view.hosts.every((host) => host.state === 'up'), 'a');

    // The only host of the very machine on which it is said is taken out of the description; its member of the etcd goes with it. The others begin
    // theirs anew, one after the other, though the description lies in another folder on each machine.
    const without = text.replace(/^  b: .*\n/m, '').replace(/ b: \{ env: [^}]*\} \},/, '');
    again.write(without.replace(/^    policy:/m, '    env: { ANEW: "1" }\n$&'));
    const applied = await again.cli('apply', again.folder, '--yes');
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, /the agents here are gone, as described/);
    assert.deepEqual(again.living(), []);
    const access = place.kind === 'etcd' ? place.access : assert.fail('not in an etcd');
    await eventually('two members are left', async () => (await listMembers(access, 1000))?.length === 2);
    const taken = (view: StatusView): boolean =>
      view.hosts.length === 2 &&
      asPlanned(view) &&
      view.services.every(({ instances }) => instances.every(({ outdated, pid }) => !outdated && pid !== null));
    await a.until('all run as described', taken, 'a');
    const down = await a.cli('down');
    assert.equal(down.code, 0, down.stderr);
    await eventually('all are down', () => [b, c, again].every((stand) => stand.living().length === 0));
  },
);

/** The certificate that the first member shows to clients. */
async function shownAt(access: EtcdAccess): Promise<string> {
  const { hostname, port } = new URL(access.endpoints[0] ?? '');
  const file = (path: string | null): Buffer => readFileSync(path ?? assert.fail('no certificate'));
  const socket = connect({
    host: hostname,
    port: Number(port),
    ca: file(access.ca),
    cert: file(access.cert),
    key: file(access.key),
  });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? assert.fail('it shows none');
  socket.destroy();
  return fingerprint256;
}

test('a managed etcd is not formed by one host alone, says so, and comes down again', { skip }, async (t) => {
  const block = `127.${40 + (process.pid % 200)}.${1 + (Math.floor(process.pid / 200) % 250)}`;
  const stand = makeStand(
    t,
    await description('alone', '{ etcd: managed }', [`${block}.4`, `${block}.5`, `${block}.6`]),
  );
  const tried = await stand.cli('up', stand.folder, '--host', 'a', '--detach', '--timeout', '1s');
  assert.equal(tried.code, 3, tried.stdout);
  assert.match(tried.stderr, /SF-312[^]*run up on the others too/);
  await eventually('its agent says who is missing', () =>
    /missing: b \(127.*\), c \(127/.test(textOf(stand.at('a', 'agent.log'))),
  );
  const down = await stand.cli('down');
  assert.equal(down.code, 0, down.stderr);
});
