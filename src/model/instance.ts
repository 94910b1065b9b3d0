// One instance of a service, ready to be started and observed: its whole environment, and every `${NAME}` filled in.

import { resolve } from 'node:path';
import { expand } from './expand.ts';
import { probeName } from './lower-probe.ts';
import { filledWatch, type ServiceWatch } from './watch.ts';
import type {
  Check,
  Command,
  Detect,
  ExternalService,
  FileRule,
  Heartbeat,
  Limits,
  ProbeSpec,
  ProcessManager,
  RoleCall,
  RunService,
  System,
  Wait,
} from './system.ts';

/** What starting, observing and stopping one instance needs. No text holds `${NAME}` any more, but those in `unknownNames`. */
export interface InstancePlan {
  readonly service: string;
  readonly host: string;
  readonly command: Command;
  readonly manager: ProcessManager;
  /** Absolute. */
  readonly dir: string;
  /** STANDFAST_SYSTEM, STANDFAST_SERVICE and STANDFAST_HOST with what the description gives; PATH and what belongs to a start come from the shell. */
  readonly env: Readonly<Record<string, string>>;
  readonly ready: Wait | null;
  readonly active: Wait | null;
  readonly activate: RoleCall | null;
  readonly deactivate: RoleCall | null;
  readonly detect: Detect;
  readonly log: RunService['log'];
  readonly files: readonly FileRule[];
  readonly alternative: Command | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly limits: Limits;
  /** Names that only an `envFile` could have brought stay as they are written: what is watched keeps nobody from starting. */
  readonly watch: ServiceWatch;
  /** Names that are defined nowhere (an `envFile` did not bring them): it cannot be started. */
  readonly unknownNames: readonly string[];
}

/** What only the machine knows of an instance to be planned. */
export interface InstanceSurroundings {
  /** What the service's `envFile` holds; `env` of the service and of the placement go over it. */
  readonly fromEnvFile?: Readonly<Record<string, string>>;
  /** Absolute path of what the instance prints: where `log` looks when neither `in` nor `log.file` says. */
  readonly output?: string;
}

/** The plan of one service's instance on one of its hosts. */
export function planInstance(
  system: System,
  service: RunService,
  host: string,
  surroundings: InstanceSurroundings = {},
): InstancePlan {
  const placement = service.on.find((place) => place.host === host);
  const env: Record<string, string> = {
    ...surroundings.fromEnvFile,
    ...service.env,
    ...placement?.env,
    STANDFAST_SYSTEM: system.name,
    STANDFAST_SERVICE: service.name,
    STANDFAST_HOST: host,
  };
  const filler = newFiller(env, surroundings.output ?? '', system.folder);
  const wait = (each: Wait | null): Wait | null =>
    each === null ? null : { ...each, probe: filler.probe(each.probe) };
  const { detect, log } = service;
  return {
    service: service.name,
    host,
    command: filler.command(service.run),
    manager: filler.manager(service.manager),
    dir: filler.text(service.dir),
    env,
    ready: wait(service.ready),
    active: wait(service.active),
    activate: filler.roleCall(service.activate),
    deactivate: filler.roleCall(service.deactivate),
    detect: {
      heartbeat: filler.heartbeat(detect.heartbeat),
      status: detect.status === null ? null : filler.probe(detect.status),
      checks: filler.checks(detect.checks),
    },
    log: log === null ? null : { file: filler.text(log.file), started: log.started },
    files: service.files.map((file) => ({ ...file, path: filler.text(file.path) })),
    alternative: service.restart.alternative === null ? null : filler.command(service.restart.alternative),
    user: service.user,
    group: service.group,
    limits: service.limits,
    watch: filledWatch(service.watch, (raw) => expand(raw, env).text),
    unknownNames: [...filler.unknown],
  };
}

/** The checks of an external service, ready to be made, and their environment. */
export function planExternal(
  system: System,
  service: ExternalService,
): { readonly checks: readonly Check[]; readonly dir: string; readonly env: Readonly<Record<string, string>> } {
  const env = { STANDFAST_SYSTEM: system.name, STANDFAST_SERVICE: service.name };
  return { checks: newFiller(env, '', system.folder).checks(service.detect.checks), dir: system.folder, env };
}

interface Filler {
  readonly unknown: ReadonlySet<string>;
  text(text: string): string;
  command(command: Command): Command;
  manager(manager: ProcessManager): ProcessManager;
  probe(probe: ProbeSpec): ProbeSpec;
  roleCall(call: RoleCall | null): RoleCall | null;
  heartbeat(heartbeat: Heartbeat | null): Heartbeat | null;
  checks(checks: readonly Check[]): Check[];
}

function newFiller(env: Readonly<Record<string, string>>, output: string, folder: string): Filler {
  const unknown = new Set<string>();
  const text = (raw: string): string => {
    const expanded = expand(raw, env);
    for (const name of expanded.missing) unknown.add(name);
    return expanded.text;
  };
  // A shell line is filled in by its shell, which has the same environment.
  const command = (raw: Command): Command => (raw.kind === 'shell' ? raw : { kind: 'argv', argv: raw.argv.map(text) });
  const probe = (raw: ProbeSpec): ProbeSpec => {
    switch (raw.kind) {
      case 'http':
        return { kind: raw.kind, url: text(raw.url) };
      case 'tcp':
        return { kind: raw.kind, address: text(raw.address) };
      case 'command':
        return { kind: raw.kind, command: command(raw.command) };
      case 'log':
        return { kind: raw.kind, pattern: raw.pattern, file: raw.file === '' ? output : text(raw.file) };
      case 'file':
        return { kind: raw.kind, path: text(raw.path) };
      default:
        return raw satisfies never;
    }
  };
  return {
    unknown,
    text,
    command,
    manager(manager) {
      const file = (raw: string | null): string | null => (raw === null ? null : resolve(folder, text(raw)));
      switch (manager.kind) {
        case 'native':
          return manager;
        case 'monit':
          return { ...manager, name: text(manager.name), control: file(manager.control) };
        case 'systemd':
          return { ...manager, name: text(manager.name) };
        case 'supervisord':
          return { ...manager, name: text(manager.name), config: file(manager.config) };
        case 'command': {
          const { kind, start, stop, status } = manager;
          return { kind, start: command(start), stop: command(stop), status: command(status) };
        }
        default:
          return manager satisfies never;
      }
    },
    probe,
    roleCall(call) {
      if (call?.kind === 'http') return { kind: 'http', url: text(call.url) };
      if (call?.kind === 'command') return { kind: 'command', command: command(call.command) };
      return call;
    },
    heartbeat(heartbeat) {
      if (heartbeat?.source.kind === 'file')
        return { ...heartbeat, source: { kind: 'file', path: text(heartbeat.source.path) } };
      if (heartbeat?.source.kind === 'row')
        return {
          ...heartbeat,
          source: { kind: 'row', url: text(heartbeat.source.url), query: text(heartbeat.source.query) },
        };
      return heartbeat;
    },
    checks(checks) {
      return checks.map((check) => {
        const filled = probe(check.probe);
        const suffix = check.name.slice(probeName(check.probe).length);
        return { ...check, name: `${probeName(filled)}${suffix}`, probe: filled };
      });
    },
  };
}
