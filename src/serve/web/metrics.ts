// Metrics for Prometheus, named after its conventions: base units, `_total` for counters, a label only where its values are bounded by the
// description. What is not known has no sample, so that an alert on `absent()` can tell it from 0.

import { Gauge, Registry } from 'prom-client';
import type { ConsoleStatus } from '../../api-web.ts';
import type { FailoverView } from '../../api.ts';
import type { ConsolePort } from './port.ts';

const hostStates = ['up', 'silent', 'down', 'maintenance', 'banned', 'unknown'] as const;

/** The text format 0.0.4. `pages`: how many look on now. */
export async function metricsText(port: ConsolePort, pages: number): Promise<string> {
  const [status, failovers] = await Promise.all([port.status(), port.failovers().catch(() => [])]);
  const registry = new Registry();
  gauge(registry, 'console_pages', 'Pages that are open and kept live.', [], [[{}, pages]]);
  gauge(
    registry,
    'agent_up',
    'Whether the agent of this console answers (1) or what stands here is old (0).',
    ['host'],
    status === null ? [] : [[{ host: status.source.host }, Number(status.source.agent === 'live')]],
  );
  if (status !== null) fromStatus(registry, status);
  fromFailovers(registry, failovers);
  return registry.metrics();
}

function fromStatus(registry: Registry, status: ConsoleStatus): void {
  const { objective, services, hosts, incidents, store } = status;
  const instances = services.flatMap((service) =>
    service.instances.map((instance) => ({ labels: { service: service.name, host: instance.host }, instance })),
  );
  const add = (name: string, help: string, labels: string[], samples: readonly Sample[]): void => {
    gauge(registry, name, help, labels, samples);
  };
  add('status_timestamp_seconds', 'When this was so, Unix time.', [], [[{}, status.source.asOfMs / 1000]]);
  add(
    'system_severity',
    'Severity of the whole: 0 fine, 1 the gravest, 3 the least.',
    ['system'],
    [[{ system: status.system }, status.severity]],
  );
  add('store_reachable', 'Whether the store answers.', ['kind'], [[{ kind: store.kind }, Number(store.reachable)]]);
  add('budget_seconds', 'Outage that is allowed in the period.', [], [[{}, objective.unavailableMs / 1000]]);
  add('budget_used_seconds', 'Outage in the running period.', [], [[{}, objective.usedMs / 1000]]);
  add('budget_period_seconds', 'Length of the period.', [], [[{}, objective.perMs / 1000]]);
  add('recover_within_seconds', 'How long recovery may take.', [], [[{}, objective.recoverWithinMs / 1000]]);
  add(
    'service_severity',
    'Severity of a service.',
    ['service'],
    services.map((each) => [{ service: each.name }, each.severity]),
  );
  add(
    'service_active_instances',
    'Instances that are active.',
    ['service'],
    services.filter((each) => each.external === null).map((each) => [{ service: each.name }, each.active.length]),
  );
  add(
    'service_external_up',
    'Whether an external service answers.',
    ['service'],
    services.flatMap((each): Sample[] =>
      each.external === null || each.external.ok === null ? [] : [[{ service: each.name }, Number(each.external.ok)]],
    ),
  );
  add(
    'service_paused',
    'Whether Standfast only watches it.',
    ['service'],
    services.map((each) => [{ service: each.name }, Number(each.paused)]),
  );
  add(
    'service_term',
    'Term of the lease; grows with every activation. 0: no lease.',
    ['service'],
    services.map((each) => [{ service: each.name }, each.term]),
  );
  add(
    'instance_severity',
    'Severity of an instance.',
    ['service', 'host'],
    instances.map(({ labels, instance }) => [labels, instance.severity]),
  );
  add(
    'instance_active',
    'Whether an instance is active.',
    ['service', 'host'],
    instances.map(({ labels, instance }) => [labels, Number(instance.phase === 'active')]),
  );
  add(
    'instance_planned',
    'Whether an instance is in its planned phase.',
    ['service', 'host'],
    instances.map(({ labels, instance }) => [labels, Number(instance.phase === instance.planned)]),
  );
  add(
    'instance_restarts',
    'Restarts of an instance since its agent began to count.',
    ['service', 'host'],
    instances.map(({ labels, instance }) => [labels, instance.restarts]),
  );
  add(
    'instance_start_time_seconds',
    'When an instance was started, Unix time.',
    ['service', 'host'],
    instances.flatMap(({ labels, instance }): Sample[] =>
      instance.startedAtMs === null ? [] : [[labels, instance.startedAtMs / 1000]],
    ),
  );
  add(
    'host_state',
    'The state of a host: 1 for the one it is in.',
    ['host', 'state'],
    hosts.flatMap((host) =>
      hostStates.map((state): Sample => [{ host: host.name, state }, Number(host.state === state)]),
    ),
  );
  add(
    'host_heard_timestamp_seconds',
    'When a host was last heard of, Unix time.',
    ['host'],
    hosts.flatMap((host): Sample[] => (host.asOfMs === null ? [] : [[{ host: host.name }, host.asOfMs / 1000]])),
  );
  add(
    'incidents_open',
    'Open incidents.',
    ['severity'],
    ([1, 2, 3] as const).map((severity) => [
      { severity: String(severity) },
      incidents.filter((each) => each.severity === severity && each.resolvedAtMs === null).length,
    ]),
  );
  add(
    'incidents_unacknowledged',
    'Open incidents that nobody has taken.',
    [],
    [[{}, incidents.filter((each) => each.ackBy === null && each.resolvedAtMs === null).length]],
  );
}

/** The last one of each service. */
function fromFailovers(registry: Registry, failovers: readonly FailoverView[]): void {
  const last = [...new Map(failovers.filter((each) => !each.planned).map((each) => [each.service, each])).values()];
  const parts = { d: 'dMs', s: 'switchMs', b: 'bMs', i: 'iMs', z: 'zMs' } as const;
  gauge(
    registry,
    'last_failover_timestamp_seconds',
    'When the last failover that nobody asked for began, Unix time.',
    ['service'],
    last.map((each) => [{ service: each.service }, each.atMs / 1000]),
  );
  gauge(
    registry,
    'last_failover_seconds',
    'How long its parts took: d detecting, s switching, b booting, i initialising, z all of it.',
    ['service', 'part'],
    last.flatMap((each) =>
      Object.entries(parts).flatMap(([part, key]): Sample[] => {
        const ms = each[key];
        return ms === null ? [] : [[{ service: each.service, part }, ms / 1000]];
      }),
    ),
  );
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function gauge(registry: Registry, name: string, help: string, labelNames: string[], samples: readonly Sample[]): void {
  const made = new Gauge({ name: `standfast_${name}`, help, labelNames, registers: [registry] });
  for (const [labels, value] of samples) made.set(labels, value);
}
