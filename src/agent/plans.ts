// From the description to what the keeper and the probes are told, with every `${NAME}` filled in.

import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { parseEnvFile, planInstance, type InstancePlan } from '../model/instance.ts';
import type { RunService, System } from '../model/system.ts';
import { timingsOf } from '../model/timings.ts';
import type { MonoMs } from '../model/units.ts';
import type { HostLayout } from '../layout.ts';
import type { ObservePlan, StartRequest } from '../ports.ts';

export interface Plans {
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
  /** Strings of the service as they are on this host. */
  plan(service: RunService): InstancePlan;
}

/** Plans for one host of a system. */
export function plansFor(system: System, host: string, layout: HostLayout): Plans {
  // By the service itself: what is to run no more may bear the name of what is to come.
  const kept = new Map<RunService, InstancePlan>();
  const plan = (service: RunService): InstancePlan => {
    const known = kept.get(service);
    if (known !== undefined) return known;
    const made = planInstance(system, service, host, {
      fromEnvFile: envFileOf(service),
      output: layout.output(service.name),
    });
    kept.set(service, made);
    return made;
  };
  const environment = (service: RunService): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    // Of another account the keeper knows its own.
    ...(service.user === null ? { HOME: process.env['HOME'] ?? '/' } : {}),
    ...plan(service).env,
    STANDFAST_SOCKET: layout.memberSocket,
  });
  return {
    plan,
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

function envFileOf(service: RunService): Readonly<Record<string, string>> {
  if (service.envFile === null) return {};
  try {
    return parseEnvFile(readFileSync(service.envFile, 'utf8')).env;
  } catch {
    // A missing file shows as a failed start of what needs it: its own words are better than ours.
    return {};
  }
}

/** A path of the description, from the service's folder. */
export function pathOf(plan: InstancePlan, path: string): string {
  return path.startsWith('/') ? path : join(plan.dir, path);
}
