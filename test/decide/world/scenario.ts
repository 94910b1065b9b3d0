// A scenario as text: what it is for, who there is, what befalls them and when. Read by people first; `docs/rules.md` points into them.
//
//   # One sentence of purpose.
//   hosts a b
//   store on a b                                       (two of its three members; without the line all stand apart)
//   service pricer warm-active on a b; heartbeat 500ms
//   at 5s lose a
//   then service pricer warm-active on a b; env 2      (the description that `at 8s apply a` puts in force)
//   until 12s

import { parseSchedule } from '../../../src/model/schedule.ts';
import { ms } from '../../../src/model/units.ts';
import type { Check, Policy, RunService, Service, System, Trigger } from '../../../src/model/system.ts';
import { external, leased, need, quick, service, systemOf } from './describe.ts';
import { duration } from './duration.ts';
import { readEvent } from './happening.ts';
import { World } from './world.ts';

export interface Scenario {
  readonly purpose: string;
  readonly system: System;
  /** The description that `apply` puts in force; null: there is only one. */
  readonly later: System | null;
  readonly events: readonly { readonly at: number; readonly run: (world: World) => void }[];
  /** Hosts that carry a member of the store; see WorldOptions. */
  readonly storeOn: readonly string[];
  /** By host; hosts not named keep true time. */
  readonly rates: Readonly<Record<string, number>>;
  /** What is drawn, and how much of the messages is lost, late or repeated: see WorldOptions. */
  readonly seed: number;
  readonly noise: number;
  readonly until: number;
  /** What the argument does not cover, and so what is not promised here; null: all is promised. */
  readonly notCovered: string | null;
  /** As it stood above the line. */
  readonly text: string;
}

/** Reads everything above the line of dashes. */
export function readScenario(text: string): Scenario {
  const head = (text.split(/^---.*$/m)[0] ?? '').trimEnd();
  const purpose: string[] = [];
  const hosts: string[] = [];
  const services: Service[] = [];
  const storeOn: string[] = [];
  const laterHosts: string[] = [];
  const laterServices: Service[] = [];
  const events: { at: number; run: (world: World) => void }[] = [];
  const rates: Record<string, number> = {};
  let until = 10_000;
  let seed = 1;
  let noise = 0;
  let notCovered: string | null = null;
  for (const line of head.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [verb = '', ...rest] = words;
    if (line.startsWith('#')) purpose.push(line.slice(1).trim());
    else if (verb === 'hosts') hosts.push(...rest);
    else if (verb === 'store') storeOn.push(...rest.slice(1));
    else if (verb === 'not-covered') notCovered = rest.join(' ');
    else if (verb === 'seed') seed = Number(rest[0]);
    else if (verb === 'noise') noise = Number(rest[0]);
    else if (verb === 'clock') rates[rest[0] ?? ''] = Number(rest[1]);
    else if (verb === 'then' && rest[0] === 'hosts') laterHosts.push(...rest.slice(1));
    else if (verb === 'then') laterServices.push(readService(rest.join(' ')));
    else if (verb === 'service') services.push(readService(line));
    else if (verb === 'external') services.push(readExternal(rest));
    else if (verb === 'until') until = duration(rest[0]);
    else if (verb === 'at') events.push({ at: duration(rest[0]), run: readEvent(rest.slice(1), line) });
    else if (verb !== '') throw new Error(`not understood: ${line}`);
  }
  return {
    purpose: purpose.join(' '),
    system: systemOf(hosts, services),
    later:
      laterHosts.length + laterServices.length === 0
        ? null
        : {
            ...systemOf(laterHosts.length === 0 ? hosts : laterHosts, laterServices),
            hash: 'another description',
          },
    events,
    storeOn,
    rates,
    seed,
    noise,
    until,
    notCovered,
    text: head,
  };
}

/** A world in which the scenario is laid out and not yet begun. */
export function stage(scenario: Scenario): World {
  const hosts = [...scenario.system.hosts, ...(scenario.later?.hosts ?? [])];
  const rates = Object.fromEntries(hosts.map(({ name }) => [name, scenario.rates[name] ?? 1]));
  const world = new World({
    system: scenario.system,
    later: scenario.later,
    rates,
    storeOn: scenario.storeOn,
    seed: scenario.seed,
    noise: scenario.noise,
  });
  for (const { at, run } of scenario.events) world.at(at, () => run(world));
  return world;
}

/** Begins every host, but those that the scenario begins itself. */
export function begin(scenario: Scenario, world: World): void {
  const later = new Set([...scenario.text.matchAll(/^at \S+ begin (\S+)/gm)].map((found) => found[1]));
  for (const { name } of scenario.system.hosts) if (!later.has(name)) world.machines.start(name);
}

const policies: Readonly<Record<string, Policy>> = {
  single: 'single',
  'hot-active': 'hot-active/hot-active',
  'cold-passive': 'hot-active/cold-passive',
  'warm-passive': 'hot-active/warm-passive',
  'warm-active': 'hot-active/warm-active',
};

function readService(line: string): RunService {
  const [head = '', ...options] = line.split(';').map((part) => part.trim());
  const [, name = '', kind = '', , ...on] = head.split(/\s+/);
  const policy = policies[kind];
  if (policy === undefined) throw new Error(`no such policy: ${line}`);
  const unleased = policy === 'single' || policy === 'hot-active/hot-active';
  let made = unleased
    ? service(name, on, { policy, objective: quick })
    : leased(name, on, {
        policy,
        ...(policy === 'hot-active/cold-passive' ? { activate: null, deactivate: null, active: null } : {}),
      });
  for (const option of options) made = { ...made, ...readOption(option, made) };
  return made;
}

function readOption(option: string, made: RunService): Partial<RunService> {
  const [name = '', value = '', ...more] = option.split(/\s+/);
  const check = (severity: 1 | 3): Check => ({
    name: value,
    probe: { kind: 'tcp', address: 'x:1' },
    every: ms(1000),
    severity,
  });
  switch (name) {
    case 'needs':
      return { needs: need(value, ...more) };
    case 'prefer':
      return { prefer: value };
    case 'failBack':
      return { failBack: true };
    case 'trigger':
      return { trigger: value as Trigger };
    case 'heartbeat':
      return { detect: { ...made.detect, heartbeat: { source: { kind: 'message' }, every: ms(duration(value)) } } };
    case 'check':
      return { detect: { ...made.detect, checks: [...made.detect.checks, check(1)] } };
    case 'recoverWithin':
      return { objective: { ...made.objective, recoverWithin: ms(duration(value)) } };
    case 'mayLose':
      return { mayLose: ms(duration(value)) };
    case 'signals':
      return { activate: { kind: 'signal', signal: 'SIGUSR1' }, active: null, deactivate: null };
    case 'noCalls':
      return { activate: null, active: null, deactivate: null };
    case 'noDeactivate':
      return { deactivate: null };
    case 'readyWithin':
      return { ready: { probe: { kind: 'tcp', address: 'x:1' }, within: ms(duration(value)) } };
    case 'activeWithin':
      return { active: { probe: { kind: 'tcp', address: 'x:1' }, within: ms(duration(value)) } };
    case 'forcedAfter':
      return { stop: { ...made.stop, forcedAfter: ms(duration(value)) } };
    case 'finishes':
      return { finishes: true };
    case 'vip':
      return { route: { address: '10.9.0.100', prefix: 24, family: 4, dev: null } };
    case 'fenceBeforeTakeover':
      return { fenceBeforeTakeover: true };
    case 'env':
      return { env: { VERSION: value } };
    case 'schedule': {
      const read = parseSchedule([value, ...more].join(' '));
      if (!read.ok) throw new Error(`not a schedule: ${option}`);
      return { schedule: read.schedule };
    }
    case 'balancer':
      return { consumers: { kind: 'balancer', detectsWithin: ms(duration(value)) } };
    default:
      throw new Error(`no such option: ${option}`);
  }
}

function readExternal(rest: readonly string[]): Service {
  const [name = ''] = rest;
  return {
    ...external(name),
    detect: {
      heartbeat: null,
      status: null,
      checks: [{ name: 'tcp', probe: { kind: 'tcp', address: 'x:1' }, every: ms(1000), severity: 1 }],
    },
  };
}
