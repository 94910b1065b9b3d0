// One run of one way: the product is started, the fault is made with two harmless changes at the same time, and what people are told is read as they read it.

import { setTimeout as pause } from 'node:timers/promises';
import type { IncidentView, StatusView } from '../../src/api.ts';
import { errorWords } from '../../src/model/error-words.ts';
import { modeNamed } from '../../src/model/modes.ts';
import type { Way } from './case.ts';
import { here, Place } from './place.ts';

export interface Told {
  /** The mode that is named first; null: none. */
  readonly first: string | null;
  /** `known`: by `explain` of its service alone. */
  readonly sure: 'itself' | 'likely' | 'possible' | 'known' | null;
  /** From the fault until it was named, in ms; null: it was not. */
  readonly afterMs: number | null;
  /** What else was said for certain: modes called likely, or told as standing, that are not there. */
  readonly wrong: readonly string[];
  /** What `explain` said. */
  readonly explained: string;
}

/** A mode, made in one of its ways. */
export interface Job {
  readonly mode: string;
  readonly way: Way;
  readonly n: number;
}

/** Runs ways that do not touch each other's services on one machine, at once. `off`: this detector is switched off. A text: it could not be made. */
export async function runWays(jobs: readonly Job[], off: string | null): Promise<Map<Job, Told | string>> {
  const told = new Map<Job, Told | string>();
  const place = await Place.open({
    clock: jobs.some(({ way }) => way.clock === true),
    fed: jobs.some(({ way }) => way.fed === true),
  });
  try {
    const at = await start(place, jobs, off);
    await Promise.all(
      [...at].map(async ([job, own]) => {
        try {
          const madeAt = performance.now();
          harmless(own, job.mode, place);
          await job.way.make(own);
          const hear = job.way.shows === 'known' ? hearKnown : listen;
          told.set(job, await hear(own, { ...job, off: off !== null, madeAt }));
        } catch (error) {
          told.set(job, errorWords(error));
        }
      }),
    );
  } finally {
    await place.standfast('down');
    await place.close();
  }
  return told;
}

/** Up, all as planned, and every detector has looked. */
export async function start(place: Place, jobs: readonly Job[], off: string | null): Promise<Map<Job, Place>> {
  const at = new Map(jobs.map((job) => [job, place.of(`${job.mode}-${job.n + 1}`)]));
  place.write('lib/tool/package.json', '{ "name": "tool", "version": "1.0.0" }');
  const services: Record<string, unknown> = {
    other: { run: 'sleep 100000', on: 'a', watch: { packages: [`npm:${place.at('lib/tool')}`] } },
  };
  let more: Record<string, unknown> = {};
  for (const [{ way }, own] of at) {
    own.write('etc/app.conf', '# how the app works\nworkers=4\n');
    own.write('lib/tool/package.json', '{ "name": "tool", "version": "1.0.0" }');
    await way.prepare?.(own);
    const { watch = {}, files = [], ...rest } = way.app;
    const { services: others = {}, ...further } = (way.more ?? {}) as { services?: object };
    more = { ...more, ...further };
    services[own.app] = {
      on: 'a',
      backOff: { upTo: '2s' },
      dir: own.folder,
      ...rest,
      env: { PLACE: own.folder },
      files: [{ path: 'etc/app.conf' }, ...files],
      watch: {
        ...watch,
        packages: [`npm:${own.at('lib/tool')}`, ...((watch['packages'] as string[] | undefined) ?? [])],
      },
    };
    for (const [name, other] of Object.entries(others)) services[name] = { dir: own.folder, ...(other as object) };
  }
  const silenced = [...new Set([...jobs.flatMap(({ way }) => way.off ?? []), ...(off === null ? [] : [off])])];
  place.write(
    'standfast.yaml',
    JSON.stringify({
      system: 'm',
      console: false,
      objective: { unavailable: '10m', per: '60m', recoverWithin: '30s' },
      ...(silenced.length === 0 ? {} : { detectors: { off: silenced } }),
      hosts: { a: { address: here } },
      ...more,
      services,
    }),
  );
  const up = await place.standfast('up', place.folder, '--detach', '--timeout', '170s');
  if (up.code !== 0) throw new Error(`up: ${up.errors}${up.out}`);
  // Every detector has looked at all of it: what it compares with is known.
  const fromMs = Date.now();
  await until(120, async () => await allLooked(place, fromMs - 120_000));
  return at;
}

/**
 * A comment in a file of its own, and a package that was upgraded: its own, too, unless the fault is a mere change, which nothing that is known would tell
 * from it; then another service's.
 */
function harmless(place: Place, mode: string, other: Place): void {
  place.write('etc/app.conf', '# how the app works, see the handbook\nworkers=4\n');
  const owner = changes.has(modeNamed(mode)?.detector ?? '') ? other : place;
  owner.write('lib/tool/package.json', '{ "name": "tool", "version": "1.0.1" }');
}

/** Whose findings may be changes. */
const changes: ReadonlySet<string> = new Set(['configuration', 'versions', 'names', 'host']);

interface Listening extends Job {
  readonly off: boolean;
  readonly madeAt: number;
}

/** Until it is named or its time is over; then until every detector has looked once more, so that no other answer comes between. */
async function listen(place: Place, of: Listening): Promise<Told> {
  const { mode, way, off, madeAt } = of;
  let namedAt: number | null = null;
  const within = way.within ?? 90;
  await until(off ? Math.min(within, 90) : within, async () => {
    const incident = shown(await place.status(), of, place.app);
    if (incident === null) return false;
    const named = nameOf(incident)[0] === mode;
    if (named) namedAt ??= performance.now() - madeAt;
    return named || (off && way.shows === 'app');
  });
  const fromMs = Date.now();
  await until(45, async () => await allLooked(place, fromMs));
  let status: StatusView | null = null;
  await until(30, async () => (status = await place.status()) !== null);
  const incident = shown(status, of, place.app);
  const [first, sure] = incident === null ? ([null, null] as const) : nameOf(incident);
  const explained = incident === null ? '' : (await place.standfast('explain', incident.id)).out;
  return { first, sure, afterMs: first === mode ? namedAt : null, wrong: wrongIn(status, of, place.app), explained };
}

/** What calls nobody is told by `explain` of the service, of which nothing failed. */
async function hearKnown(place: Place, { mode, way, off, madeAt }: Listening): Promise<Told> {
  let explained = '';
  let first: string | null = null;
  let namedAt: number | null = null;
  await until(off ? Math.min(way.within ?? 90, 90) : (way.within ?? 90), async () => {
    const { out } = await place.standfast('explain', place.app, '--json');
    const { modes = [] } = (out.startsWith('{') ? JSON.parse(out) : {}) as { modes?: readonly string[] };
    first = /^(?:This is|Likely|Possibly|Known) ([a-z-]+):/.exec(modes[0] ?? '')?.[1] ?? null;
    if (first === mode) namedAt = performance.now() - madeAt;
    explained = modes.join('\n');
    return first === mode;
  });
  const wrong = wrongIn(await place.status(), { mode, way, n: 0 }, place.app);
  return { first, sure: first === null ? null : 'known', afterMs: namedAt, wrong, explained };
}

/** The incident that is to name it: the app's, or the mode's own. */
export function shown(status: StatusView | null, { mode, way }: Job, app: string): IncidentView | null {
  // One that comes and goes counts as well: open ones first, then the newest.
  const open = (status?.incidents ?? []).toSorted(
    (x, y) => Number(x.resolvedAtMs !== null) - Number(y.resolvedAtMs !== null) || y.sinceMs - x.sinceMs,
  );
  const own = open.find((each) => isOwn(each) && each.mode === mode && concerns(each, app)) ?? null;
  return way.shows === 'own' ? own : (open.find((each) => !isOwn(each) && each.service === app) ?? null);
}

/** Its own, or one of the whole host. */
function concerns({ service, also }: IncidentView, app: string): boolean {
  return (
    service === app || (service === null && (also.length === 0 || also.some((name) => name.startsWith(`${app}@`))))
  );
}

/** A mode that is an incident by itself has no suspects. */
function isOwn(incident: IncidentView): boolean {
  return incident.mode !== null && incident.modes.length === 0;
}

function nameOf(incident: IncidentView): readonly [string | null, Told['sure']] {
  if (isOwn(incident)) return [incident.mode, 'itself'];
  const [suspect] = incident.modes;
  return suspect === undefined ? [null, null] : [suspect.mode, suspect.sure];
}

function wrongIn(status: StatusView | null, { mode, way }: Job, app: string): string[] {
  // What ends again and again, or cannot do its work, says so in its log: that is true of it too.
  const right = new Set([mode, 'errors-rising', ...(way.also ?? [])]);
  const said = (status?.incidents ?? [])
    .filter((each) => each.service === app)
    .flatMap((each) =>
      isOwn(each) ? [each.mode ?? ''] : each.modes.filter(({ sure }) => sure === 'likely').map((one) => one.mode),
    );
  return [...new Set(said)].filter((each) => !right.has(each));
}

/** Every detector that looks oftener than once a minute has looked since then. */
async function allLooked(place: Place, sinceMs: number): Promise<boolean> {
  const looks = (await place.found())?.hosts.find(({ host }) => host === 'a')?.looks ?? {};
  const names = Object.keys(looks).filter((name) => name !== 'raid' || sinceMs < Date.now() - 60_000);
  return names.length >= 17 && names.every((name) => (looks[name] ?? 0) > sinceMs);
}

/** Looks each half second until it holds, `s` seconds at most; false: it did not come to hold. */
export async function until(s: number, holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + s * 1000; performance.now() < end; await pause(500))
    if (await holds()) return true;
  return false;
}
