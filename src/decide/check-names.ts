// What a check is called where people read it: with every `${NAME}` filled in. The description's own name, which may hold them, is its key everywhere else.

import { planInstance } from '../model/instance.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';

/** By service, then by host. */
const kept = new WeakMap<RunService, Map<string, ReadonlyMap<string, string>>>();

/** The name of a check of this host's instance as people read it; what an `envFile` alone says stays as it is written. */
export function shownCheckName(d: Draft, service: RunService, name: string): string {
  const ofHosts = kept.get(service) ?? new Map<string, ReadonlyMap<string, string>>();
  kept.set(service, ofHosts);
  const names = ofHosts.get(d.s.me) ?? namesOf(d, service);
  ofHosts.set(d.s.me, names);
  return names.get(name) ?? name;
}

function namesOf(d: Draft, service: RunService): ReadonlyMap<string, string> {
  const checks = d.s.system === null ? [] : planInstance(d.s.system, service, d.s.me).detect.checks;
  return new Map(service.detect.checks.map((check, index) => [check.name, checks[index]?.name ?? check.name]));
}
