// The environment of a service: which names it may set, files of NAME=VALUE lines, and how it goes through a shell.

import type { Path } from './problem.ts';
import type { Reading } from './reading.ts';

/** A name that a shell can set, and that a description may. */
export const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Says which names cannot be set. */
export function checkEnvironment(reading: Reading, env: Readonly<Record<string, string>>, path: Path): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith('STANDFAST_'))
      reading.findings.add(
        'SF-131',
        [...path, name],
        `${name} is set by Standfast itself`,
        'Choose a name that does not begin with STANDFAST_.',
        { atKey: true },
      );
    else if (!nameForm.test(name))
      reading.findings.add(
        'SF-131',
        [...path, name],
        `"${name}" cannot be the name of an environment variable`,
        'Use letters, digits and underscores, not a digit first.',
        { atKey: true },
      );
  }
}

/**
 * Reads NAME=VALUE lines: empty ones and those that begin with # are left out, `export ` before a name too, and quotes around a
 * whole value are taken off (in double quotes \n, \" and \\ count). What is none of these is told by its line number.
 */
export function parseEnvFile(text: string): {
  readonly env: Readonly<Record<string, string>>;
  readonly wrong: readonly number[];
} {
  const env: Record<string, string> = {};
  const wrong: number[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const parts = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    const name = parts?.[1];
    if (name === undefined || name.startsWith('STANDFAST_')) wrong.push(index + 1);
    else env[name] = valueOf(parts?.[2] ?? '');
  }
  return { env, wrong };
}

/** What stands before a command that a shell becomes: a shell drops variables whose names it could not write, and `env` hands them on. */
export function passOddNames(env: Readonly<Record<string, string>>): string[] {
  const odd = Object.entries(env).filter(([name]) => !nameForm.test(name));
  return odd.length === 0 ? [] : ['env', ...odd.map(([name, value]) => `${name}=${value}`)];
}

function valueOf(text: string): string {
  const single = /^'([^']*)'$/.exec(text);
  if (single !== null) return single[1] ?? '';
  const double = /^"((?:[^"\\]|\\.)*)"$/.exec(text);
  if (double === null) return text;
  return (double[1] ?? '').replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}
