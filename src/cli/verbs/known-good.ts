// `known-good`: the configuration files of a service against the last content that worked, kept by the agent of this host; and back to it in one step.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { counted } from '../../model/amount-words.ts';
import { chooseSystem } from '../context.ts';
import { Failure } from '../failure.ts';
import { safe } from '../text.ts';
import type { Run } from '../verb.ts';

interface KnownFile {
  readonly host: string;
  /** Where the agent of that host keeps what is known. */
  readonly kept: string;
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Null: too large to be kept, or not text. */
  readonly content: string | null;
}

/** Exit 0: nothing differs, or it was put back; 1: something differs; 3: nothing could be told. */
export const knownGood: Run = async (context, words, options) => {
  const [service = '', host] = (words[0] ?? '').split('@');
  const system = await chooseSystem(context);
  const hosts = system.hosts.filter((each) => host === undefined || each === host);
  const files = hosts.flatMap((each) => keptFiles(join(system.layout.host(each).folder, 'known-good'), each, service));
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
    const taken = takeBack(files, service);
    if (json) terminal.print(JSON.stringify({ ok: true, takenBack: taken.map((file) => file.path) }));
    else for (const file of taken) terminal.print(`${safe(file.path)} is as it was before it was put back.`);
    return 0;
  }
  const differing = files.filter((file) => file.content !== null && !isAsKnown(file));
  const tooLarge = files.filter((file) => file.content === null);
  if (json) {
    const put = options.flag('putBack');
    if (put) putBack(differing, service);
    const shown = put
      ? { ok: true, putBack: differing.map((file) => file.path) }
      : files.map((file) => shownFile(file, terminal.redraws));
    terminal.print(JSON.stringify(shown, null, 2));
    return put || differing.length === 0 ? 0 : 1;
  }
  for (const file of tooLarge)
    terminal.print(`${safe(file.path)}: too large, or not text; only that it changes is watched.`);
  if (options.flag('putBack')) {
    const left = new Set(putBack(differing, service));
    for (const { path } of differing)
      terminal.print(
        `${safe(path)} is the last known good again.${left.has(path) ? ` What stood there: ${safe(path)}.before` : ''}`,
      );
    if (differing.length === 0) terminal.print('Nothing to put back: every file is as it was when it last worked.');
    return 0;
  }
  for (const file of differing) terminal.print(...difference(file, terminal.redraws).map(safe));
  if (differing.length === 0) terminal.print('Every file is as it was when it last worked.');
  return differing.length === 0 ? 0 : 1;
};

/** `known`: whether its content is kept, or only that it changes is watched; `difference`: its mode and owner, and its lines as diff -u tells them; empty when there is none. */
function shownFile(file: KnownFile, toPerson: boolean): object {
  const known = file.content !== null;
  const same = !known || isAsKnown(file);
  return {
    host: file.host,
    path: file.path,
    known,
    same: known ? same : null,
    difference: same ? '' : difference(file, toPerson).join('\n'),
  };
}

function keptFiles(folder: string, host: string, service: string): readonly KnownFile[] {
  return Object.entries(readObject(join(folder, 'files.json'))).flatMap(
    ([name, value]: [string, unknown]): KnownFile[] => {
      const text = (key: string): string | null => {
        const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : null;
        return typeof found === 'string' ? found : null;
      };
      const services: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'services') : null;
      const [mode, owner, group] = [text('mode'), text('owner'), text('group')];
      if (!Array.isArray(services) || !services.includes(service)) return [];
      if (mode === null || owner === null || group === null) return [];
      return [{ host, kept: folder, path: name, mode, owner, group, content: text('content') }];
    },
  );
}

/** Null: it is not there, or cannot be read. */
function presentText({ path }: KnownFile): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Its content, mode, owner and group. */
function isAsKnown(file: KnownFile): boolean {
  return presentText(file) === file.content && unlike(file).length === 0;
}

/** What is other of its mode, owner and group, in words; nothing of one that is not there. */
function unlike(file: KnownFile): readonly string[] {
  const stat = statSync(file.path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const now = { mode: (stat.mode & 0o7777).toString(8), owner: String(stat.uid), group: String(stat.gid) };
  return (['mode', 'owner', 'group'] as const)
    .filter((name) => now[name] !== file[name])
    .map((name) => `the ${name} of ${file.path} was ${file[name]} and is ${now[name]}`);
}

/** What not everybody may read is shown to a person at a terminal alone: what a run prints is kept, and read by others. */
function difference(file: KnownFile, toPerson: boolean): readonly string[] {
  const text = presentText(file);
  if (text === null) return [`${file.path} is missing, or cannot be read.`];
  if (text === file.content) return unlike(file);
  const made = spawnSync(
    'diff',
    ['-u', '--label', `${file.path} (last known good)`, '--label', `${file.path} (now)`, '-', file.path],
    {
      input: file.content ?? '',
      encoding: 'utf8',
    },
  );
  const lines = made.stdout.trimEnd().split('\n');
  if (toPerson || isForAll(file)) return [...unlike(file), ...lines];
  const count = (sign: string): string =>
    counted(lines.filter((line, index) => index > 1 && line.startsWith(sign)).length, 'line');
  return [
    ...unlike(file),
    `${file.path}: ${count('+')} new, ${count('-')} gone. Not everybody may read it: the lines are shown in a terminal alone.`,
  ];
}

/** Everybody may read it now, and could when it last worked. */
function isForAll(file: KnownFile): boolean {
  return (statSync(file.path).mode & Number.parseInt(file.mode, 8) & 0o004) !== 0;
}

/** The paths of those of which something stood there. */
function putBack(files: readonly KnownFile[], service: string): readonly string[] {
  const present = files.filter(({ path }) => existsSync(path));
  for (const kept of new Set(files.map((file) => file.kept))) {
    const of = present.filter((file) => file.kept === kept).map(({ path }) => path);
    writeObject(noteIn(kept), { ...readObject(noteIn(kept)), [service]: of });
  }
  for (const { path } of present) {
    const { mode, uid, gid } = statSync(path);
    replace(`${path}.before`, readFileSync(path), { mode, uid, gid });
  }
  for (const { path, content, mode, owner, group } of files)
    replace(existsSync(path) ? realpathSync(path) : path, content ?? '', {
      mode: Number.parseInt(mode, 8),
      uid: Number(owner),
      gid: Number(group),
    });
  return present.map(({ path }) => path);
}

/** What the last time that something was put back left there: a `.before` of an earlier time stays where it is. */
function takeBack(files: readonly KnownFile[], service: string): readonly KnownFile[] {
  const taken = files.filter(({ kept, path }) => {
    const paths = readObject(noteIn(kept))[service];
    return Array.isArray(paths) && paths.includes(path) && existsSync(`${path}.before`);
  });
  for (const { path } of taken) {
    const { mode, uid, gid } = statSync(`${path}.before`);
    replace(existsSync(path) ? realpathSync(path) : path, readFileSync(`${path}.before`), { mode, uid, gid });
    rmSync(`${path}.before`);
  }
  for (const kept of new Set(files.map((file) => file.kept))) {
    const { [service]: last, ...others } = readObject(noteIn(kept));
    if (last !== undefined) writeObject(noteIn(kept), others);
  }
  return taken;
}

/** By rename, so that nobody reads half of it. Only root can give it to another. */
function replace(
  path: string,
  content: string | Buffer,
  as: { readonly mode: number; readonly uid: number; readonly gid: number },
): void {
  // The pages of two services that share a file may put it back at the same time.
  const fresh = `${path}.standfast-${process.pid}`;
  writeFileSync(fresh, content, { mode: 0o600, flag: 'wx' });
  if (process.getuid?.() === 0) chownSync(fresh, as.uid, as.gid);
  chmodSync(fresh, as.mode & 0o7777);
  renameSync(fresh, path);
}

/** Which files were put back last, by service. */
function noteIn(kept: string): string {
  return join(kept, 'put-back.json');
}

function writeObject(path: string, value: object): void {
  writeFileSync(path, JSON.stringify(value), { mode: 0o600 });
}

/** Nothing there, or nothing that can be read: an empty one. */
function readObject(path: string): Readonly<Record<string, unknown>> {
  try {
    const kept: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof kept === 'object' && kept !== null ? Object.fromEntries(Object.entries(kept)) : {};
  } catch {
    return {};
  }
}
