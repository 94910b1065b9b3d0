// Is everything as it should be? Asked of processes, the store and what the agents report, not of how the core comes to it.

import { isLasting, type HostReport, type IntentRecord } from '../../../src/decide/records.ts';
import { madeOf, madeOfInstance } from '../../../src/model/made-of.ts';
import type { World } from './world.ts';

/** What is not as it should be; empty: nothing. */
export function unsettled(world: World): string[] {
  const found: string[] = [];
  const { inForce } = world;
  for (const service of inForce.services) {
    if (service.kind === 'external') continue;
    const running = service.on.map(({ host }) => world.programs.process(service.name, host));
    const serving = running.filter((process) => process?.serves === true).length;
    const all = service.on.length;
    switch (service.policy) {
      case 'single':
      case 'hot-active/hot-active':
        if (serving !== all) found.push(`${service.name}: ${serving} of ${all} serve`);
        break;
      case 'hot-active/cold-passive':
        if (serving !== 1 || running.filter((process) => process !== null).length !== 1)
          found.push(`${service.name}: ${serving} serve, ${running.filter((process) => process !== null).length} run`);
        break;
      case 'hot-active/warm-passive':
      case 'hot-active/warm-active':
        if (serving !== 1) found.push(`${service.name}: ${serving} serve`);
        if (running.some((process) => process === null || process.readySince === null))
          found.push(`${service.name}: not all its instances run`);
        break;
      default:
        service.policy satisfies never;
    }
  }
  for (const [key, { value }] of world.store.entries) {
    if (!key.startsWith('intent/')) continue;
    const intent = JSON.parse(value) as IntentRecord;
    if (!isLasting(intent.verb)) found.push(`the intent ${intent.id} is not over`);
  }
  for (const host of world.hosts.values()) {
    for (const process of host.processes.values()) {
      const service = inForce.services.find((each) => each.name === process.service);
      if (service?.kind !== 'run' || !service.on.some((place) => place.host === host.name))
        found.push(`${process.service} runs on ${host.name}, where it is not described`);
      else if (madeOfInstance(process.id) !== madeOf(service, host.name))
        found.push(`${process.service} on ${host.name} runs as it was described before`);
    }
    if (!inForce.hosts.some((each) => each.name === host.name)) continue;
    const report: HostReport | null = host.agent?.state.lastReport ?? null;
    if (report === null) found.push(`${host.name} reports nothing`);
    else
      for (const each of report.instances)
        if (each.phase !== each.planned)
          found.push(`${each.service}@${host.name} is ${each.phase}, planned ${each.planned}`);
    if (report !== null)
      for (const each of report.instances)
        if (each.severity !== 0) found.push(`${each.service}@${host.name} is graded ${each.severity}`);
  }
  const incidents = world.store.entries.get('incidents')?.value;
  if (incidents !== undefined)
    for (const each of (
      JSON.parse(incidents) as {
        incidents: { id: string; key: string; resolvedAtMs: number | null; flapping: boolean }[];
      }
    ).incidents)
      // What only a person ends, or time, may stand; and that a prediction failed, until the next recovery.
      if (each.resolvedAtMs === null && !each.flapping && !/^(overlap|model):/.test(each.key))
        found.push(`the incident ${each.id} is open`);
  return found;
}
