// Which runbooks there are: that of each service, from its file or made from the description, and the files in the folder `runbooks` beside the
// description, for procedures that belong to no single service. Besides, a page for each failure mode comes with Standfast; it is about whatever service
// is named behind it, as in `disk-full/pricer`, and so may be any page. Read anew each time: a page that was mended must count at once.

import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { longestRunbook, readRunbook } from '../act/runbook/read.ts';
import { errorWords } from '../model/error-words.ts';
import { defaultRunbook } from '../model/runbook-default.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Runbook, RunbookProblem } from '../model/runbook.ts';
import { serviceNamed, type Service, type System } from '../model/system.ts';
import { patiently } from './patient-read.ts';

/** A runbook as it is written now. */
export interface FoundRunbook {
  readonly name: string;
  readonly markdown: string;
  readonly runbook: Runbook;
  readonly problems: readonly RunbookProblem[];
  /** Absolute; null: made from the description. */
  readonly file: string | null;
  /** The service that it is about. */
  readonly service: Service | null;
  /** It comes with Standfast and needs a service to be about. */
  readonly general: boolean;
}

type Lookup =
  | { readonly kind: 'found'; readonly found: FoundRunbook }
  | { readonly kind: 'none'; readonly why: string; readonly next: string }
  /** It should be there and cannot be read. */
  | { readonly kind: 'unreadable'; readonly why: string; readonly next: string };

const ending = '.md';
/** Two folders up, from here as from the built form. */
const generalFolder = fileURLToPath(new URL('../../docs/runbooks/modes/', import.meta.url));

/** All names, services first. */
export async function runbookNames(system: System): Promise<string[]> {
  const services = system.services.map((service) => service.name);
  const used = new Set(system.services.map((service) => fileOf(system, service)));
  const folder = join(system.folder, 'runbooks');
  const files = (await patiently(() => readdir(folder)).catch(() => []))
    .filter((file) => file.endsWith(ending) && !used.has(join(folder, file)))
    .map((file) => basename(file, ending))
    .filter((name) => !services.includes(name))
    .toSorted();
  return [...services, ...files];
}

/** Names of the pages for failure modes that come with Standfast; a page of the system goes before one of the same name. */
export async function generalNames(system: System): Promise<string[]> {
  const own = await runbookNames(system);
  const files = await readdir(generalFolder).catch(() => []);
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending))
    .filter((name) => !own.includes(name))
    .toSorted();
}

/** The runbook of that name, which may be `PAGE/SERVICE`. */
export async function findRunbook(system: System, name: string): Promise<Lookup> {
  const slash = name.indexOf('/');
  if (slash === -1) return await findPage(system, name);
  const about = name.slice(slash + 1);
  const service = serviceNamed(system, about);
  if (service === undefined)
    return {
      kind: 'none',
      why: `there is no service ${about}`,
      next: `${didYouMean(
        about,
        system.services.map((each) => each.name),
      )}Write PAGE/SERVICE.`,
    };
  const lookup = await findPage(system, name.slice(0, slash));
  return lookup.kind === 'found' ? { kind: 'found', found: { ...lookup.found, name, service } } : lookup;
}

async function findPage(system: System, name: string): Promise<Lookup> {
  const service = serviceNamed(system, name);
  if (service !== undefined) {
    const file = fileOf(system, service);
    return file === null
      ? made(name, defaultRunbook(service), null, service, system)
      : await read(name, file, service, system);
  }
  const names = await runbookNames(system);
  const general = await generalNames(system);
  if (general.includes(name)) {
    const lookup = await read(name, join(generalFolder, `${name}${ending}`), null, system);
    return lookup.kind === 'found' ? { kind: 'found', found: { ...lookup.found, general: true } } : lookup;
  }
  if (!names.includes(name))
    return {
      kind: 'none',
      why: `there is no runbook ${name}`,
      next: `${didYouMean(name, [...names, ...general])}standfast runbook list shows all: each service has one, and so has each file in ${join(system.folder, 'runbooks')}.`,
    };
  return await read(name, join(system.folder, 'runbooks', `${name}${ending}`), null, system);
}

/** As it was kept in a run. */
export function runbookOfText(name: string, markdown: string): Runbook {
  return readRunbook(markdown, name).runbook;
}

function fileOf(system: System, service: Service): string | null {
  return service.kind === 'run' && service.runbook !== null ? resolve(system.folder, service.runbook) : null;
}

async function read(name: string, file: string, service: Service | null, system: System): Promise<Lookup> {
  try {
    const text = await patiently(async () =>
      (await stat(file)).size > 4 * longestRunbook ? null : await readFile(file, 'utf8'),
    );
    return text === null ? tooLong(name, file) : made(name, text, file, service, system);
  } catch (error) {
    return {
      kind: 'unreadable',
      why: `the runbook ${name} cannot be read: ${errorWords(error)}`,
      next: 'Put the file back, or remove `runbook` from the description: then one is made from it.',
    };
  }
}

function tooLong(name: string, file: string): Lookup {
  return {
    kind: 'unreadable',
    why: `the runbook ${name} (${file}) is longer than ${longestRunbook / 1024} KiB`,
    next: 'Split it in several runbooks.',
  };
}

function made(name: string, markdown: string, file: string | null, of: Service | null, system: System): Lookup {
  const { runbook, problems } = readRunbook(markdown, name);
  const more: RunbookProblem[] = [];
  const wrong = (message: string, next: string, line: number): void => {
    more.push({ code: 'SF-203', message, next, line, column: 1 });
  };
  const service = of ?? (runbook.service === null ? null : (serviceNamed(system, runbook.service) ?? null));
  if (runbook.service !== null && service === null)
    wrong(
      `there is no service ${runbook.service}`,
      didYouMean(
        runbook.service,
        system.services.map((each) => each.name),
      ),
      1,
    );
  const hosts = system.hosts.map((host) => host.name);
  for (const { on, line } of [{ on: runbook.on, line: 1 }, ...runbook.blocks]) {
    if (on === null || on === 'active' || hosts.includes(on)) continue;
    wrong(
      `there is no host ${on}`,
      `${didYouMean(on, hosts)}Write on=HOST with one of ${hosts.join(', ')}, or on=active.`,
      line,
    );
  }
  return {
    kind: 'found',
    found: { name, markdown, runbook, problems: [...problems, ...more], file, service, general: false },
  };
}
