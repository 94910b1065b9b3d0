// The address of a service moves with its active instance, through agents and keepers: in a network namespace that is the machine of both hosts, asked
// from another. What answers on the address is a program that nobody ends, so the address alone decides.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { freePort } from '../free-port.ts';
import { Network, ip, networkMissing, type Heard } from '../keeper/network.ts';
import { activeOn, eventually, killHost, makeStand, services } from './stand.ts';

const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

test(
  'an address moves with a failover, and is silent when everything that holds it is killed',
  { skip: networkMissing() },
  async (t) => {
    const ports = [await freePort(), await freePort()] as const;
    const stand = makeStand(
      t,
      `system: routed
objective: { unavailable: 10m, per: 60m, recoverWithin: 2s }
console: false
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  web:
    run: ${process.execPath} ${services}/serve.mjs
    policy: hot-active/warm-active
    on: { a: { env: { PORT: "${ports[0]}", ROLE_BY: file } }, b: { env: { PORT: "${ports[1]}", ROLE_BY: file } } }
    deactivate: { http: "http://127.0.0.1:\${PORT}/standby" }
    route: { vip: 10.9.0.100/24 }
`,
    );
    const network = new Network(`sg${process.pid % 100_000}`);
    t.after(() => network.close());
    const machine = await network.machine('m');
    const heard: Heard[] = [];
    network.ask('10.9.0.100', (one) => heard.push(one));
    const answered = (): Promise<unknown> => {
      const since = heard.length;
      return eventually('the address answers', () => heard.slice(since).some((one) => one.who === 'm'));
    };
    const inside = (...words: string[]): string =>
      execFileSync('ip', ['netns', 'exec', machine.space, process.execPath, program, ...words], {
        encoding: 'utf8',
        env: { ...process.env, STANDFAST_STATE: stand.state },
      });

    inside('up', stand.folder, '--detach');
    await answered();
    assert.ok(machine.addresses().includes('10.9.0.100'));
    inside('failover', 'web', '--to', 'b');
    await stand.until('it is active on b', (view) => activeOn(view, 'web') === 'b');
    await answered();

    killHost(stand, 'b');
    await stand.until('it is active on a', (view) => activeOn(view, 'web') === 'a');
    await answered();

    killHost(stand, 'a');
    killHost(stand, 'b');
    assert.ok(machine.addresses().includes('10.9.0.100'), 'nobody took it away');
    await eventually('it is silent', () => heard.slice(-20).every((one) => one.who === null));
    ip('netns', 'exec', machine.space, 'nft', 'list', 'table', 'inet', 'standfast');

    inside('up', stand.folder, '--detach');
    await answered();
    inside('down', stand.folder);
    assert.ok(!machine.addresses().includes('10.9.0.100'), 'down leaves no address');
  },
);
