// What every part of the lowering shares: where findings go, which names exist, and the two questions asked everywhere:
// is a key missing, and is exactly one of several given.

import { didYouMean } from './nearest.ts';
import type { Findings, Path } from './problem.ts';
import type { Objective } from './system.ts';

/** Handed to everything that lowers a part of a description. */
export interface Reading {
  readonly findings: Findings;
  /** Something stood there that could not be read, which has been said already. */
  wasWrong(path: Path): boolean;
  /** All names in the text, also of parts that could not be read. */
  readonly services: readonly string[];
  readonly hosts: readonly string[];
  readonly domains: readonly string[];
  /** Absolute folder of the description. */
  readonly folder: string;
}

/** What all services share. */
export interface Whole {
  readonly reading: Reading;
  readonly system: string;
  readonly objective: Objective;
  readonly hosts: readonly string[];
  /** Its store serves several, each of which may have the description in another folder. */
  readonly severalMachines: boolean;
}

/** Says that a key is missing, unless what stood there was wrong. */
export function missing(reading: Reading, path: Path, key: string, next: string): void {
  const owner = path.length === 0 ? 'the description' : String(path.at(-1));
  if (!reading.wasWrong([...path, key]))
    reading.findings.add('SF-111', path, `${owner} has no "${key}"`, next, { atKey: true });
}

/** The only key given of several; null, and said, when there is none or more than one. */
export function onlyOne<K extends string>(reading: Reading, given: object, keys: readonly K[], path: Path): K | null {
  const found = keys.filter((key) => key in given);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const list = keys.join(', ');
  if (second !== undefined)
    reading.findings.add(
      'SF-117',
      [...path, second],
      `${found.join(' and ')} are given together, and one of them is wanted`,
      `Keep one of ${found.join(', ')}.`,
      { atKey: true },
    );
  else if (!keys.some((key) => reading.wasWrong([...path, key])))
    reading.findings.add('SF-116', path, `one of ${list} is wanted here, and none is given`, `Give one of ${list}.`);
  return null;
}

/** Says that a name is not known where one of `kind` is wanted. */
export function checkName(reading: Reading, kind: 'service' | 'host' | 'domain', name: string, path: Path): boolean {
  const { services, hosts, domains } = reading;
  const known = { service: services, host: hosts, domain: domains }[kind];
  if (known.includes(name)) return true;
  const other = hosts.includes(name)
    ? 'host'
    : domains.includes(name)
      ? 'domain'
      : services.includes(name)
        ? 'service'
        : null;
  const code = { service: 'SF-141', host: 'SF-142', domain: 'SF-143' }[kind];
  if (other !== null) {
    reading.findings.add(
      'SF-146',
      path,
      `"${name}" is a ${other}, and a ${kind} is wanted here`,
      `Write the name of a ${kind}${known.length > 0 ? `: ${some(known)}` : ''}.`,
    );
    return false;
  }
  const next =
    known.length === 0 ? `Describe it under ${kind}s.` : `${didYouMean(name, known)}The ${kind}s here: ${some(known)}.`;
  reading.findings.add(code, path, `there is no ${kind} "${name}"`, next);
  return false;
}

/** Some of many names, for a sentence. */
export function some(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}

/** Says which items of a list stand there twice. */
export function checkTwice(reading: Reading, list: readonly string[], path: Path): void {
  for (const [index, name] of list.entries())
    if (list.indexOf(name) < index)
      reading.findings.add('SF-174', [...path, index], `"${name}" is in the list twice`, 'Keep one of the two.');
}
