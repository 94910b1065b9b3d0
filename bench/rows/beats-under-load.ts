// Regular beats on a machine that is busy in every core: none may be taken for silence. Then they stop, and must be found within d.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceView, StatusView } from '../../src/api.ts';
import { now } from '../clock.ts';
import { Product } from '../product.ts';
import type { Row } from '../row.ts';

const services = join(import.meta.dirname, '..', 'services');
/** Looking for the end of what was stopped, far longer than any d here. */
const mostLookMs = 30_000;
const lookEveryMs = 5;

export const beatsUnderLoad: Row = {
  name: 'beats-under-load',
  what: 'ten minutes (--runs N: N minutes) of regular beats with every core busy twice over: ends and failovers; then beats stop',
  async measure(context) {
    const product = new Product(describe());
    const busy: ChildProcess[] = [];
    try {
      await product.up();
      const before = await product.status();
      for (let core = 0; core < 2 * cpus().length; core++)
        busy.push(spawn(process.execPath, [join(services, 'busy.mjs')], { stdio: 'ignore' }));
      const minutes = context.runs(10);
      for (let minute = 1; minute <= minutes; minute++) {
        await pause(60_000);
        context.note(`${minute} of ${minutes} minutes`);
      }
      const after = await product.status();
      const ends = changed(before, after);
      const failovers = (await product.failovers()).length;
      for (const text of ends) context.note(`not the same process: ${text}`);
      const found = await stopBeats(product);
      await Promise.all(busy.map(end));
      return [
        { what: 'processes ended', unit: '', values: [ends.length], target: 'none', reached: ends.length === 0 },
        { what: 'failovers', unit: '', values: [failovers], target: 'none', reached: failovers === 0 },
        {
          what: 'beats that stop, found after this part of d',
          unit: '',
          values: found,
          target: 'at most 1',
          reached: Math.max(...found) <= 1,
        },
      ];
    } finally {
      await Promise.all(busy.map(end));
      product.remove();
    }
  },
};

/** Stops each active one in turn (the machine is still busy); gives the time until it was ended, as a part of its d. */
async function stopBeats(product: Product): Promise<number[]> {
  const check = JSON.parse((await product.run(['check', product.folder, '--json'])).output) as {
    readonly services: readonly { readonly name: string; readonly dMs: number }[];
  };
  const parts: number[] = [];
  for (const { name, dMs } of check.services) {
    const active = instances(await product.status()).find(
      (each) => each.service === name && each.view.phase === 'active',
    );
    const pid = active?.view.pid;
    if (pid === undefined || pid === null) throw new Error(`${name} is not active`);
    process.kill(pid, 'SIGSTOP');
    const since = now();
    while (lives(pid)) {
      if (now() - since > mostLookMs) throw new Error(`${name} was stopped and never ended`);
      await pause(lookEveryMs);
    }
    parts.push((now() - since) / dMs);
  }
  return parts;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function instances(status: StatusView): { readonly service: string; readonly view: InstanceView }[] {
  return status.services.flatMap(({ name, instances: all }) => all.map((view) => ({ service: name, view })));
}

/** Instances that are another process than before, or not in the phase they were in. */
function changed(before: StatusView, after: StatusView): string[] {
  const then = new Map(instances(before).map(({ service, view }) => [`${service}@${view.host}`, view]));
  return instances(after)
    .filter(({ service, view }) => {
      const was = then.get(`${service}@${view.host}`);
      return was?.pid !== view.pid || was.phase !== view.phase;
    })
    .map(({ service, view }) => `${service}@${view.host}`);
}

function describe(): string {
  const node = JSON.stringify([process.execPath, join(services, 'beater.mjs')]);
  const shell = JSON.stringify(['sh', join(services, 'beater.sh')]);
  return `system: beats
objective: { unavailable: 10m, per: 60m, recoverWithin: 2s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  by-message:
    run: ${node}
    policy: hot-active/warm-active
    env: { BEAT_MS: "200" }
    activate: { message: true }
    deactivate: { message: true }
    detect: { heartbeat: { message: true, every: 200ms } }
  by-file:
    run: ${shell}
    on: { a: { env: { BEAT: beat.a } } }
    env: { BEAT_S: "0.2" }
    detect: { heartbeat: { file: beat.a, every: 200ms } }
`;
}
