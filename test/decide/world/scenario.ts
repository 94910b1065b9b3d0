// A scenario as text: what it is for, who there is, what befalls them and when. Read by people first; `docs/rules.md` points into them.
//
//   # One sentence of purpose.
//   hosts a b
//   service pricer warm-active on a b; heartbeat 500ms
//   at 5s lose a
//   then service pricer warm-active on a b; env 2      (the description that `at 8s apply a` puts in force)
//   until 12s

import { parseSchedule } from '../../../src/model/schedule.ts';
import { ms } from '../../../src/model/units.ts';
import type { Check, Policy, RunService, Service, System, Trigger } from '../../../src/model/system.ts';
import type { IntentVerb } from '../../../src/decide/records.ts';
import type { PersonRequest } from '../../../src/decide/input.ts';
import { external, leased, need, quick, service, systemOf } from './describe.ts';
import { World, type Behaviour } from './world.ts';

export interface Scenario {
  readonly purpose: string;
  readonly system: System;
  /** The description that `apply` puts in force; null: there is only one. */
  readonly later: System | null;
  readonly events: readonly { readonly at: number; readonly run: (world: World) => void }[];
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
    seed: scenario.seed,
    noise: scenario.noise,
  });
  for (const { at, run } of scenario.events) world.at(at, () => run(world));
  return world;
}

/** Begins every host, but those that the scenario begins itself. */
export function begin(scenario: Scenario, world: World): void {
  const later = new Set([...scenario.text.matchAll(/^at \S+ begin (\S+)/gm)].map((found) => found[1]));
  for (const { name } of scenario.system.hosts) if (!later.has(name)) world.startHost(name);
}

function duration(text: string | undefined): number {
  const found = /^([\d.]+)(ms|s|m|h)$/.exec(text ?? '');
  if (found === null) throw new Error(`not a duration: ${text ?? ''}`);
  return Number(found[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found[2] as 'ms' | 's' | 'm' | 'h'];
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

/** One thing that befalls the world. */
function readEvent(words: readonly string[], line: string): (world: World) => void {
  const [verb = '', a = '', b = '', ...rest] = words;
  const [what = '', where = ''] = a.split('@');
  switch (verb) {
    case 'crash':
      return (world) =>
        world.crash(
          what,
          where,
          b === 'exit' ? { code: Number(rest[0]), signal: null } : { code: null, signal: 'SIGKILL' },
        );
    case 'hang':
      return (world) => world.hang(what, where);
    case 'kill-agent':
      return (world) => world.killAgent(a);
    case 'kill-keeper':
      return (world) => world.killKeeper(a);
    case 'kill-both':
      return (world) => {
        world.killAgent(a);
        world.killKeeper(a);
      };
    case 'lose':
      return (world) => world.loseHost(a);
    case 'boot':
      return (world) => world.bootHost(a);
    case 'replace':
      return (world) => world.replaceHost(a);
    case 'begin':
      return (world) => world.startHost(a);
    case 'store-stops':
      return (world) => world.stopStore();
    case 'store-returns':
      return (world) => world.startStore();
    case 'cut-store':
      return (world) => world.cutStore(a);
    case 'heal-store':
      return (world) => world.healStore(a);
    case 'cut':
      return (world) => void world.host(a).peersCut.add(b);
    case 'heal':
      return (world) => void world.host(a).peersCut.delete(b);
    case 'freeze':
      return (world) => world.freezeAgent(a);
    case 'wake':
      return (world) => world.wakeAgent(a);
    case 'freeze-host':
      return (world) => world.freezeHost(a);
    case 'thaw-host':
      return (world) => world.thawHost(a);
    case 'supplant':
      return (world) => world.supplant(a);
    case 'power-off-former':
      return (world) => world.powerOffFormer(a);
    case 'kill-agent-after':
      return (world) => void (world.host(a).effectsLeft = Number(b));
    case 'deafen':
      return (world) => void world.host(a).deafTo.add(b);
    case 'undeafen':
      return (world) => void world.host(a).deafTo.delete(b);
    case 'isolate':
      return (world) => world.isolate(a, true);
    case 'rejoin':
      return (world) => world.isolate(a, false);
    case 'cut-watch':
      return (world) => void (world.host(a).watchCut = true);
    case 'heal-watch':
      return (world) => world.healWatch(a, b === 'compacted');
    case 'repeat-watch':
      return (world) => world.host(a).agent?.repeat();
    case 'store-leader-lost':
      return (world) => world.loseStoreLeader();
    case 'store-elected':
      return (world) => world.electStoreLeader();
    case 'store-full':
      return (world) => void (world.storeFull = true);
    case 'store-has-room':
      return (world) => void (world.storeFull = false);
    case 'store-exchanged':
      return (world) => world.exchangeStore(a);
    case 'store-put-back':
      return (world) => world.putStoreBack();
    case 'wall':
      return (world) => void (world.host(a).wallOff = b.startsWith('-') ? -duration(b.slice(1)) : duration(b));
    case 'keeper-stuck':
      return (world) => setStuck(world, a, true);
    case 'keeper-answers':
      return (world) => setStuck(world, a, false);
    case 'restarts-after':
      return (world) => void (world.restartsAfterMs = a === 'never' ? null : duration(a));
    case 'fencing':
      return (world) => void (world.fencing = a as World['fencing']);
    case 'nobody-listens':
      return (world) => void (world.notifies = false);
    case 'behave': {
      const change = Object.fromEntries(
        [b, ...rest]
          .map((each) => each.split('='))
          .map(([key = '', value = '']) => [
            key,
            value === 'true' ? true : value === 'null' ? null : Number.isNaN(Number(value)) ? value : Number(value),
          ]),
      );
      return (world) => world.behave(a, change as Partial<Behaviour>);
    }
    case 'says':
      return (world) =>
        world.see(what, where, (instance, at) => ({
          kind: 'status',
          instance,
          at,
          status: b as 'ok' | 'degraded' | 'failed',
          subsystems: {},
          why: null,
          behindMs: rest[0] === 'behind' ? duration(rest[1]) : null,
        }));
    case 'check':
      return (world) =>
        world.see(what, where, (instance, at) => ({
          kind: 'check',
          instance,
          at,
          check: b,
          result: rest[0] as 'ok' | 'critical',
          text: rest.slice(1).join(' '),
        }));
    case 'external':
      return (world) => {
        for (const host of world.hosts.values())
          host.agent?.hear({
            kind: 'externalSeen',
            service: a,
            check: 'tcp',
            at: host.mono(world.now),
            result: b as 'ok' | 'critical',
            text: rest.join(' '),
          });
      };
    case 'mode':
      // On the first host: `mode ID WEIGHT SUBJECT SERVICE what it says`, or `mode nothing`.
      return (world) => {
        const host = [...world.hosts.values()][0];
        if (host === undefined) return;
        const atMs = Math.round(host.now(world.now).wall);
        const before = host.agent?.state.findings ?? [];
        const found = {
          mode: a,
          weight: b as 'fault',
          subject: rest[0] ?? '',
          services: rest[1] === undefined ? [] : [rest[1]],
          text: rest.slice(2).join(' '),
          sinceMs: atMs,
          untilMs: null,
        };
        const findings = a === 'nothing' ? before.map((each) => ({ ...each, untilMs: atMs })) : [...before, found];
        host.agent?.hear({ kind: 'found', findings, facts: {} });
      };
    case 'apply':
      return (world) => world.apply(a);
    case 'ask':
      return (world) => world.person(a, request([b, ...rest]));
    default:
      throw new Error(`not understood: ${line}`);
  }
}

function setStuck(world: World, host: string, stuck: boolean): void {
  const { keeper } = world.host(host);
  if (keeper !== null) keeper.stuck = stuck;
}

/** `failover pricer to b`, `stop pricer`, `pause`, `resume`, `down`, `down leaving`, `ack INCIDENT`. */
function request(words: readonly string[]): PersonRequest {
  const [verb = '', ...rest] = words;
  const after = (word: string): string | null => {
    const index = rest.indexOf(word);
    return index < 0 ? null : (rest[index + 1] ?? null);
  };
  const service =
    rest[0] === undefined || ['to', 'on', 'for', 'leaving', 'keep', 'accept-loss'].includes(rest[0]) ? null : rest[0];
  switch (verb) {
    case 'down':
      return { kind: 'down', leaveRunning: rest.includes('leaving') };
    case 'end':
      return {
        kind: 'end',
        verb: (rest[0] ?? '') as 'maintenance' | 'ban',
        service: after('of'),
        host: after('on'),
      };
    case 'resume':
      return { kind: 'end', verb: 'pause', service, host: null };
    case 'fence':
      return { kind: 'fence', host: rest[0] ?? '', confirm: rest.includes('confirm') };
    default: {
      const forText = after('for');
      return {
        kind: 'intent',
        verb: verb as IntentVerb,
        service,
        host: after('to') ?? after('on'),
        acceptLoss: rest.includes('accept-loss'),
        keep: rest.includes('keep'),
        forMs: forText === null ? null : ms(duration(forText)),
      };
    }
  }
}
