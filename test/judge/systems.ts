// Small systems for the tests of judge/: what is not said is as plain as can be.

import { ms } from '../../src/model/units.ts';
import { noWatch } from '../../src/model/watch.ts';
import { bytes } from '../../src/model/units.ts';
import type { ExternalService, Need, RunService, Service, System } from '../../src/model/system.ts';

const reliability = { unavailability: null, mtbf: null, mttr: null, recoverWithin: null };
const objective = { unavailable: ms(600_000), per: ms(3_600_000), recoverWithin: ms(120_000) };

export function need(...names: string[]): Need {
  return { kind: 'all', of: names.map((name) => ({ kind: 'service', name })) };
}

export function service(name: string, on: readonly string[], more: Partial<RunService> = {}): RunService {
  return {
    kind: 'run',
    name,
    about: null,
    run: { kind: 'argv', argv: ['true'] },
    manager: { kind: 'native' },
    policy: on.length === 1 ? 'single' : 'hot-active/warm-active',
    consumers: null,
    on: on.map((host) => ({ host, env: {} })),
    prefer: null,
    failBack: false,
    needs: null,
    objective,
    ready: null,
    activate: null,
    active: null,
    deactivate: null,
    trigger: 'supervisor',
    detect: { heartbeat: null, status: null, checks: [] },
    log: null,
    files: [],
    drain: null,
    stop: { signal: 'SIGTERM', forcedAfter: ms(10_000) },
    restart: { alternative: null },
    mayLose: null,
    capacity: null,
    load: null,
    route: null,
    fenceBeforeTakeover: false,
    severity: 1,
    schedule: null,
    finishes: false,
    impact: null,
    runbook: null,
    autoRunbook: null,
    dir: '/',
    env: {},
    envFile: null,
    asWritten: null,
    user: null,
    group: null,
    logs: { maxSize: bytes(1), keep: 1 },
    backOff: { upTo: ms(60_000) },
    limits: { memory: null, files: null },
    watch: noWatch,
    reliability,
    ...more,
  };
}

export function external(name: string, needs: Need | null = null): ExternalService {
  return {
    kind: 'external',
    name,
    about: null,
    needs,
    detect: { heartbeat: null, status: null, checks: [] },
    reliability,
    severity: 1,
    impact: null,
  };
}

export function system(hosts: readonly string[], services: readonly Service[], serves: readonly string[]): System {
  return {
    name: 'demo',
    about: null,
    objective,
    store: { kind: 'embedded' },
    serves,
    notify: [],
    console: null,
    detectorsOff: [],
    domains: [],
    hosts: hosts.map((name) => ({ name, address: '127.0.0.1', in: [], peerPort: null, reliability, fence: null })),
    peers: { port: 7440, own: null },
    services,
    folder: '/',
    hash: '',
  };
}
