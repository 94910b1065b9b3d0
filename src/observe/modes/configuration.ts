// Configuration files: missing, with the wrong owner or mode, another content than the last known good, a property gone or changed, other than on the other
// hosts of their service. The last good content is kept in the state folder, so that a diff can be shown and one step puts it back.
// A file is known good once its service has run ten minutes on it without an end.

import type { Seen } from '../../model/mode.ts';
import { placeOf } from './by-mount.ts';
import { comparedSeen, type Group } from './compared.ts';
import type { Detector } from './detector.ts';
import { readState, sha256, statAll, type FileState } from './file-states.ts';
import type { Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';
import { readMounts } from './mount-table.ts';
import { isSameButForComments, readProperties, withoutComments, withoutOwn } from './properties.ts';
import { accountNumbers, type AccountNumbers } from './passwd.ts';
import type { Watch, WatchedFile } from './watch.ts';
import { counted } from '../../model/amount-words.ts';

const everyMs = 10_000;
const goodAfterMs = 600_000;

interface Known extends Pick<FileState, 'hash' | 'mode' | 'owner' | 'group' | 'content'> {
  /** Whose it is, for `standfast known-good`. */
  readonly services: readonly string[];
}

/** Opens the detector. */
export function openConfiguration(ground: Ground): Detector {
  /** The last known good, by path. */
  let good: Map<string, Known> | null = null;
  const now = new Map<string, FileState>();
  /** Of those, what is compared with other hosts. */
  const hashes = new WeakMap<FileState, Map<string, string>>();
  /** Since when a process of the service runs on the present content. */
  const runsSince = new Map<string, { readonly of: string; readonly since: number }>();
  return {
    name: 'configuration',
    everyMs,
    async look(watch) {
      const path = `${watch.kept}/files.json`;
      good ??= read(path);
      const seen: Seen[] = [];
      const facts: Record<string, string> = {};
      const { stats, silent } = await statAll(
        ground,
        watch.files.map((file) => file.path),
      );
      const mounts = readMounts(ground.kernel('proc/self/mountinfo') ?? '');
      const numbers = accountNumbers(ground);
      let changed = false;
      for (const file of watch.files) {
        const stat = stats.get(file.path);
        const before = now.get(file.path);
        if (stat === undefined && !silent.has(file.path)) {
          seen.push(about('configuration-missing', file, 'fault', `${file.path} is missing`));
          continue;
        }
        const place = placeOf(mounts, file.path);
        const read = stat === undefined ? 'unknown' : await readState(ground, { path: file.path, stat, before, place });
        if (read === 'unreadable') {
          seen.push(about('configuration-missing', file, 'fault', `${file.path} cannot be read`));
          continue;
        }
        // What its disk does not tell now is as it was: that it hangs is found by others.
        const state = read === 'unknown' ? before : read;
        if (state === undefined) continue;
        now.set(file.path, state);
        const known = { ...state, services: file.services };
        for (const service of file.services)
          facts[`settings ${service} ${factName(file, service, watch)}`] = settingsFact(state, {
            own: watch.own.find((each) => each.service === service)?.values ?? {},
            known: hashes,
          });
        const proved = good.get(file.path);
        const declared = declaredSeen(file, known, numbers);
        seen.push(...declared, ...changesSeen(file, known, proved ?? null));
        const isOther = proved !== undefined && !isSame(proved, known) && declared.length === 0;
        if (proved === undefined || (isOther && isProved(ground, watch, file, known, runsSince))) {
          good.set(file.path, plain(known));
          changed = true;
        } else if (proved.services.join() !== file.services.join()) {
          good.set(file.path, { ...proved, services: file.services });
          changed = true;
        }
      }
      if (changed) keep(path, Object.fromEntries(good));
      return { seen: [...seen, ...driftSeen(watch, facts)], facts };
    },
  };
}

function about(mode: string, file: WatchedFile, weight: Seen['weight'], text: string): Seen {
  return { mode, subject: file.path, services: file.services, weight, text };
}

/** The same file of another instance may lie elsewhere: it is told apart by its name within the service. */
function factName(file: WatchedFile, service: string, watch: Watch): string {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const same = watch.files
    .filter((each) => each.services.includes(service) && each.path.endsWith(`/${name}`))
    .map(({ path }) => path);
  // In the order of their paths: that of the description is another where a service that shares one of them does not run.
  return same.length > 1 ? `${name} ${same.toSorted().indexOf(file.path)}` : name;
}

function declaredSeen(file: WatchedFile, known: Known, { users, groups }: AccountNumbers): Seen[] {
  const seen: Seen[] = [];
  const wrong: string[] = [];
  if (file.mode !== null && Number.parseInt(known.mode, 8) !== Number.parseInt(file.mode, 8))
    wrong.push(`has mode ${known.mode.padStart(4, '0')}, not ${file.mode}`);
  if (file.owner !== null && known.owner !== (users.get(file.owner) ?? file.owner))
    wrong.push(`does not belong to ${file.owner}`);
  if (file.group !== null && known.group !== (groups.get(file.group) ?? file.group))
    wrong.push(`does not belong to group ${file.group}`);
  if (wrong.length > 0)
    seen.push(about('configuration-permissions', file, 'fault', `${file.path} ${wrong.join(' and ')}`));
  const properties = known.content === null ? null : readProperties(known.content);
  for (const { name, value } of file.properties) {
    const has = properties?.get(name);
    const subject = `${file.path} ${name}`;
    if (has === undefined)
      seen.push({ ...about('property-changed', file, 'fault', `${name} is missing in ${file.path}`), subject });
    else if (value !== null && has !== value)
      seen.push({
        ...about('property-changed', file, 'fault', `${name} in ${file.path} is not as declared`),
        subject,
      });
  }
  return seen;
}

/** Against the last known good. */
function changesSeen(file: WatchedFile, known: Known, before: Known | null): Seen[] {
  if (before === null) return [];
  const seen: Seen[] = [];
  if (before.hash !== known.hash && !isSameButForComments(before.content, known.content)) {
    const changes =
      before.content === null || known.content === null ? null : differences(before.content, known.content);
    const more = changes === null ? '' : `: ${changes}`;
    seen.push(about('configuration-changed', file, 'change', `${file.path} was changed${more}`));
    const properties = changes === null ? [] : changedProperties(before.content ?? '', known.content ?? '');
    for (const { name, how } of properties.slice(0, 5))
      seen.push({
        ...about('property-changed', file, 'change', `${name} in ${file.path} ${how}`),
        subject: `${file.path} ${name}`,
      });
  }
  const unlike = (['mode', 'owner', 'group'] as const).filter((name) => before[name] !== known[name]);
  if (unlike.length > 0)
    seen.push(
      about(
        'configuration-permissions',
        file,
        'change',
        `${unlike.map((name) => `the ${name} of ${file.path} was ${before[name]} and is ${known[name]}`).join(', ')}`,
      ),
    );
  return seen;
}

/** `1 line added, 2 removed`: never the lines themselves, which may hold a password. */
function differences(before: string, after: string): string {
  const old = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const added = [...now].filter((line) => !old.has(line)).length;
  const removed = [...old].filter((line) => !now.has(line)).length;
  return `${counted(added, 'line')} new, ${removed} gone`;
}

function changedProperties(before: string, after: string): { readonly name: string; readonly how: string }[] {
  const old = readProperties(before);
  const now = readProperties(after);
  return [
    ...[...old.keys()].filter((name) => !now.has(name)).map((name) => ({ name, how: 'is gone' })),
    ...[...now]
      .filter(([name, value]) => old.has(name) && old.get(name) !== value)
      .map(([name]) => ({ name, how: 'was changed' })),
    ...[...now.keys()].filter((name) => !old.has(name)).map((name) => ({ name, how: 'is new' })),
  ];
}

function driftSeen(watch: Watch, facts: Readonly<Record<string, string>>): Seen[] {
  return Object.keys(facts).flatMap((fact) => {
    const [, service = '', ...words] = fact.split(' ');
    const file = words.join(' ');
    const say = ([most, ...others]: readonly Group[]): Seen => ({
      mode: 'configuration-drift',
      subject: file,
      services: [service],
      weight: 'ahead',
      text: `${words[0] ?? file} of ${service} is not the same on all hosts: ${[`${most?.hosts} has one content`, ...others.map(({ hosts }) => `${hosts} another`)].join(', ')}`,
    });
    const isOneText = comparedSeen(watch, facts, fact, say, (value) => value.split(' ')[0] ?? '').length === 0;
    return isOneText ? [] : comparedSeen(watch, facts, fact, say, (value) => value.split(' ').at(-1) ?? '');
  });
}

function isSame(one: Known, other: Known): boolean {
  return (['hash', 'mode', 'owner', 'group'] as const).every((name) => one[name] === other[name]);
}

/** The service has run long enough on this content, with this mode and owner. */
function isProved(
  ground: Ground,
  watch: Watch,
  file: WatchedFile,
  known: Known,
  runsSince: Map<string, { readonly of: string; readonly since: number }>,
): boolean {
  const pids = watch.processes.filter((each) => file.services.includes(each.service)).map((each) => each.pid);
  if (pids.length === 0) return false;
  const of = [known.hash, known.mode, known.owner, known.group, ...pids].join(' ');
  const since = runsSince.get(file.path);
  if (since?.of !== of) {
    runsSince.set(file.path, { of, since: ground.mono() });
    return false;
  }
  return ground.mono() - since.since >= goodAfterMs;
}

/** What is compared with other hosts: a comment makes no difference. As it is written, then without what is the instance's own. */
function settingsFact(
  state: FileState,
  of: { readonly own: Readonly<Record<string, string>>; readonly known: WeakMap<FileState, Map<string, string>> },
): string {
  const known = of.known.get(state) ?? new Map<string, string>();
  of.known.set(state, known);
  const key = JSON.stringify(of.own);
  const before = known.get(key);
  if (before !== undefined) return before;
  const { hash, content } = state;
  const text = content === null ? null : withoutComments(content);
  const texts = text === null ? [hash] : [sha256(text), sha256(withoutOwn(text, of.own))];
  const made = texts.map((each) => each.slice(0, 16)).join(' ');
  known.set(key, made);
  return made;
}

function plain({ hash, mode, owner, group, content, services }: Known): Known {
  return { hash, mode, owner, group, content, services };
}

function read(path: string): Map<string, Known> {
  const kept = readKept(path);
  if (typeof kept !== 'object' || kept === null) return new Map();
  return new Map(
    Object.entries(kept).flatMap(([name, value]): [string, Known][] => (isKnown(value) ? [[name, plain(value)]] : [])),
  );
}

function isKnown(value: unknown): value is Known {
  return (
    typeof value === 'object' &&
    value !== null &&
    'hash' in value &&
    typeof value.hash === 'string' &&
    'mode' in value &&
    typeof value.mode === 'string' &&
    'owner' in value &&
    typeof value.owner === 'string' &&
    'group' in value &&
    typeof value.group === 'string' &&
    'content' in value &&
    (value.content === null || typeof value.content === 'string') &&
    'services' in value &&
    Array.isArray(value.services)
  );
}
