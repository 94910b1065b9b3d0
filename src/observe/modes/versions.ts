// Versions of packages (dpkg, rpm, npm) and program files: upgraded, removed, or others than on the other hosts of their service. What configuration
// management or people ran at that time is named with it (ran-lately.ts).

import type { Seen } from '../../model/mode.ts';
import { comparedSeen } from './compared.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';
import { openPrograms } from './programs.ts';
import { ranLately } from './ran-lately.ts';
import type { Watch, WatchedName, WatchedPackage, WatchedPath } from './watch.ts';

const everyMs = 30_000;
const askWithinMs = 10_000;
/** Each tells the name, the name with its architecture, the version, and how far it is installed. */
const managers = [
  ['dpkg-query', '-W', '-f', '${Package}\\t${Package}:${Architecture}\\t${Version}\\t${db:Status-Status}\\n'],
  ['rpm', '-q', '--qf', '%{NAME}\\t%{NAME}.%{ARCH}\\t%{EVR}\\tinstalled\\n'],
] as const;
/** While it is upgraded a package is unpacked, or half of it, for minutes (dpkg(1)): it is there. */
const isGone = /^(not-installed|config-files)?$/;

/** Opens the detector. */
export function openVersions(ground: Ground): Detector {
  let before: Map<string, string> | null = null;
  const programsNow = openPrograms(ground);
  return {
    name: 'versions',
    everyMs,
    async look(watch) {
      const path = `${watch.kept}/versions.json`;
      before ??= read(path);
      const installed = await packages(ground, watch.packages);
      const programs = await programsNow(watch.programs);
      const now = [
        ...byName(watch.packages, installed),
        ...byName(programs.map(named), new Map(programs.map(({ path, version }) => [path, version]))),
      ];
      const seen: Seen[] = [];
      let changed = false;
      for (const { name: subject, services, version } of now) {
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
      const facts = versionFacts(watch.packages, installed);
      return { seen: [...seen, ...mismatchSeen(watch, facts)], facts };
    },
  };
}

/** By what is asked for; null: it is not installed. What could not be asked is not in it. */
type Versions = ReadonlyMap<string, string | null>;

interface Installed extends WatchedName {
  readonly version: string | null;
}

/** Once each, with every service that watches it. */
function byName(watched: readonly WatchedName[], versions: Versions): readonly Installed[] {
  return [...Map.groupBy(watched, ({ name }) => name)].flatMap(([name, all]): Installed[] => {
    const version = versions.get(name);
    return version === undefined
      ? []
      : [{ name, version, services: [...new Set(all.flatMap(({ services }) => services))] }];
  });
}

function named({ path, services }: WatchedPath): WatchedName {
  return { name: path, services };
}

/** Asked of dpkg, then of rpm what that does not know: either may be there beside the one that counts. `npm:FOLDER` of the folder's package.json. */
async function packages(ground: Ground, watched: readonly WatchedName[]): Promise<Versions> {
  const npm = watched.filter(({ name }) => name.startsWith('npm:'));
  const system = new Set(watched.map(({ name }) => name).filter((name) => !name.startsWith('npm:')));
  const found = new Map<string, string | null>();
  for (const argv of managers) {
    const left = [...system].filter((name) => typeof found.get(name) !== 'string');
    if (left.length === 0) break;
    const asked = await ground.ask([...argv, ...left], { on: 'packages', within: askWithinMs });
    if (asked.kind === 'stuck') return new Map();
    // What dpkg cannot read it does not know.
    if (asked.kind === 'notAsked' || (argv[0] === 'dpkg-query' && asked.code === 2)) continue;
    for (const name of left) found.set(name, null);
    for (const line of asked.output.split('\n')) {
      const [name = '', full = '', version = '', status = ''] = line.split('\t');
      for (const each of [name, full]) if (found.has(each) && !isGone.test(status)) found.set(each, version);
    }
  }
  for (const name of new Set(npm.map((each) => each.name))) {
    const asked = await ground.ask(['cat', `${name.slice(4)}/package.json`], { on: name, within: askWithinMs });
    if (asked.kind === 'ended')
      found.set(name, asked.code === 0 ? (/"version"\s*:\s*"([^"]+)"/.exec(asked.output)?.[1] ?? null) : null);
  }
  return found;
}

/** For the other hosts, by the name that all of them know: where a package lies may be each host's own. Program files differ by inode and time, and are not compared. */
function versionFacts(watched: readonly WatchedPackage[], versions: Versions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    watched.flatMap(({ name, as, services }) => {
      const version = versions.get(name) ?? null;
      return version === null ? [] : services.map((service) => [`version ${service} ${as}`, version]);
    }),
  );
}

function mismatchSeen(watch: Watch, facts: Readonly<Record<string, string>>): Seen[] {
  return watch.packages.flatMap(({ name, as, services }) =>
    services.flatMap((service) =>
      comparedSeen(watch, facts, `version ${service} ${as}`, (groups) => {
        const short = shortName(name, service, watch);
        const has = groups.map(({ value, hosts }) => `${value} on ${hosts}`).join(', ');
        return {
          mode: 'version-mismatch',
          subject: short,
          services: [service],
          weight: 'ahead',
          text: `${short} of ${service} is ${has}`,
        };
      }),
    ),
  );
}

/** Without the folder that it lies in, where that is clear. */
function shortName(name: string, service: string, watch: Watch): string {
  const short = (full: string): string =>
    full.startsWith('npm:') ? `npm:${full.slice(full.lastIndexOf('/') + 1)}` : full;
  const alike = watch.packages.filter((each) => each.services.includes(service) && short(each.name) === short(name));
  return alike.length > 1 ? name : short(name);
}

function read(path: string): Map<string, string> {
  const kept = readKept(path);
  if (typeof kept !== 'object' || kept === null) return new Map();
  return new Map(Object.entries(kept).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}
