// From the description to what the keeper and the probes are told, with every `${NAME}` filled in.

import { join } from 'node:path';
import { ownAccount } from '../account.ts';
import { planInstance, type InstancePlan } from '../model/instance.ts';
import type { RunService, System } from '../model/system.ts';
import { timingsOf } from '../model/timings.ts';
import type { MonoMs } from '../model/units.ts';
import type { HostLayout } from '../layout.ts';
import type { ObservePlan, StartRequest } from '../ports.ts';
import type { EnvFiles } from './env-files.ts';

/** Of the description in force, for this host. */
export interface Plans {
  /**
   * Before a start: what the service's `envFile` says now goes into its plan, and stays until its next start. Null: done, else why not, in words; the plan is
   * then as it was. Never rejects.
   */
  refresh(service: RunService): Promise<string | null>;
  /** Null: the `envFile` was read, or there is none. Else it is read now, which resolves also when that fails: then the plan has no names of it. */
  untilKnown(service: RunService): Promise<void> | null;
  /** Grows whenever a plan changes. */
  changes(): number;
  start(
    service: RunService,
    request: {
      instance: string;
      role: StartRequest['role'];
      term: number;
      deadline: MonoMs | null;
      alternative: boolean;
    },
  ): StartRequest;
  observe(
    service: RunService,
    instance: { instance: string; pid: number; startTicks: number; startedAt: MonoMs | null },
  ): ObservePlan;
  /** Strings of the service as they are on this host, as far as its `envFile` was read. */
  plan(service: RunService): InstancePlan;
}

/** Plans for one host of a system. Begins at once to read the files that its services name. */
export function plansFor(system: System, host: string, layout: HostLayout, files: EnvFiles): Plans {
  // By the service itself: what is to run no more may bear the name of what is to come.
  const kept = new Map<RunService, InstancePlan>();
  const known = new Set<RunService>();
  const reading = new Map<RunService, Promise<void>>();
  let changes = 0;
  const keep = (service: RunService, fromEnvFile: Readonly<Record<string, string>>): InstancePlan => {
    const made = planInstance(system, service, host, { fromEnvFile, output: layout.output(service.name) });
    kept.set(service, made);
    return made;
  };
  const take = (service: RunService, fromEnvFile: Readonly<Record<string, string>>): void => {
    known.add(service);
    keep(service, fromEnvFile);
    changes += 1;
  };
  const plan = (service: RunService): InstancePlan => kept.get(service) ?? keep(service, {});
  const untilKnown = (service: RunService): Promise<void> | null => {
    if (service.envFile === null || known.has(service)) return null;
    const under = reading.get(service);
    if (under !== undefined) return under;
    const read = files.read(service.envFile).then((found) => {
      reading.delete(service);
      // A start may have read it meanwhile.
      if (found.kind === 'read' && !known.has(service)) take(service, found.env);
    });
    reading.set(service, read);
    return read;
  };
  // What runs already is not started, and is watched by the names in it all the same.
  for (const service of system.services)
    if (service.kind === 'run' && service.on.some((place) => place.host === host)) void untilKnown(service);
  const environment = (service: RunService): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    // Another account's are known where it runs.
    ...(service.user === null ? ownAccount().env : {}),
    ...plan(service).env,
    STANDFAST_SOCKET: layout.memberSocket,
  });
  return {
    plan,
    async refresh(service) {
      if (service.envFile === null) return null;
      const found = await files.read(service.envFile);
      if (found.kind === 'unread') return `its envFile ${service.envFile} ${found.why}`;
      take(service, found.env);
      return null;
    },
    untilKnown,
    changes: () => changes,
    start(service, request) {
      const { alternative } = service.restart;
      return {
        instance: request.instance,
        service: service.name,
        host,
        command: request.alternative && alternative !== null ? alternative : plan(service).command,
        dir: plan(service).dir,
        env: environment(service),
        user: service.user,
        group: service.group,
        limits: service.limits,
        output: layout.output(service.name),
        role: request.role,
        term: request.term,
        leasable: service.policy !== 'single' && service.policy !== 'hot-active/hot-active',
        deadline: request.deadline,
        route: service.route,
        ...(service.manager.kind === 'native' ? {} : { manager: plan(service).manager }),
      };
    },
    observe(service, { instance, pid, startTicks, startedAt }) {
      const made = plan(service);
      const timings = timingsOf(service);
      return {
        instance,
        service: service.name,
        host,
        pid,
        startTicks,
        // Of another manager's it is when we found it.
        ...(startedAt !== null && service.manager.kind === 'native' ? { startedAt } : {}),
        dir: made.dir,
        env: environment(service),
        user: service.user,
        group: service.group,
        output: layout.output(service.name),
        ready: made.ready,
        active: made.active,
        heartbeat:
          made.detect.heartbeat === null
            ? null
            : { source: made.detect.heartbeat.source, every: made.detect.heartbeat.every ?? timings.heartbeatEvery },
        status: made.detect.status === null ? null : { probe: made.detect.status, every: timings.statusEvery },
        // By the name that the description gives them: the core looks up by it how grave each is.
        checks: made.detect.checks.map((check, index) => ({
          ...check,
          name: service.detect.checks[index]?.name ?? check.name,
          shownAs: check.name,
          every: check.every ?? timings.checkEvery,
        })),
      };
    },
  };
}

/** A path of the description, from the service's folder. */
export function pathOf(plan: InstancePlan, path: string): string {
  return path.startsWith('/') ? path : join(plan.dir, path);
}
