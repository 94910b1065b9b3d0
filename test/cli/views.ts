// Pictures of a system, as an agent would give them.
import type { FailoverView, IncidentView, InstanceView, JournalLine, ServiceView, StatusView } from '../../src/api.ts';
import type { Phase } from '../../src/model/states.ts';

export const atMs = Date.parse('2026-11-20T14:02:07.113Z');

export function instance(host: string, phase: Phase, more: Partial<InstanceView> = {}): InstanceView {
  return {
    host,
    phase,
    planned: phase,
    pid: phase === 'down' ? null : 4312,
    startedAtMs: atMs,
    restarts: 0,
    severity: 0,
    reason: null,
    term: phase === 'active' ? 4 : 0,
    outdated: false,
    role: phase === 'active' ? 'active' : phase === 'standby' ? 'standby' : null,
    validForMs: null,
    lastExit: null,
    asOfMs: atMs,
    ...more,
  };
}

export function service(
  name: string,
  instances: readonly InstanceView[],
  more: Partial<ServiceView> = {},
): ServiceView {
  return {
    name,
    policy: instances.length > 1 ? 'hot-active/warm-active' : 'single',
    severity: 0,
    active: instances.filter((each) => each.phase === 'active').map((each) => each.host),
    term: instances.length > 1 ? 4 : 0,
    instances,
    external: null,
    scheduledDown: false,
    downBecause: null,
    paused: false,
    ...more,
  };
}

export function incident(id: string, more: Partial<IncidentView> = {}): IncidentView {
  return {
    id,
    severity: 3,
    service: 'risk',
    instance: 'risk@b',
    host: 'b',
    cause: 'check disk warns: full in about 40 min',
    impact: 'Host b cannot take over.',
    sinceMs: atMs - 720_000,
    resolvedAtMs: null,
    also: ['report@b'],
    done: ['old logs compressed'],
    next: 'make room on b',
    nextIs: 'runbook',
    ackBy: null,
    flapping: false,
    mode: null,
    modes: [],
    ...more,
  };
}

export function failoverView(more: Partial<FailoverView> = {}): FailoverView {
  return {
    service: 'pricer',
    cause: 'killed (SIGKILL)',
    atMs,
    from: 'a',
    to: 'b',
    term: 4,
    rule: 232,
    dMs: 1,
    switchMs: 17,
    bMs: 0,
    iMs: 0,
    zMs: 18,
    declaredZMs: 120_000,
    planned: false,
    predicted: null,
    surprise: null,
    ...more,
  };
}

export function status(more: Partial<StatusView> = {}): StatusView {
  return {
    system: 'pricing',
    about: 'Turns ticks into prices for the trading desk.',
    severity: 0,
    sentence: "It stands. It can lose host b, or any 1 instance but gateway's. Not host a: gateway runs only there.",
    atMs: Date.now(),
    objective: { unavailableMs: 600_000, perMs: 3_600_000, recoverWithinMs: 120_000, usedMs: 18 },
    canLose: { instances: [], hosts: ['b'], notInstances: [], notHosts: ['a'] },
    store: { kind: 'embedded', reachable: true },
    description: { hash: 'x', revision: 1 },
    hosts: ['a', 'b'].map((name) => ({
      name,
      state: 'up',
      uses: 'x',
      reads: 2,
      agentPid: 11,
      keeperPid: 12,
      boot: 'x',
      asOfMs: atMs,
    })),
    services: [
      service('gateway', [instance('a', 'active')]),
      service('pricer', [instance('a', 'standby'), instance('b', 'active')]),
    ],
    incidents: [],
    ...more,
  };
}

export function line(
  seq: number,
  kind: string,
  because: JournalLine['because'],
  more: Partial<JournalLine> = {},
): JournalLine {
  return {
    seq,
    host: 'a',
    atMs: atMs + seq,
    kind,
    service: 'pricer',
    instance: null,
    term: null,
    rule: null,
    because,
    ...more,
  };
}
