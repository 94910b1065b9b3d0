// A keeper for a test: a process of its own in a state folder of its own.

import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findCgroupBase, removeCgroupBase } from '../../src/keeper/cgroup.ts';
import type { CgroupChoice } from '../../src/keeper/cgroup.ts';
import { connectKeeper } from '../../src/keeper/client.ts';
import type { KeeperClient } from '../../src/keeper/client.ts';
import { isSame, readStat } from '../../src/keeper/proc.ts';
import { startKeeper } from '../../src/keeper/start-keeper.ts';
import type { AgentIdentity, KeeperState } from '../../src/keeper/wire.ts';
import { systemLayout } from '../../src/layout.ts';
import type { HostLayout } from '../../src/layout.ts';
import type { EndedInstance } from '../../src/ports.ts';
import { value } from './process-manager.cases.ts';
import { eventually } from './waiting.ts';

interface TestEnd {
  after(end: () => Promise<void>): void;
}

export class NativeKeeper {
  readonly state: string;
  readonly layout: HostLayout;
  readonly cgroup: CgroupChoice;
  client: KeeperClient;
  /** What the last hello said. */
  hello: KeeperState | null = null;
  lost: string[] = [];
  readonly #ended = new Map<string, EndedInstance>();

  /** Closed after the test `t`, however that ends. */
  static async open(t: TestEnd | null, cgroup: CgroupChoice = 'auto'): Promise<NativeKeeper> {
    const keeper = new NativeKeeper(cgroup);
    t?.after(() => keeper.close());
    await keeper.start();
    return keeper;
  }

  /** Not started yet. `state`: a folder that is there; else one is made. */
  constructor(cgroup: CgroupChoice = 'auto', state = mkdtempSync(join(realpathSync(tmpdir()), 'standfast-keeper-'))) {
    this.state = state;
    this.cgroup = cgroup;
    this.layout = systemLayout(state, 'tested').host('a');
    this.client = this.newClient();
  }

  newClient(): KeeperClient {
    return connectKeeper(this.layout.keeperSocket, {
      hello: (hello) => {
        this.hello = hello;
        for (const ended of hello.ended) this.#ended.set(ended.instance, ended);
      },
      ended: (ended) => this.#ended.set(ended.instance, ended),
      lost: (why) => this.lost.push(why),
    });
  }

  /** A keeper process and a connection to it. */
  async start(agentCommand: readonly string[] = [], agent: AgentIdentity | null = null): Promise<void> {
    await this.begin(agentCommand, agent);
    value(await this.client.connect());
  }

  /** A keeper process. */
  async begin(agentCommand: readonly string[], agent: AgentIdentity | null): Promise<void> {
    const { state, cgroup } = this;
    value(await startKeeper(this.layout, { state, system: 'tested', host: 'a', cgroup, agentCommand, agent }));
  }

  get pid(): number {
    if (this.hello === null) throw new Error('no hello yet');
    return this.hello.keeperPid;
  }

  async ended(instance: string): Promise<EndedInstance> {
    await eventually(() => this.#ended.has(instance), `the end of ${instance}`);
    const ended = this.#ended.get(instance);
    if (ended === undefined) throw new Error('unreachable');
    return ended;
  }

  /** SIGKILL, and waits until the process is gone. */
  async crash(): Promise<void> {
    const { pid } = this;
    const ticks = readStat(pid)?.startTicks ?? 0;
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isSame(pid, ticks), 'the keeper is gone');
  }

  /** Kills what still runs, ends the keeper, removes the folder. */
  async close(): Promise<void> {
    // also after a test that failed with its keeper dead: what it left is found again
    await this.start();
    for (const running of this.hello?.running ?? []) {
      await this.client.kill(running);
      await this.ended(running.instance);
    }
    const { pid } = this;
    const ticks = readStat(pid)?.startTicks ?? 0;
    await this.client.quit({ leave: false });
    await eventually(() => !isSame(pid, ticks), 'the keeper ends');
    this.client.close();
    await rm(this.state, { recursive: true, force: true });
  }
}

/** Why control groups of that version cannot be tested here, or false. */
export async function cgroupMissing(version: 'v1' | 'v2'): Promise<string | false> {
  const base = await findCgroupBase(version, `test-${process.pid}`);
  if (base === null) return `no cgroup ${version} can be made here: needs root and a writable /sys/fs/cgroup`;
  await removeCgroupBase(base);
  return false;
}
