// One service, from the form it is written in to the form that is used: defaults filled in, paths made absolute, and its own
// keys checked against each other.

import { resolve } from 'node:path';
import { durationText } from './duration.ts';
import { defined, lowerCommand, lowerProbe, lowerRoleCall, probeName, type Parts } from './lower-probe.ts';
import { checkManager, lowerManager } from './lower-manager.ts';
import { lowerNeed } from './lower-needs.ts';
import { lowerObjective, lowerReliability } from './lower-parts.ts';
import { lowerPlacements } from './lower-placements.ts';
import { lowerRoute } from './lower-route.ts';
import { checkPolicy } from './check-policy.ts';
import type { Path } from './problem.ts';
import { missing, onlyOne, type Reading, type Whole } from './reading.ts';
import { parseSchedule } from './schedule.ts';
import type { ServiceShape } from './shape-service.ts';
import type {
  Check,
  Command,
  Detect,
  ExternalService,
  FaultSeverity,
  Heartbeat,
  RunService,
  Schedule,
  Service,
  Wait,
} from './system.ts';
import { lowerWatch } from './shape-watch.ts';
import { checkTemplates } from './templates.ts';
import { declaredDetection } from './timings.ts';
import { bytes, ms, type Ms } from './units.ts';

/** Keys that an external service may have. */
const externalKeys = [
  'about',
  'external',
  'needs',
  'detect',
  'severity',
  'impact',
  'unavailability',
  'mtbf',
  'mttr',
  'recoverWithin',
];

/** The service; whatever could not be read of it is filled in, which is harmless since what was wrong has been said. */
export function lowerService(whole: Whole, name: string, shape: ServiceShape): Service {
  return shape.external === true ? lowerExternal(whole, name, shape) : lowerRun(whole, name, shape);
}

function lowerExternal(whole: Whole, name: string, shape: ServiceShape): ExternalService {
  const { reading } = whole;
  const path = ['services', name];
  const notHere = (at: Path, key: string): void =>
    reading.findings.add(
      'SF-167',
      at,
      `${name} is external, and "${key}" is for what runs here`,
      `Remove "${key}", or remove \`external: true\`.`,
      { atKey: true },
    );
  for (const key of Object.keys(defined(shape))) if (!externalKeys.includes(key)) notHere([...path, key], key);
  for (const key of ['heartbeat', 'status'] as const)
    if (shape.detect?.[key] !== undefined) notHere([...path, 'detect', key], key);
  const parts: Parts = { reading, templates: [], logFile: '' };
  const checks = lowerChecks(parts, shape, path);
  for (const [index, check] of checks.entries())
    if (check.probe.kind === 'log' && check.probe.file === '')
      missing(
        reading,
        [...path, 'detect', 'checks', index],
        'in',
        'An external service prints nothing here: name the file with `in`.',
      );
  const env = { STANDFAST_SYSTEM: whole.system, STANDFAST_SERVICE: name };
  checkTemplates(reading, parts.templates, [{ host: 'every host', env }], false);
  return {
    kind: 'external',
    name,
    about: shape.about ?? null,
    needs: shape.needs === undefined ? null : lowerNeed(reading, shape.needs, [...path, 'needs']),
    detect: { heartbeat: null, status: null, checks },
    reliability: lowerReliability(reading, shape, path),
    severity: severityOf(shape.severity) ?? 1,
    impact: shape.impact ?? null,
  };
}

function lowerRun(whole: Whole, name: string, shape: ServiceShape): RunService {
  const { reading } = whole;
  const path = ['services', name];
  const parts: Parts = { reading, templates: [], logFile: shape.log?.file ?? '' };
  const dir = resolve(reading.folder, shape.dir ?? '.');
  const on = lowerPlacements(whole, shape, path);
  const service: RunService = {
    kind: 'run',
    name,
    about: shape.about ?? null,
    run: lowerRunCommand(parts, shape, path),
    manager: lowerManager(parts, name, shape, [...path, 'manager']),
    policy: shape.policy ?? 'single',
    consumers: lowerConsumers(reading, shape, path),
    on: on.map(({ host, env }) => ({ host, env })),
    prefer: shape.prefer ?? null,
    failBack: shape.failBack ?? false,
    needs: shape.needs === undefined ? null : lowerNeed(reading, shape.needs, [...path, 'needs']),
    objective: lowerObjective(reading, shape.objective ?? {}, [...path, 'objective'], whole.objective),
    ready: lowerWait(parts, shape.ready, [...path, 'ready'], ms(60_000)),
    activate: shape.activate === undefined ? null : lowerRoleCall(parts, shape.activate, [...path, 'activate']),
    active: lowerWait(parts, shape.active, [...path, 'active'], ms(30_000)),
    deactivate: shape.deactivate === undefined ? null : lowerRoleCall(parts, shape.deactivate, [...path, 'deactivate']),
    drain: shape.drain === undefined ? null : { within: shape.drain.within ?? ms(10_000) },
    trigger: shape.trigger ?? 'supervisor',
    detect: lowerDetect(parts, shape, path),
    log: lowerLog(parts, shape, path),
    files: lowerFiles(parts, shape, path),
    stop: { signal: shape.stop?.signal ?? 'SIGTERM', forcedAfter: shape.stop?.forcedAfter ?? ms(60_000) },
    restart: {
      alternative:
        shape.restart?.alternative === undefined
          ? null
          : lowerCommand(parts, shape.restart.alternative, [...path, 'restart', 'alternative']),
    },
    mayLose: shape.mayLose ?? null,
    capacity: shape.capacity ?? null,
    load: shape.load ?? null,
    route: lowerRoute(reading, shape, path),
    fenceBeforeTakeover: shape.fenceBeforeTakeover ?? false,
    severity: severityOf(shape.severity) ?? 1,
    schedule: lowerSchedule(reading, shape.schedule, [...path, 'schedule']),
    finishes: shape.finishes ?? false,
    impact: shape.impact ?? null,
    runbook: (typeof shape.runbook === 'string' ? shape.runbook : shape.runbook?.path) ?? null,
    autoRunbook: lowerAutoRunbook(shape),
    dir,
    env: shape.env ?? {},
    envFile: shape.envFile === undefined ? null : resolve(dir, shape.envFile),
    asWritten: whole.severalMachines ? { dir: shape.dir ?? '.', envFile: shape.envFile ?? null } : null,
    user: shape.user ?? null,
    group: shape.group ?? null,
    logs: { maxSize: shape.logs?.maxSize ?? bytes(50 * 2 ** 20), keep: shape.logs?.keep ?? 5 },
    backOff: { upTo: shape.backOff?.upTo ?? ms(60_000) },
    limits: { memory: shape.limits?.memory ?? null, files: shape.limits?.files ?? null },
    watch: lowerWatch(parts, shape.watch, [...path, 'watch']),
    reliability: lowerReliability(reading, shape, path),
  };
  parts.templates.push({ text: dir, path: [...path, 'dir'], as: 'text' });
  const base = { STANDFAST_SYSTEM: whole.system, STANDFAST_SERVICE: name };
  const places = on.map((place) => ({
    host: place.host,
    env: { ...service.env, ...place.env, ...base, STANDFAST_HOST: place.host },
  }));
  const envWrong = reading.wasWrong([...path, 'env']) || reading.wasWrong([...path, 'on']);
  checkTemplates(reading, parts.templates, places, service.envFile !== null || envWrong);
  checkManager(parts, service, shape, path);
  checkPolicy(reading, service, shape, path);
  checkHeartbeat(reading, service, path);
  return service;
}

function lowerRunCommand(parts: Parts, shape: ServiceShape, path: Path): Command {
  const { reading } = parts;
  const nothing: Command = { kind: 'argv', argv: ['true'] };
  if (shape.run === undefined && shape.shell === undefined) {
    if (shape.manager !== undefined && shape.manager !== 'native') return nothing;
    if (!reading.wasWrong([...path, 'run']) && !reading.wasWrong([...path, 'shell']))
      reading.findings.add(
        'SF-168',
        path,
        `${String(path.at(-1))} says neither what to run nor that it is external`,
        'Add `run: COMMAND`, or `external: true` for what nothing here runs.',
        { atKey: true },
      );
    return nothing;
  }
  const given = onlyOne(reading, defined(shape), ['run', 'shell'] as const, path);
  return given === null ? nothing : lowerCommand(parts, shape[given] ?? nothing, [...path, given]);
}

function lowerConsumers(reading: Reading, shape: ServiceShape, path: Path): RunService['consumers'] {
  if (shape.consumers === undefined) return null;
  if (shape.consumers === 'dropDuplicates') return { kind: 'dropDuplicates' };
  const within = shape.consumers.balancer?.detectsWithin;
  if (within !== undefined) return { kind: 'balancer', detectsWithin: within };
  if (shape.consumers.balancer === undefined)
    missing(
      reading,
      [...path, 'consumers'],
      'balancer',
      'Write dropDuplicates, or { balancer: { detectsWithin: 3s } }.',
    );
  else
    missing(
      reading,
      [...path, 'consumers', 'balancer'],
      'detectsWithin',
      'Say when the balancer notices: detectsWithin: 3s.',
    );
  return { kind: 'balancer', detectsWithin: ms(1000) };
}

function lowerWait(parts: Parts, shape: ServiceShape['ready'], path: Path, within: Ms): Wait | null {
  if (shape === undefined) return null;
  const probe = lowerProbe(parts, shape, path);
  if (probe === null) return null;
  return shape.within === undefined ? { probe, within, usual: true } : { probe, within: shape.within };
}

function lowerDetect(parts: Parts, shape: ServiceShape, path: Path): Detect {
  const detect = shape.detect ?? {};
  const at = [...path, 'detect'];
  return {
    heartbeat: detect.heartbeat === undefined ? null : lowerHeartbeat(parts, detect.heartbeat, [...at, 'heartbeat']),
    status: detect.status === undefined ? null : lowerProbe(parts, detect.status, [...at, 'status']),
    checks: lowerChecks(parts, shape, path),
  };
}

function lowerHeartbeat(
  parts: Parts,
  shape: NonNullable<NonNullable<ServiceShape['detect']>['heartbeat']>,
  path: Path,
): Heartbeat | null {
  const every = shape.every ?? null;
  switch (onlyOne(parts.reading, defined(shape), ['file', 'message', 'row'] as const, path)) {
    case 'file':
      parts.templates.push({ text: shape.file ?? '', path: [...path, 'file'], as: 'text' });
      return { source: { kind: 'file', path: shape.file ?? '' }, every };
    case 'message':
      return { source: { kind: 'message' }, every };
    case 'row': {
      const { url, query } = shape.row ?? {};
      if (url === undefined)
        missing(parts.reading, [...path, 'row'], 'url', 'Say which database: url: "postgres://HOST/DATABASE".');
      else parts.templates.push({ text: url, path: [...path, 'row', 'url'], as: 'row' });
      if (query === undefined)
        missing(parts.reading, [...path, 'row'], 'query', 'Say what is asked: query: "select beat_at from beats".');
      else parts.templates.push({ text: query, path: [...path, 'row', 'query'], as: 'text' });
      return { source: { kind: 'row', url: url ?? '', query: query ?? '' }, every };
    }
    case null:
      return null;
  }
}

function lowerChecks(parts: Parts, shape: ServiceShape, path: Path): Check[] {
  const checks: Check[] = [];
  for (const [index, each] of (shape.detect?.checks ?? []).entries()) {
    const probe = lowerProbe(parts, each, [...path, 'detect', 'checks', index]);
    if (probe === null) continue;
    const name = probeName(probe);
    const same = checks.filter((other) => probeName(other.probe) === name).length;
    checks.push({
      name: same === 0 ? name : `${name} (${same + 1})`,
      probe,
      every: each.every ?? null,
      severity: severityOf(each.severity),
    });
  }
  return checks;
}

function lowerAutoRunbook(shape: ServiceShape): RunService['autoRunbook'] {
  const auto = typeof shape.runbook === 'string' ? undefined : shape.runbook?.auto;
  if (auto === undefined) return null;
  return { severity: severityOf(auto.severity) ?? 1, atMost: auto.atMost ?? 1, per: auto.per ?? ms(3_600_000) };
}

function lowerLog(parts: Parts, shape: ServiceShape, path: Path): RunService['log'] {
  if (shape.log === undefined) return null;
  if (shape.log.file === undefined)
    missing(parts.reading, [...path, 'log'], 'file', 'Name the file: file: log/service.log.');
  else parts.templates.push({ text: shape.log.file, path: [...path, 'log', 'file'], as: 'text' });
  return { file: shape.log.file ?? '', started: shape.log.started ?? null };
}

function lowerFiles(parts: Parts, shape: ServiceShape, path: Path): RunService['files'] {
  return (shape.files ?? []).map((file, index) => {
    const at = [...path, 'files', index];
    if (file.path === undefined) missing(parts.reading, at, 'path', 'Name the file: path: etc/service.properties.');
    else parts.templates.push({ text: file.path, path: [...at, 'path'], as: 'text' });
    return { path: file.path ?? '', mode: file.mode ?? null, owner: file.owner ?? null, group: file.group ?? null };
  });
}

function lowerSchedule(reading: Reading, text: string | undefined, path: Path): Schedule | null {
  if (text === undefined) return null;
  const read = parseSchedule(text);
  if (read.ok) return read.schedule;
  reading.findings.add(read.code, path, read.message, read.next);
  return null;
}

function severityOf(value: number | undefined): FaultSeverity | null {
  return value === 1 || value === 2 || value === 3 ? value : null;
}

function checkHeartbeat(reading: Reading, service: RunService, path: Path): void {
  const every = service.detect.heartbeat?.every ?? null;
  if (every === null || reading.wasWrong(['objective'])) return;
  const d = declaredDetection(service);
  if (every <= d / 2) return;
  const z = service.objective.recoverWithin;
  const left =
    service.consumers?.kind === 'balancer'
      ? `the balancer detects within ${durationText(d)}`
      : d < z
        ? `boot and load leave ${durationText(d)} of ${durationText(z)} for detection`
        : `all has to be over within ${durationText(z)}`;
  const message = `a beat every ${durationText(every)} is too seldom: ${left}, and whoever misses a beat has waited for longer than one`;
  const next = `Beat every ${durationText(d / 2)} or oftener, or allow more time.`;
  reading.findings.add('SF-165', [...path, 'detect', 'heartbeat', 'every'], message, next);
}
