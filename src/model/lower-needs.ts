// What must stand for something to stand: names and counts checked, and no way round that leads back.

import { findCycles } from './cycles.ts';
import type { Path } from './problem.ts';
import { checkName, checkTwice, missing, onlyOne, type Reading } from './reading.ts';
import type { NeedShape } from './shape-parts.ts';
import type { Need, Service } from './system.ts';

/** The need; null when there is none or it cannot be read. */
export function lowerNeed(reading: Reading, shape: NeedShape, path: Path): Need | null {
  if (typeof shape === 'string')
    return checkName(reading, 'service', shape, path) ? { kind: 'service', name: shape } : null;
  if (isList(shape)) return shape.length === 0 ? null : { kind: 'all', of: lowerList(reading, shape, path) };
  const { of, ...rest } = shape;
  const kind = onlyOne(reading, given(rest), ['all', 'anyOf', 'atLeast'] as const, path);
  if (of !== undefined && kind !== null && kind !== 'atLeast')
    reading.findings.add(
      'SF-118',
      [...path, 'of'],
      '`of` goes with `atLeast`, which is not here',
      `Put the names under ${kind}.`,
      { atKey: true },
    );
  if (kind === null) return null;
  const list = kind === 'atLeast' ? of : shape[kind];
  const listPath = [...path, kind === 'atLeast' ? 'of' : kind];
  if (list === undefined) {
    missing(reading, path, 'of', 'List under `of` what is counted: { atLeast: 2, of: [a, b, c] }.');
    return null;
  }
  if (list.length === 0) {
    reading.findings.add(
      'SF-154',
      listPath,
      'the list is empty, so nothing can be chosen from it',
      'Name services, or remove it.',
    );
    return null;
  }
  const needs = lowerList(reading, list, listPath);
  if (kind !== 'atLeast') return { kind, of: needs };
  const k = shape.atLeast ?? 1;
  if (k > list.length)
    reading.findings.add(
      'SF-153',
      [...path, 'atLeast'],
      `at least ${k} of ${list.length} cannot be`,
      `Write a number from 1 to ${list.length}.`,
    );
  return { kind, k, of: needs };
}

function lowerList(reading: Reading, list: readonly NeedShape[], path: Path): Need[] {
  checkTwice(
    reading,
    list.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
    path,
  );
  return list.map((each, index) => lowerNeed(reading, each, [...path, index])).filter((need) => need !== null);
}

function isList(shape: NeedShape): shape is readonly NeedShape[] {
  return Array.isArray(shape);
}

function given(shape: object): object {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined));
}

/** Every service named in a need. */
function servicesIn(need: Need | null): string[] {
  if (need === null) return [];
  return need.kind === 'service' ? [need.name] : need.of.flatMap(servicesIn);
}

/** Says every way round in `needs`. */
export function checkNeedCycles(reading: Reading, services: readonly Service[]): void {
  const graph = new Map(services.map((service) => [service.name, servicesIn(service.needs)]));
  for (const cycle of findCycles(graph)) {
    const [first = '', second = ''] = cycle;
    const message =
      cycle.length === 2 ? `${first} needs itself` : `${cycle.join(' needs ')}: none of them could start first`;
    reading.findings.add(
      'SF-150',
      ['services', first, 'needs'],
      message,
      `Remove one of these needs, for example ${second} from the needs of ${first}.`,
    );
  }
}

/** Services that no other needs. */
export function neededByNone(services: readonly Service[]): string[] {
  const needed = new Set(services.flatMap((service) => servicesIn(service.needs)));
  return services.map((service) => service.name).filter((name) => !needed.has(name));
}

/** Says what is wrong with a list of names that something lies in or serves. */
export function checkNames(
  reading: Reading,
  kind: 'service' | 'domain',
  list: readonly string[],
  path: Path,
): readonly string[] {
  checkTwice(reading, list, path);
  return list.filter((name, index) => checkName(reading, kind, name, [...path, index]));
}
