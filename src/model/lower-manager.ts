// Who owns a service's process, from the form it is written in to the form that is used, and what cannot be had with others than native.

import { defined, lowerCommand, type Parts } from './lower-probe.ts';
import type { Path } from './problem.ts';
import { missing, onlyOne } from './reading.ts';
import type { ServiceShape } from './shape-service.ts';
import type { Command, ProbeSpec, ProcessManager, RunService } from './system.ts';

/** What came out; what could not be read is native, which is harmless since what was wrong has been said. */
export function lowerManager(parts: Parts, name: string, shape: ServiceShape, path: Path): ProcessManager {
  const { manager } = shape;
  switch (manager) {
    case undefined:
    case 'native':
      return { kind: 'native' };
    case 'monit':
      return { kind: manager, name, control: null };
    case 'systemd':
      return { kind: manager, name: `${name}.service`, user: false };
    case 'supervisord':
      return { kind: manager, name, config: null };
    default:
      return lowerMapping(parts, name, manager, path);
  }
}

function lowerMapping(
  parts: Parts,
  name: string,
  manager: Exclude<ServiceShape['manager'], string | undefined>,
  path: Path,
): ProcessManager {
  const called = (given: string | undefined, otherwise: string, key: string): string => {
    if (given !== undefined) parts.templates.push({ text: given, path: [...path, String(kind), key], as: 'text' });
    return given ?? otherwise;
  };
  // Relative ones start in the description's folder; a name of the environment may hold a whole path, so that is settled when it is filled in.
  const file = (given: string | undefined, key: string): string | null =>
    given === undefined ? null : called(given, '', key);
  const kind = onlyOne(parts.reading, defined(manager), ['monit', 'systemd', 'supervisord', 'command'] as const, path);
  switch (kind) {
    case 'monit':
      return {
        kind,
        name: called(manager.monit?.name, name, 'name'),
        control: file(manager.monit?.control, 'control'),
      };
    case 'systemd': {
      const { unit, user = false } = manager.systemd ?? {};
      return { kind, name: called(unit, `${name}.service`, 'unit'), user };
    }
    case 'supervisord': {
      const { program, config } = manager.supervisord ?? {};
      return { kind, name: called(program, name, 'program'), config: file(config, 'config') };
    }
    case 'command':
      return lowerCommands(parts, manager.command, [...path, 'command']);
    case null:
      return { kind: 'native' };
    default:
      return kind satisfies never;
  }
}

function lowerCommands(
  parts: Parts,
  given: Exclude<ServiceShape['manager'], string | undefined>['command'],
  path: Path,
): ProcessManager {
  if (given === undefined) return { kind: 'native' };
  if ('kind' in given) {
    const one = lowerCommand(parts, given, path);
    return { kind: 'command', start: told(one, 'start'), stop: told(one, 'stop'), status: told(one, 'status') };
  }
  const { start, stop, status } = given;
  for (const key of ['start', 'stop', 'status'] as const)
    if (given[key] === undefined)
      missing(parts.reading, path, key, `Say how: ${key}: ./manager.sh ${key}. Or give one command for all three.`);
  if (start === undefined || stop === undefined || status === undefined) return { kind: 'native' };
  return {
    kind: 'command',
    start: lowerCommand(parts, start, [...path, 'start']),
    stop: lowerCommand(parts, stop, [...path, 'stop']),
    status: lowerCommand(parts, status, [...path, 'status']),
  };
}

/** The command with one more word. */
function told(command: Command, word: string): Command {
  return command.kind === 'shell'
    ? { kind: 'shell', line: `${command.line} ${word}` }
    : { kind: 'argv', argv: [...command.argv, word] };
}

/** Says what needs the process to be Standfast's own. */
export function checkManager(parts: Parts, service: RunService, shape: ServiceShape, path: Path): void {
  const { kind } = service.manager;
  if (kind === 'native') return;
  const who = kind === 'command' ? 'a command' : kind;
  const say = (at: Path, message: string, next: string): void =>
    parts.reading.findings.add('SF-192', at, message, next, { atKey: true });
  if (service.policy !== 'single' && service.policy !== 'hot-active/hot-active')
    say(
      [...path, 'manager'],
      `a policy with one active needs native, and ${service.name} belongs to ${who}: it keeps no deadline, so an active one could outlive its lease, and may restart it behind our back`,
      'Remove `manager`, so that Standfast runs the process itself, or choose hot-active/hot-active.',
    );
  if (service.finishes && kind !== 'systemd')
    say(
      [...path, 'finishes'],
      `${who} does not say how its process ended, so nobody knows whether it finished`,
      'Remove `finishes`, or remove `manager`.',
    );
  const mine = 'is not told where Standfast listens, so it can send no messages';
  if (service.detect.heartbeat?.source.kind === 'message')
    say(
      [...path, 'detect', 'heartbeat'],
      `a process of ${who} ${mine}`,
      'Use heartbeat: { file: … } or { row: … }, or a check.',
    );
  const unread = (probe: ProbeSpec | undefined): boolean => probe?.kind === 'log' && probe.file === '';
  const probes: readonly [ProbeSpec | undefined, Path][] = [
    [service.ready?.probe, ['ready']],
    [service.active?.probe, ['active']],
    ...service.detect.checks.map(({ probe }, index): [ProbeSpec, Path] => [probe, ['detect', 'checks', index]]),
  ];
  for (const [probe, at] of probes)
    if (unread(probe))
      say(
        [...path, ...at],
        `what a process of ${who} prints is not ours to read`,
        'Name its log: `in: FILE` beside `log`, or `log: { file: FILE }` of the service.',
      );
  for (const key of ['user', 'group', 'limits'] as const)
    if (shape[key] !== undefined)
      say(
        [...path, key],
        `${who} starts the process, so \`${key}\` of this description has no effect`,
        `Set it where ${who} is told what to run, and remove it here.`,
      );
}
