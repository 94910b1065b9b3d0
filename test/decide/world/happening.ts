// One line of a scenario, after its moment: what befalls the world, what a person asks, what a probe says.

import type { PersonRequest } from '../../../src/decide/input.ts';
import type { IntentVerb } from '../../../src/decide/records.ts';
import type { Flag } from '../../../src/model/states.ts';
import { ms } from '../../../src/model/units.ts';
import { duration } from './duration.ts';
import type { Machines } from './machines.ts';
import type { Behaviour } from './programs.ts';
import type { World } from './world.ts';

/** One thing that befalls the world. */
export function readEvent(words: readonly string[], line: string): (world: World) => void {
  const [verb = '', a = '', b = '', ...rest] = words;
  const [what = '', where = ''] = a.split('@');
  switch (verb) {
    case 'crash':
      return (world) =>
        world.programs.crash(
          what,
          where,
          b === 'exit'
            ? { code: Number(rest[0]), signal: null }
            : { code: null, signal: b === 'signal' ? (rest[0] ?? null) : 'SIGKILL' },
        );
    case 'hang':
      return (world) => world.programs.hang(what, where);
    case 'kill-agent':
      return (world) => world.machines.killAgent(a);
    case 'kill-keeper':
      return (world) => world.machines.killKeeper(a);
    case 'kill-both':
      return (world) => {
        world.machines.killAgent(a);
        world.machines.killKeeper(a);
      };
    case 'lose':
      return (world) => world.machines.lose(a);
    case 'boot':
      return (world) => world.machines.boot(a);
    case 'replace':
      return (world) => world.machines.replace(a);
    case 'begin':
      return (world) => world.machines.start(a);
    case 'store-stops':
      return (world) => world.storage.stop();
    case 'store-returns':
      return (world) => world.storage.begin();
    case 'cut-store':
      return (world) => world.storage.cut(a);
    case 'heal-store':
      return (world) => world.storage.heal(a);
    case 'cut':
      return (world) => void world.host(a).peersCut.add(b);
    case 'heal':
      return (world) => void world.host(a).peersCut.delete(b);
    case 'freeze':
      return (world) => world.machines.freezeAgent(a);
    case 'wake':
      return (world) => world.machines.wakeAgent(a);
    case 'freeze-host':
      return (world) => world.machines.freeze(a);
    case 'thaw-host':
      return (world) => world.machines.thaw(a);
    case 'supplant':
      return (world) => world.machines.supplant(a);
    case 'power-off-former':
      return (world) => world.machines.powerOffFormer(a);
    case 'kill-agent-after':
      return (world) => void (world.host(a).effectsLeft = Number(b));
    case 'deafen':
      return (world) => void world.host(a).deafTo.add(b);
    case 'undeafen':
      return (world) => void world.host(a).deafTo.delete(b);
    case 'isolate':
      return (world) => world.storage.isolate(a, true);
    case 'rejoin':
      return (world) => world.storage.isolate(a, false);
    case 'slow-store':
      return (world) => void (world.host(a).storeSlowMs = b === '' ? 0 : duration(b));
    case 'cut-watch':
      return (world) => void (world.host(a).watchCut = true);
    case 'heal-watch':
      return (world) => world.storage.healWatch(a, b === 'compacted');
    case 'repeat-watch':
      return (world) => world.host(a).agent?.repeat();
    case 'raise-lease':
      return (world) => world.storage.raise(a, Number(b));
    case 'store-leader-lost':
      return (world) => world.storage.loseLeader();
    case 'store-elected':
      return (world) => world.storage.electLeader();
    case 'store-full':
      return (world) => void (world.storage.full = true);
    case 'store-has-room':
      return (world) => void (world.storage.full = false);
    case 'store-exchanged':
      return (world) => world.storage.exchange(a);
    case 'store-put-back':
      return (world) => world.storage.putBack();
    case 'wall':
      return (world) => void (world.host(a).wallOff = b.startsWith('-') ? -duration(b.slice(1)) : duration(b));
    case 'keeper-stuck':
      return (world) => setStuck(world, a, true);
    case 'keeper-answers':
      return (world) => setStuck(world, a, false);
    case 'restarts-after':
      return (world) => void (world.machines.restartsAfterMs = a === 'never' ? null : duration(a));
    case 'fencing':
      return (world) => void (world.machines.fencing = a as Machines['fencing']);
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
      return (world) => world.programs.behave(a, change as Partial<Behaviour>);
    }
    case 'says':
      return (world) =>
        world.programs.see(what, where, (instance, at) => ({
          kind: 'status',
          instance,
          at,
          status: b as Flag,
          subsystems: {},
          why: null,
          behindMs: rest[0] === 'behind' ? duration(rest[1]) : null,
        }));
    case 'check':
      return (world) =>
        world.programs.see(what, where, (instance, at) => ({
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
