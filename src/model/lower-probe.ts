// Probes and role calls, from the form they are written in to the form that is used.

import type { Path } from './problem.ts';
import { onlyOne, type Reading } from './reading.ts';
import { shellQuoted } from './shell-quote.ts';
import type { ProbeShape, RoleCallShape } from './shape-parts.ts';
import type { Command, ProbeSpec, RoleCall } from './system.ts';
import type { Template } from './templates.ts';

/** Reads parts of one service; `templates` collects what holds `${NAME}`. */
export interface Parts {
  readonly reading: Reading;
  readonly templates: Template[];
  /** The file of `log.file`; empty: what the instance prints. */
  readonly logFile: string;
}

const probeKinds = ['http', 'tcp', 'command', 'log', 'file'] as const;

/** The probe; null when it is not one, which is said. */
export function lowerProbe(parts: Parts, shape: ProbeShape, path: Path): ProbeSpec | null {
  const { reading, templates } = parts;
  const given = defined(shape);
  if ('in' in given && !('log' in given) && !reading.wasWrong([...path, 'log']))
    reading.findings.add(
      'SF-118',
      [...path, 'in'],
      '`in` names the file of `log`, and there is no `log` beside it',
      'Add `log: PATTERN`, or remove `in`.',
      { atKey: true },
    );
  const kind = onlyOne(reading, given, probeKinds, path);
  if (kind === null) return null;
  switch (kind) {
    case 'http':
      templates.push({ text: given.http ?? '', path: [...path, 'http'], as: 'http' });
      return { kind, url: given.http ?? '' };
    case 'tcp':
      templates.push({ text: given.tcp ?? '', path: [...path, 'tcp'], as: 'tcp' });
      return { kind, address: given.tcp ?? '' };
    case 'command':
      return given.command === undefined
        ? null
        : { kind, command: lowerCommand(parts, given.command, [...path, 'command']) };
    case 'log':
      if (given.in !== undefined) templates.push({ text: given.in, path: [...path, 'in'], as: 'text' });
      return { kind, pattern: given.log ?? '', file: given.in ?? parts.logFile };
    case 'file':
      templates.push({ text: given.file ?? '', path: [...path, 'file'], as: 'text' });
      return { kind, path: given.file ?? '' };
    default:
      return kind satisfies never;
  }
}

/** What a probe asks, as people would name it. */
export function probeName(probe: ProbeSpec): string {
  switch (probe.kind) {
    case 'http':
      return `http ${probe.url}`;
    case 'tcp':
      return `tcp ${probe.address}`;
    case 'command':
      return `command ${commandText(probe.command)}`;
    case 'log':
      return `log ${probe.pattern}`;
    case 'file':
      return `file ${probe.path}`;
    default:
      return probe satisfies never;
  }
}

/** A command as people would type it; words with spaces in quotes. */
function commandText(command: Command): string {
  if (command.kind === 'shell') return command.line;
  return command.argv.map((word) => (/^[\w@%+=:,./${}-]+$/.test(word) ? word : shellQuoted(word))).join(' ');
}

/** The role call; null when it is not one, which is said. */
export function lowerRoleCall(parts: Parts, shape: RoleCallShape, path: Path): RoleCall | null {
  const given = defined(shape);
  const kind = onlyOne(parts.reading, given, ['signal', 'http', 'command', 'message'] as const, path);
  if (kind === null) return null;
  switch (kind) {
    case 'signal':
      return { kind, signal: given.signal ?? 'SIGTERM' };
    case 'http':
      parts.templates.push({ text: given.http ?? '', path: [...path, 'http'], as: 'http' });
      return { kind, url: given.http ?? '' };
    case 'command':
      return given.command === undefined
        ? null
        : { kind, command: lowerCommand(parts, given.command, [...path, 'command']) };
    case 'message':
      return { kind };
    default:
      return kind satisfies never;
  }
}

/** Notes what a command holds of `${NAME}`; a shell line is the shell's own to fill in. */
export function lowerCommand(parts: Parts, command: Command, path: Path): Command {
  if (command.kind === 'argv') for (const text of command.argv) parts.templates.push({ text, path, as: 'text' });
  return command;
}

/** Without the keys that are there and undefined. */
export function defined<T extends object>(shape: T): T {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as T;
}
