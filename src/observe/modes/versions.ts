// Versions of packages (dpkg, rpm, npm) and program files: upgraded, removed, or others than on the other hosts of their service. What configuration
// management or people ran at that time is named with it (ran-lately.ts).

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Asked, Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';
import { ranLately } from './ran-lately.ts';
import type { Watch, WatchedName } from './watch.ts';

const everyMs = 30_000;
const askWithinMs = 10_000;

/** Opens the detector. */
export function openVersions(ground: Ground): Detector {
  let before: Map<string, string> | null = null;
  return {
    name: 'versions',
    everyMs,
    async look(watch) {
      const path = `${watch.kept}/versions.json`;
      before ??= read(path);
      const now = new Map([...(await packages(ground, watch.packages)), ...(await programs(ground, watch))]);
      const seen: Seen[] = [];
      const facts: Record<string, string> = {};
      let changed = false;
      for (const [subject, { version, services }] of now) {
        const was = before.get(subject) ?? null;
        if (version === null) {
          const about = subject.startsWith('/') ? 'the program' : 'package';
          if (was !== null || !subject.startsWith('/'))
            seen.push({
              mode: 'package-removed',
              subject,
              services,
              weight: 'fault',
              text: `${about} ${subject} is not there${was === null ? '' : subject.startsWith('/') ? ' any more' : ` any more (it was ${was})`}${ranLately(ground, subject)}`,
            });
          continue;
        }
        facts[`version ${services.join(',')} ${subject}`] = version;
        if (was === version) continue;
        before.set(subject, version);
        changed = true;
        if (was === null) continue;
        seen.push({
          mode: 'version-changed',
          subject,
          services,
          weight: 'change',
          text: subject.startsWith('/')
            ? `the program ${subject} is another file than before${ranLately(ground, subject)}`
            : `package ${subject} went from ${was} to ${version}${ranLately(ground, subject)}`,
        });
      }
      if (changed) keep(path, Object.fromEntries(before));
      return { seen: [...seen, ...mismatchSeen(watch, facts)], facts };
    },
  };
}

interface Version {
  /** Null: it is not installed. */
  readonly version: string | null;
  readonly services: readonly string[];
}

/** Asked of the first package manager that there is; `npm:FOLDER` of the folder's package.json. */
async function packages(ground: Ground, watched: readonly WatchedName[]): Promise<[string, Version][]> {
  const npm = watched.filter(({ name }) => name.startsWith('npm:'));
  const system = watched.filter(({ name }) => !name.startsWith('npm:'));
  const found = new Map<string, string | null>();
  if (system.length > 0) {
    const names = [...new Set(system.map(({ name }) => name))];
    const asked = await askFirst(ground, [
      ['dpkg-query', '-W', '-f', '${Package}\\t${Version}\\t${db:Status-Status}\\n', ...names],
      ['rpm', '-q', '--qf', '%{NAME}\\t%{EVR}\\tinstalled\\n', ...names],
    ]);
    if (asked === null) return [];
    for (const name of names) found.set(name, null);
    for (const line of asked.split('\n')) {
      const [name = '', version = '', status] = line.split('\t');
      if (status === 'installed' && found.has(name)) found.set(name, version);
    }
  }
  for (const { name } of npm) {
    const asked = await ground.ask(['cat', `${name.slice(4)}/package.json`], { on: name, within: askWithinMs });
    if (asked.kind === 'ended')
      found.set(name, asked.code === 0 ? (/"version"\s*:\s*"([^"]+)"/.exec(asked.output)?.[1] ?? null) : null);
  }
  return watched.flatMap(({ name, services }): [string, Version][] =>
    found.has(name) ? [[name, { version: found.get(name) ?? null, services }]] : [],
  );
}

/** The output of the first that is there; null: none is, or it hangs. */
async function askFirst(ground: Ground, ways: readonly (readonly string[])[]): Promise<string | null> {
  for (const argv of ways) {
    const asked: Asked = await ground.ask(argv, { on: 'packages', within: askWithinMs });
    if (asked.kind === 'ended') return asked.output;
    if (asked.kind === 'stuck') return null;
  }
  return null;
}

/** A program is another one when its size, its inode or its last change differ: hashing it every half minute would cost more than it tells. */
async function programs(ground: Ground, watch: Watch): Promise<[string, Version][]> {
  if (watch.programs.length === 0) return [];
  const paths = [...new Set(watch.programs.map(({ path }) => path))];
  const asked = await ground.ask(['stat', '-L', '-c', '%s %i %Y %n', ...paths], {
    on: 'programs',
    within: askWithinMs,
  });
  if (asked.kind !== 'ended') return [];
  const found = new Map(
    asked.output.split('\n').flatMap((line): [string, string][] => {
      const [, version, path] = /^(\d+ \d+ \d+) (.+)$/.exec(line) ?? [];
      return version === undefined || path === undefined ? [] : [[path, version]];
    }),
  );
  return watch.programs.map(({ path, services }) => [path, { version: found.get(path) ?? null, services }]);
}

/** Program files differ between machines by inode and time: only packages are compared. */
function mismatchSeen(watch: Watch, facts: Readonly<Record<string, string>>): Seen[] {
  return Object.entries(facts).flatMap(([name, version]) =>
    watch.peers.flatMap((peer): Seen[] => {
      const [, services = '', subject = ''] = /^version (\S+) (.+)$/.exec(name) ?? [];
      const other = peer.facts[name];
      if (other === undefined || other === version || subject.startsWith('/')) return [];
      return [
        {
          mode: 'version-mismatch',
          subject: `${subject} ${peer.host}`,
          services: services.split(','),
          weight: 'ahead',
          text: `${subject} is ${version} here and ${other} on ${peer.host}`,
        },
      ];
    }),
  );
}

function read(path: string): Map<string, string> {
  const kept = readKept(path);
  if (typeof kept !== 'object' || kept === null) return new Map();
  return new Map(Object.entries(kept).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}
