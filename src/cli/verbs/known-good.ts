// `known-good`: the configuration files of a service against the last content that worked, kept by the agent of this host; and back to it in one step.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { chooseSystem } from '../context.ts';
import { Failure } from '../failure.ts';
import { safe } from '../text.ts';
import type { Run } from '../verb.ts';

interface KnownFile {
  readonly host: string;
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Null: too large to be kept, or not text. */
  readonly content: string | null;
}

export const knownGood: Run = async (context, words, options) => {
  const [service = '', host] = (words[0] ?? '').split('@');
  const system = await chooseSystem(context);
  const hosts = system.hosts.filter((each) => host === undefined || each === host);
  const files = hosts.flatMap((each) =>
    keptFiles(join(system.layout.host(each).folder, 'known-good', 'files.json'), each, service),
  );
  if (files.length === 0)
    throw new Failure({
      code: 'SF-329',
      what: `no last known good is kept here for ${safe(words[0] ?? '')}`,
      why: 'The agent keeps one for each file under `files:` or `watch: properties:` of a service that it has run on this machine.',
      next: `Name the files in the description: files: [ { path: etc/${safe(service)}.properties } ]`,
      exit: 3,
    });
  const { terminal } = context;
  const json = options.flag('json');
  if (options.flag('takeBack')) {
    const taken = files.filter(takeBack);
    if (json) terminal.print(JSON.stringify({ ok: true, takenBack: taken.map((file) => file.path) }));
    else for (const file of taken) terminal.print(`${safe(file.path)} is as it was before it was put back.`);
    return 0;
  }
  const differing = files.filter((file) => presentText(file) !== file.content && file.content !== null);
  const tooLarge = files.filter((file) => file.content === null);
  if (json) {
    const put = options.flag('putBack');
    if (put) differing.forEach(putBack);
    const shown = put ? { ok: true, putBack: differing.map((file) => file.path) } : files.map(shownFile);
    terminal.print(JSON.stringify(shown, null, 2));
    return put || differing.length === 0 ? 0 : 1;
  }
  for (const file of tooLarge)
    terminal.print(`${safe(file.path)}: too large, or not text; only that it changes is watched.`);
  if (options.flag('putBack')) {
    for (const file of differing) {
      putBack(file);
      terminal.print(`${safe(file.path)} is the last known good again. What stood there: ${safe(file.path)}.before`);
    }
    if (differing.length === 0) terminal.print('Nothing to put back: every file is as it was when it last worked.');
    return 0;
  }
  for (const file of differing) terminal.print(...difference(file).map(safe));
  if (differing.length === 0) terminal.print('Every file is as it was when it last worked.');
  return differing.length === 0 ? 0 : 1;
};

/** `known`: whether its content is kept, or only that it changes is watched; `difference`: as diff -u tells it, empty when there is none. */
function shownFile(file: KnownFile): object {
  const known = file.content !== null;
  const same = !known || presentText(file) === file.content;
  return {
    host: file.host,
    path: file.path,
    known,
    same: known ? same : null,
    difference: same ? '' : difference(file).join('\n'),
  };
}

function keptFiles(path: string, host: string, service: string): readonly KnownFile[] {
  let kept: unknown;
  try {
    kept = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
  if (typeof kept !== 'object' || kept === null) return [];
  return Object.entries(kept).flatMap(([name, value]: [string, unknown]): KnownFile[] => {
    const text = (key: string): string | null => {
      const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : null;
      return typeof found === 'string' ? found : null;
    };
    const services: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'services') : null;
    const [mode, owner, group] = [text('mode'), text('owner'), text('group')];
    if (!Array.isArray(services) || !services.includes(service)) return [];
    if (mode === null || owner === null || group === null) return [];
    return [{ host, path: name, mode, owner, group, content: text('content') }];
  });
}

/** Null: it is not there, or cannot be read. */
function presentText({ path }: KnownFile): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function difference(file: KnownFile): string[] {
  if (presentText(file) === null) return [`${file.path} is missing, or cannot be read.`];
  const made = spawnSync(
    'diff',
    ['-u', '--label', `${file.path} (last known good)`, '--label', `${file.path} (now)`, '-', file.path],
    {
      input: file.content ?? '',
      encoding: 'utf8',
    },
  );
  return made.stdout.trimEnd().split('\n');
}

/** By rename, so that nobody reads half of it; with the mode and the owner that it had. */
function putBack(file: KnownFile): void {
  const path = existsSync(file.path) ? realpathSync(file.path) : file.path;
  if (existsSync(path)) copyFileSync(path, `${file.path}.before`);
  const fresh = `${path}.standfast-new`;
  writeFileSync(fresh, file.content ?? '', { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(fresh, Number(file.owner), Number(file.group));
  chmodSync(fresh, Number.parseInt(file.mode, 8));
  renameSync(fresh, path);
}

function takeBack({ path }: KnownFile): boolean {
  if (!existsSync(`${path}.before`)) return false;
  renameSync(`${path}.before`, existsSync(path) ? realpathSync(path) : path);
  return true;
}
