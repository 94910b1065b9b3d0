// What runbooks need to know of the live system, out of the status that people see.

import { join } from 'node:path';
import type { BuiltInVariable } from '../model/runbook.ts';
import { isLeased, type Service } from '../model/system.ts';
import type { InstanceView, StatusView } from '../api.ts';
import type { Run } from '../model/runbook-run.ts';
import type { Plans } from './plans.ts';

/** The host that a run is about, when nobody says: where it is worst, else where it is active, else the first. */
export function usualHost(status: StatusView, service: Service | null, me: string): string {
  const instances = status.services.find((each) => each.name === service?.name)?.instances ?? [];
  const known = instances.filter((each) => status.hosts.find((host) => host.name === each.host)?.state === 'up');
  const worst = known.filter((each) => each.severity !== 0).toSorted((a, b) => a.severity - b.severity)[0];
  return (worst ?? known.find((each) => each.phase === 'active') ?? known[0])?.host ?? me;
}

/** The host where a service is active; null: nowhere. */
export function activeHost(status: StatusView, service: string | null): string | null {
  return status.services.find((each) => each.name === service)?.active[0] ?? null;
}

/** Why a runbook may not change anything about it now: Standfast is moving it itself. Null: it may. */
export function failoverUnderWay(status: StatusView, service: Service | null): string | null {
  if (service === null || !isLeased(service)) return null;
  const instances = status.services.find((each) => each.name === service.name)?.instances ?? [];
  const moving = instances.find(
    (each) =>
      each.phase === 'stopping' ||
      (each.planned === 'active' &&
        (each.phase === 'starting' || each.phase === 'standby' || each.phase === 'passive')),
  );
  return moving === undefined
    ? null
    : `a failover of ${service.name} is under way: ${service.name}@${moving.host} is ${moving.phase}`;
}

/** Is `service` or `service@host` as it should be? Null: there is no such thing. */
export function standsNow(
  status: StatusView,
  subject: string,
): { readonly stands: boolean; readonly text: string } | null {
  const [name = '', host] = subject.split('@', 2);
  const service = status.services.find((each) => each.name === name);
  if (service === undefined) return null;
  if (host === undefined) {
    if (service.external !== null)
      return { stands: service.external.ok !== false, text: service.external.reason ?? `${name} answers` };
    const bad = service.instances.find((each) => !isWell(each));
    const served = service.active.length > 0 || service.scheduledDown;
    return served && service.severity === 0
      ? { stands: true, text: `${name} is as it should be` }
      : {
          stands: false,
          text: `${name}: ${served ? '' : 'nothing is active'}${bad === undefined ? '' : `${served ? '' : '; '}${wordsOf(name, bad)}`}`,
        };
  }
  const instance = service.instances.find((each) => each.host === host);
  if (instance === undefined) return null;
  return { stands: isWell(instance), text: wordsOf(name, instance) };
}

function isWell(instance: InstanceView): boolean {
  return instance.severity === 0 && instance.phase === instance.planned;
}

function wordsOf(name: string, instance: InstanceView): string {
  const why = instance.reason === null ? '' : `: ${instance.reason}`;
  const planned = instance.phase === instance.planned ? '' : `, planned ${instance.planned}`;
  return `${name}@${instance.host} is ${instance.phase}${planned}${why}`;
}

/** Everything a block finds in its environment but what is of its account, and the folder that it runs in. */
export interface BlockSurroundings {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Values are those of this host now; what does not apply is empty. */
export function surroundingsOf(of: {
  readonly run: Pick<Run, 'id' | 'runbook' | 'host' | 'incident' | 'values' | 'startedAtMs'>;
  readonly service: Service | null;
  readonly status: StatusView;
  readonly plans: Plans | null;
  readonly output: (service: string) => string;
  readonly folder: string;
  readonly state: string;
  /** Holds the program `standfast`. */
  readonly programs: string;
}): BlockSurroundings {
  const { run, service, status } = of;
  const plan = service?.kind === 'run' && of.plans !== null ? of.plans.plan(service) : null;
  const instance = status.services
    .find((each) => each.name === service?.name)
    ?.instances.find((each) => each.host === run.host);
  const output = service === null ? '' : of.output(service.name);
  const log = plan?.log?.file ?? '';
  const dir = plan?.dir ?? of.folder;
  const builtIn: Record<BuiltInVariable, string> = {
    system: status.system,
    service: service?.name ?? '',
    host: run.host,
    pid: instance?.pid === null || instance?.pid === undefined ? '' : String(instance.pid),
    role: instance?.role ?? '',
    term: instance === undefined ? '' : String(instance.term),
    active: activeHost(status, service?.name ?? null) ?? '',
    dir,
    log: log === '' ? output : join(log.startsWith('/') ? '/' : dir, log),
    output,
    incident: run.incident ?? '',
    runbook: run.runbook,
    run: run.id,
    began: (run.startedAtMs / 1000).toFixed(3),
  };
  const path =
    plan?.env['PATH'] ?? process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return {
    dir,
    env: {
      LANG: process.env['LANG'] ?? 'C.UTF-8',
      ...plan?.env,
      ...builtIn,
      ...run.values,
      PATH: `${of.programs}:${path}`,
      STANDFAST_STATE: of.state,
    },
  };
}

/** What a text would look like with the values known now; for people, not for a shell. */
export function filledText(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{(\w+)\}|\$([A-Za-z_]\w*)/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? '';
      return Object.hasOwn(env, name) && env[name] !== '' ? (env[name] ?? '') : whole;
    },
  );
}
