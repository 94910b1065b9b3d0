// What differs between two descriptions, as lines for people: `up` on a running system with another file.

import { durationText } from './duration.ts';
import type { JsonValue } from './json.ts';
import type { System } from './system.ts';

/** One line for each part that differs, in the order of the description; none when both mean the same. */
export function differences(before: System, after: System): string[] {
  const { hosts: hostsBefore, services: servicesBefore, domains: domainsBefore, ...restBefore } = plain(before);
  const { hosts: hostsAfter, services: servicesAfter, domains: domainsAfter, ...restAfter } = plain(after);
  return [
    ...compare('', restBefore, restAfter),
    ...named('domain', domainsBefore, domainsAfter),
    ...named('host', hostsBefore, hostsAfter),
    ...named('service', servicesBefore, servicesAfter),
  ];
}

/** A description as plain keys and values, before anything of it was read. */
export type Plain = { readonly [key: string]: JsonValue };

/** As JSON, without what only says where and when it was read. */
function plain(system: System): Plain & { hosts: JsonValue; services: JsonValue; domains: JsonValue } {
  const { folder: _folder, hash: _hash, ...rest } = system;
  return JSON.parse(JSON.stringify(rest)) as Plain & { hosts: JsonValue; services: JsonValue; domains: JsonValue };
}

function named(kind: string, before: JsonValue, after: JsonValue): string[] {
  const old = byName(before);
  const now = byName(after);
  const lines: string[] = [];
  for (const name of old.keys()) if (!now.has(name)) lines.push(`- ${kind} ${name} is gone`);
  for (const [name, part] of now) {
    const was = old.get(name);
    if (was === undefined) lines.push(`+ ${kind} ${name} is new`);
    else lines.push(...compare(name, was, part));
  }
  const order = [...now.keys()].filter((name) => old.has(name));
  if (lines.length === 0 && order.join(' ') !== [...old.keys()].join(' '))
    lines.push(`  the order of ${kind}s: ${order.join(', ')}`);
  return lines;
}

function byName(list: JsonValue): Map<string, JsonValue> {
  const found = new Map<string, JsonValue>();
  if (!Array.isArray(list)) return found;
  for (const part of list as readonly JsonValue[])
    if (isMapping(part) && typeof part['name'] === 'string') found.set(part['name'], part);
  return found;
}

/** Keys that hold milliseconds. */
const durations = new Set([
  'unavailable',
  'per',
  'recoverWithin',
  'within',
  'every',
  'forcedAfter',
  'mayLose',
  'upTo',
  'detectsWithin',
  'mtbf',
  'mttr',
]);

/** What differs below a key, a line each. */
export function compare(path: string, before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isMapping(before) && isMapping(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => compare(path === '' ? key : `${path}.${key}`, before[key], after[key]));
  }
  const key = path.split('.').at(-1) ?? '';
  return [`  ${path}: ${shown(key, before)} → ${shown(key, after)}`];
}

function shown(key: string, value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'number' && durations.has(key)) return durationText(value);
  if (key === 'argv' && Array.isArray(value)) return value.join(' ');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Neither a list nor a single value. */
export function isMapping(value: JsonValue | undefined): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
