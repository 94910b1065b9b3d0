// The keeper: owns the processes of one host, kills at deadlines, restarts the agent. Small and boring, so that nothing takes it down.
//
//   node src/keeper.ts --state DIR --system NAME --host NAME [--cgroup auto|v1|v2|none] [--agent PID:STARTTICKS] [--ready] [-- AGENT COMMAND…]
//
// Does not cover: keeper and agent both stopped while a leased service runs on; a machine frozen whole. See docs, *Not covered*.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { setpriv } from './account.ts';
import { Addresses } from './keeper/address.ts';
import { AddressRecord } from './keeper/address-record.ts';
import { AdoptedWatch } from './keeper/adopted-watch.ts';
import { Afterwards } from './keeper/afterwards.ts';
import { AgentWatch } from './keeper/agent-watch.ts';
import { closeInherited } from './keeper/inherited.ts';
import { findCgroupBase, removeCgroupBase, removeStale } from './keeper/cgroup.ts';
import { Deadlines } from './keeper/deadlines.ts';
import { InstanceFiles } from './keeper/files.ts';
import type { Ground } from './keeper/ground.ts';
import { logTo } from './keeper/log.ts';
import { takeLock } from './keeper/lock.ts';
import { Marks } from './keeper/marks.ts';
import { optionsFromArguments } from './keeper/options.ts';
import type { Owned } from './keeper/instance.ts';
import type { KeeperOptions } from './keeper/options.ts';
import { Owner } from './keeper/owner.ts';
import { lockFile, makeFolders, realInstances } from './keeper/paths.ts';
import { bootId, readStat } from './keeper/proc.ts';
import { Reaper } from './keeper/reaper.ts';
import { serveKeeper } from './keeper/server.ts';
import type { KeeperServer } from './keeper/server.ts';
import { Spare } from './keeper/spare.ts';
import { takeOver } from './keeper/takeover.ts';
import { systemLayout } from './layout.ts';
import { errorWords } from './model/error-words.ts';

/** What an earlier keeper left leased is killed; so long the new one waits for it to be gone before it takes requests. */
const takeOverWaitMs = 1000;
/** Control groups that other keepers left on the machine are looked for so long after the start. */
const staleLaterMs = 60_000;

/** A fork holds the keeper up for some milliseconds: none begins this close to a deadline. */
const forkMs = 10;

const log = logTo(2);

/** Runs until told to quit or ended by a signal. `--compile-only`: ends at once, everything loaded. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--compile-only') return;
  closeInherited();
  process.on('uncaughtException', (error) => fail(`stopped by its own fault: ${error.stack ?? error.message}`, 70));
  try {
    const { options, ready } = optionsFromArguments(argv);
    await keep(options, ready);
  } catch (error) {
    fail(
      `${errorWords(error)}. Usage: keeper --state DIR --system NAME --host NAME [--cgroup auto|v1|v2|none] [-- AGENT COMMAND…]`,
      2,
    );
  }
}

async function keep(options: KeeperOptions, ready: boolean): Promise<void> {
  const paths = systemLayout(options.state, options.system).host(options.host);
  const refused = (await makeFolders(paths)) ?? takeLock(lockFile(paths));
  if (refused !== null) {
    if (ready) sayOnThree(`${refused.code} ${refused.why}`);
    fail(`${refused.code} ${refused.why}`, 3);
  }

  let server: KeeperServer | null = null;
  const agents = new AgentWatch(options.agentCommand, options.agent, paths.agentLog, log);
  const ground = await layGround(options, await realInstances(paths), (ended) => server?.tellEnded(ended));
  const owner = new Owner(ground, () => leave(0));
  const adopted = new AdoptedWatch(ground);
  const boot = { keeperPid: process.pid, keeperStartTicks: readStat(process.pid)?.startTicks ?? 0, boot: ground.boot };

  const leave = (code: number): void => {
    agents.stop();
    // the answer to who asked goes out first
    setImmediate(() => {
      ground.addresses.close();
      ground.spare.close();
      const { cgroups } = ground;
      const tidied = ground.afterwards.flush().then(() => (cgroups === null ? null : removeCgroupBase(cgroups)));
      const closed = Promise.all([server?.close(), tidied]);
      void closed.finally(() => process.exit(code));
    });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      log(`${signal}: ends, and leaves what is under no lease running`);
      void owner.endLeased().finally(() => leave(0));
    });
  process.on('SIGHUP', () => undefined);

  await Promise.all([takeOver(ground, takeOverWaitMs, (owned) => adopted.add(owned)), ground.addresses.cleanUp()]);
  server = await serveKeeper(paths.keeperSocket, {
    owner,
    sweep: () => ground.deadlines.sweep(),
    state: () => ({ ...boot, ...owner.state() }),
    agent: (agent) => agents.heard(agent),
  });
  log(
    `ready, pid ${process.pid}, processes contained by ${ground.cgroups === null ? 'their mark' : `cgroup ${ground.cgroups.version}`}`,
  );
  if (ready) sayOnThree('ready');
  agents.begin();
  // A machine may hold thousands of them, and now the services are started.
  const { cgroups } = ground;
  if (cgroups !== null) setTimeout(() => void removeStale(cgroups), staleLaterMs).unref();
}

async function layGround(
  options: KeeperOptions,
  instancesFolder: string,
  tell: KeeperServer['tellEnded'],
): Promise<Ground> {
  const key = createHash('sha256').update(instancesFolder).digest('hex').slice(0, 12);
  const marks = new Marks(instancesFolder);
  const letGo = (owned: Owned): Promise<void> | null =>
    addresses.holds(owned.instance) ? addresses.drop(owned.instance) : null;
  const afterwards = new Afterwards();
  const reaper = new Reaper(marks, afterwards, letGo, (owned, ended) => {
    ground.deadlines.disarm(owned.instance);
    // never begun and never told of: the answer to its start says why
    if (owned.launch === 'failed' && !owned.told) {
      ground.instances.delete(owned.instance);
      void ground.files.forget(owned.instance).catch(() => undefined);
    } else tell(ended);
    owned.gone.resolve();
  });
  const deadlines = new Deadlines((instance) => {
    const owned = ground.instances.get(instance);
    if (owned !== undefined) reaper.kill(owned, 'deadline');
    void addresses.drop(instance);
    const starting = ground.starting.get(instance);
    if (starting !== undefined) starting.cancelled = 'its deadline passed before it began';
    log(`${instance}: its deadline passed`);
  });
  const boot = bootId();
  const record = new AddressRecord(join(dirname(instancesFolder), 'addresses.json'), boot);
  const addresses = new Addresses(record, log, () => deadlines.quietFor(forkMs));
  const ground: Ground = {
    boot,
    log,
    files: new InstanceFiles(instancesFolder),
    afterwards,
    marks,
    cgroups: await findCgroupBase(options.cgroup, key),
    pdeathsig: await hasPdeathsig(),
    deadlines,
    addresses,
    reaper,
    spare: new Spare(() => deadlines.quietFor(forkMs), log),
    instances: new Map(),
    starting: new Map(),
    terms: new Map(),
    closing: false,
  };
  return ground;
}

function hasPdeathsig(): Promise<boolean> {
  return new Promise((resolve) =>
    execFile(setpriv, ['--help'], (error, stdout) => resolve(error === null && stdout.includes('--pdeathsig'))),
  );
}

/** `startKeeper` waits on descriptor 3. */
function sayOnThree(word: string): void {
  try {
    writeSync(3, `${word}\n`);
    closeSync(3);
  } catch {
    // it waits no more
  }
}

/** The last line goes out before the end, whatever the disk does. */
function fail(why: string, code: number): never {
  try {
    writeSync(2, `keeper: ${why}\n`);
  } catch {
    // a full disk
  }
  process.exit(code);
}

if (import.meta.main) await main(process.argv.slice(2));
