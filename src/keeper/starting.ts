// A start: what may be refused, then folder, output, group and guard side by side, then the fork. Under a lease nothing runs before its deadline is
// armed, its guard has read `leased` and its role file is written; without one, a full disk stops no start.

import { dirname } from 'node:path';

import { accountFor } from '../account.ts';
import { errorWords } from '../model/error-words.ts';
import { makeCgroup, joinFiles, removeCgroup } from './cgroup.ts';
import type { Cgroup } from './cgroup.ts';
import { monoNow, wallNow } from './clock.ts';
import { whyNotBegun } from './diagnose.ts';
import type { InstanceRecord } from './files.ts';
import { newGuard, refuseOlderTerm } from './ground.ts';
import type { Ground, Starting } from './ground.ts';
import type { Guard } from './guard.ts';
import { fresh, tellStarted } from './instance.ts';
import type { Owned } from './instance.ts';
import { launch, noRoleFile } from './launch.ts';
import type { Launched } from './launch.ts';
import { readStat } from './proc.ts';
import { done, refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { writeRoleLater } from './roles.ts';
import type { KeeperAnswer, StartRequest, StartedInstance } from '../ports.ts';

/** A fork holds the keeper up for some milliseconds: none begins this close to a deadline. */
const forkMs = 10;

/** Starts an instance. Asked twice, it answers twice and starts once. `wanted` turns false when nobody waits for it any more. */
export async function startInstance(
  ground: Ground,
  request: StartRequest,
  wanted: () => boolean,
): Promise<KeeperAnswer<StartedInstance>> {
  const known = ground.instances.get(request.instance);
  if (known !== undefined)
    return known.ended === null
      ? done(tellStarted(known))
      : refuse('runsAlready', `${request.instance} was started before and has ended: a new start needs a new name`);
  const underWay = ground.starting.get(request.instance);
  if (underWay !== undefined) return underWay.answer;
  const refused = whyNot(ground, request);
  if (refused !== null) return refused;
  const starting: Starting = { service: request.service, cancelled: null, answer: Promise.resolve(cancelledBy('')) };
  ground.starting.set(request.instance, starting);
  starting.answer = begin(ground, request, starting, wanted).finally(() => {
    ground.starting.delete(request.instance);
    if (ground.starting.size === 0) ground.spare.fill();
  });
  return starting.answer;
}

/** True when it starts as active under a lease. */
function isLeased(request: StartRequest): boolean {
  return request.role === 'active' && request.term > 0;
}

function whyNot(ground: Ground, request: StartRequest): Refusal | null {
  if (!/^[^/\0\s.][^/\0\s]{0,199}$/.test(request.instance))
    return refuse('badRequest', `"${request.instance}" cannot name an instance`);
  if (ground.closing) return cancelledBy('the keeper is ending');
  const other = [...ground.instances.values()].find((each) => each.service === request.service && each.ended === null);
  if (other !== undefined)
    return refuse('runsAlready', `${request.service} runs already: ${other.instance}, pid ${other.pid}`);
  if ([...ground.starting.values()].some((each) => each.service === request.service))
    return refuse('runsAlready', `${request.service} is being started already`);
  if (!isLeased(request)) return null;
  if (request.deadline === null)
    return refuse(
      'deadlineNeeded',
      `${request.service} starts as active in term ${request.term}: that needs a deadline`,
    );
  if (request.deadline <= monoNow()) return refuse('deadlinePast', `the deadline of ${request.instance} is past`);
  return refuseOlderTerm(ground, request.service, request.term);
}

interface Prepared {
  cgroup: Cgroup | null;
  guard: Guard | null;
}

async function begin(
  ground: Ground,
  request: StartRequest,
  starting: Starting,
  wanted: () => boolean,
): Promise<KeeperAnswer<StartedInstance>> {
  const prepared: Prepared = { cgroup: null, guard: null };
  if (isLeased(request) && request.deadline !== null) ground.deadlines.arm(request.instance, request.deadline);
  const launched = await prepareAndFork(ground, request, prepared, () =>
    starting.cancelled === null && wanted()
      ? null
      : cancelledBy(starting.cancelled ?? 'nobody waits for its answer any more'),
  ).catch((error: unknown) => refuse('preparation', `${request.service} could not be prepared: ${errorWords(error)}`));
  if ('kind' in launched) {
    await cleanUp(ground, request, prepared);
    return launched;
  }
  return own(ground, request, starting, prepared, launched);
}

/** All that the process needs, then the process. */
async function prepareAndFork(
  ground: Ground,
  request: StartRequest,
  prepared: Prepared,
  cancelled: () => Refusal | null,
): Promise<Launched | Refusal> {
  const leased = isLeased(request);
  const [account] = await Promise.all([
    accountFor(request.user, request.group),
    // where these fail, the shell says what that costs
    ground.files.createFolder(request.instance).catch(() => undefined),
    ground.files.createOnce(dirname(request.output)).catch(() => undefined),
    prepareContainment(ground, request, prepared),
  ]);
  if ('why' in account)
    return refuse('account', `${account.why}: mend that, or change \`user\` and \`group\` of ${request.service}`);
  if (leased) {
    prepared.guard = newGuard(ground, request.instance, prepared.cgroup);
    await ground.deadlines.quietFor(forkMs);
    if (!(await prepared.guard.say('leased')))
      return refuse(
        'guard',
        `no guard for ${request.instance} could be started, which would end it should the keeper die`,
      );
    // it may want to listen on its address at once
    const { route = null, deadline } = request;
    const unplaced =
      route === null || deadline === null ? null : await ground.addresses.bring(request.instance, route, deadline);
    if (unplaced !== null) return unplaced;
  }
  await ground.deadlines.quietFor(forkMs);
  return (
    cancelled() ??
    launch(
      {
        command: request.command,
        dir: request.dir,
        env: {
          ...(request.user === null ? {} : account.env),
          ...request.env,
          STANDFAST_INSTANCE: request.instance,
          STANDFAST_ROLE: request.role,
          STANDFAST_TERM: String(request.term),
          STANDFAST_ROLE_FILE: ground.files.roleFile(request.instance),
        },
        enter: prepared.cgroup === null ? [] : joinFiles(prepared.cgroup),
        files: request.limits.files,
        account,
        diesWithKeeper: leased && ground.pdeathsig,
        output: request.output,
        role: {
          path: ground.files.roleFile(request.instance),
          line: JSON.stringify({ role: request.role, term: request.term }),
        },
        record: {
          path: ground.files.recordFile(request.instance),
          line: JSON.stringify(recordOf(ground, request, prepared)),
        },
        roleNeeded: leased,
      },
      ground.spare,
    )
  );
}

async function prepareContainment(ground: Ground, request: StartRequest, prepared: Prepared): Promise<void> {
  const { memory } = request.limits;
  if (memory !== null && (ground.cgroups?.memory ?? null) === null)
    ground.log(`${request.instance}: its memory is not limited, since no control group for memory can be made here`);
  if (ground.cgroups === null) return;
  try {
    prepared.cgroup = await makeCgroup(ground.cgroups, request.instance, memory);
  } catch (error) {
    ground.log(
      `${request.instance}: goes by its mark alone, since its control group cannot be made: ${errorWords(error)}`,
    );
  }
}

/** From the fork on it is the keeper's. Answers when the command runs, or could not. */
async function own(
  ground: Ground,
  request: StartRequest,
  starting: Starting,
  prepared: Prepared,
  { child, outcome }: Launched,
): Promise<KeeperAnswer<StartedInstance>> {
  const startedAt = monoNow();
  const pid = child.pid ?? 0;
  const owned: Owned = {
    ...fresh(),
    instance: request.instance,
    service: request.service,
    host: request.host,
    pid,
    startTicks: pid === 0 ? 0 : (readStat(pid)?.startTicks ?? 0),
    startedAt,
    startedAtMs: wallNow(),
    adopted: false,
    cgroup: prepared.cgroup,
    guard: prepared.guard,
    role: request.role,
    term: request.term,
    deadline: isLeased(request) ? request.deadline : null,
  };
  child.on('error', () => undefined);
  const settled = outcome.then((came) => {
    owned.launch = came.kind === 'runs' ? 'runs' : 'failed';
    for (const note of came.notes) ground.log(`${owned.instance}: ${note}`);
    return came;
  });
  if (pid === 0) {
    await cleanUp(ground, request, prepared);
    return whyNotBegun(request, await settled);
  }
  ground.instances.set(owned.instance, owned);
  child.on('exit', (code, signal) => {
    ground.deadlines.sweep();
    if (owned.launch === 'runs') ground.reaper.mainEnded(owned, code, signal);
    else void settled.then(() => ground.reaper.mainEnded(owned, code, signal));
  });
  // somebody wanted its end, or its deadline passed, while it was being forked
  if (starting.cancelled !== null) ground.reaper.kill(owned, 'kill');
  if (request.leasable) owned.guard ??= newGuard(ground, owned.instance, owned.cgroup);
  owned.guard?.watchGroup(pid);
  if (!isLeased(request)) void owned.guard?.say('free');
  const came = await settled;
  if (came.kind === 'runs') {
    if (came.notes.includes(noRoleFile)) writeRoleLater(ground, owned);
    return done(tellStarted(owned));
  }
  await owned.gone.promise;
  return whyNotBegun(request, came);
}

async function cleanUp(ground: Ground, request: StartRequest, { guard, cgroup }: Prepared): Promise<void> {
  await ground.addresses.drop(request.instance);
  ground.deadlines.disarm(request.instance);
  guard?.close();
  if (cgroup !== null) await removeCgroup(cgroup);
  void ground.files.forget(request.instance).catch(() => undefined);
}

function recordOf(ground: Ground, request: StartRequest, { cgroup }: Prepared): InstanceRecord {
  const { instance, service, host, leasable } = request;
  return {
    instance,
    service,
    host,
    boot: ground.boot,
    startedAt: monoNow(),
    startedAtMs: wallNow(),
    leasable,
    cgroup: cgroup?.folder ?? null,
    cgroupVersion: cgroup?.version ?? 'v2',
  };
}

function cancelledBy(why: string): Refusal {
  return refuse('ending', `it was not started: ${why}`);
}
