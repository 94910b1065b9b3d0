// Checks every text with `${NAME}` in it: the names must be known on every host, and what comes out must be what it should be.

import { expand, namesIn } from './expand.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './problem.ts';
import { some, type Reading } from './reading.ts';

/** A text that may hold `${NAME}`; `as` says what it must be once filled in. */
export interface Template {
  readonly text: string;
  readonly path: Path;
  readonly as: 'text' | 'http' | 'tcp' | 'row';
}

/** Where an instance runs and what its texts may refer to. */
export interface Surroundings {
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Says what is wrong with these texts. `open`: more names may come from a file that is read at the start. */
export function checkTemplates(
  reading: Reading,
  templates: readonly Template[],
  places: readonly Surroundings[],
  open: boolean,
): void {
  for (const { text, path, as } of templates) {
    const { names, malformed } = namesIn(text);
    for (const piece of malformed)
      reading.findings.add(
        'SF-135',
        path,
        `"${piece}" is not a reference to a variable`,
        'Write ${NAME} with letters, digits and underscores; $${ stands for ${ itself.',
      );
    if (malformed.length > 0) continue;
    let known = true;
    for (const name of names) {
      const without = places.filter((place) => !Object.hasOwn(place.env, name));
      if (without.length === 0 || open) continue;
      known = false;
      reading.findings.add('SF-132', path, ...undefinedName(name, without, places));
    }
    if (known) checkFilled(reading, { text, path, as }, places);
  }
}

function undefinedName(
  name: string,
  without: readonly Surroundings[],
  places: readonly Surroundings[],
): [string, string] {
  const hosts = some(without.map((place) => place.host));
  if (without.length < places.length)
    return [`\${${name}} is not defined on ${hosts}`, `Add ${name} to \`env\` of ${hosts}, or to that of the service.`];
  const message = `\${${name}} is not defined`;
  if (name.startsWith('STANDFAST_'))
    return [message, 'Only STANDFAST_SYSTEM, STANDFAST_SERVICE and STANDFAST_HOST are known before a start.'];
  const known = new Set(places.flatMap((place) => Object.keys(place.env)));
  return [message, `${didYouMean(name, known)}Define it under \`env\`, or write $\${${name}} for the text itself.`];
}

function checkFilled(reading: Reading, { text, path, as }: Template, places: readonly Surroundings[]): void {
  if (as === 'text') return;
  for (const place of places.length === 0 ? [{ host: '', env: {} }] : places) {
    const filled = expand(text, place.env);
    // What a file will bring is not known yet; a number fits everywhere.
    const value = filled.missing.length === 0 ? filled.text : filled.text.replaceAll(/\$\{[^}]*\}/g, '1');
    const shown = value === text ? `"${text}"` : `"${text}", on ${place.host} "${value}",`;
    const why = as === 'tcp' ? wrongAddress(value) : as === 'http' ? wrongHttp(value) : wrongDatabase(value);
    if (why === null) continue;
    reading.findings.add(why.code, path, `${shown} ${why.message}`, why.next);
    return;
  }
}

interface Why {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** Why a text is no http URL; null when it is one. */
export function wrongHttp(text: string): Why | null {
  const url = URL.parse(text);
  const next = 'Write for example "http://127.0.0.1:8080/ready".';
  if (url === null || url.hostname === '') return { code: 'SF-124', message: 'is not a URL', next };
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { code: 'SF-124', message: 'is not an http or https URL', next };
  return null;
}

function wrongAddress(text: string): Why | null {
  const next = 'Write host:port, for example "127.0.0.1:8080" or "[::1]:8080".';
  const parts = /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+):(\d+)$/i.exec(text);
  if (parts === null) return { code: 'SF-125', message: 'is not host:port', next };
  const port = Number(parts[2]);
  return port >= 1 && port <= 65_535
    ? null
    : { code: 'SF-125', message: `has the port ${parts[2]}`, next: 'Ports run from 1 to 65535.' };
}

function wrongDatabase(text: string): Why | null {
  const next = 'Write postgres://HOST/DATABASE, mysql://HOST/DATABASE, mariadb://HOST/DATABASE or sqlite:FILE.';
  const scheme = /^([a-z]+):(.*)$/is.exec(text);
  const kind = scheme?.[1]?.toLowerCase() ?? '';
  if (kind === 'sqlite' || kind === 'file')
    return scheme?.[2] === '' ? { code: 'SF-137', message: 'names no file', next } : null;
  if (!['postgres', 'postgresql', 'mysql', 'mariadb'].includes(kind))
    return { code: 'SF-137', message: 'is not the address of a database that can be asked', next };
  return URL.parse(text) === null ? { code: 'SF-137', message: 'is not a URL', next } : null;
}
