// What a scenario leads to, a line a decision: when, who, which rule, what, because of what.

import type { Because } from '../../../src/decide/draft.ts';
import type { Effect } from '../../../src/decide/effect.ts';
import { rules } from '../../../src/decide/rules.ts';
import { begin, stage, type Scenario } from './scenario.ts';
import type { Decision, World } from './world.ts';

export interface Trace {
  readonly world: World;
  readonly lines: readonly string[];
}

const names = new Map(rules.map((rule) => [rule.n, rule.name]));
/** Not shown: they say in other words what the line before says. */
const leftOut = new Set([
  'host',
  'id',
  'key',
  'instance',
  'hash',
  'agentPid',
  'pid',
  'keeperSilentMs',
  'epoch',
  'event',
  'endedAtMs',
  'nextAtMs',
  'tries',
  'other',
  'handOverMs',
  'restartMs',
  'failures',
  'seenAfterMs',
  'declaredZMs',
  'predicted',
  'instances',
  'services',
  'finished',
]);

/** Runs a scenario to its end. */
export function traceOf(scenario: Scenario): Trace {
  const lines: string[] = [];
  const world = stage(scenario);
  world.onDecided = (decision) => lines.push(...told(decision));
  begin(scenario, world);
  world.run(scenario.until);
  return { world, lines };
}

function told({ at, host, because, effects }: Decision): string[] {
  const who = `${`${Math.round(at)}ms`.padStart(8)}  ${host}  `;
  const doing = effects.flatMap(done);
  const lines = because.map((each) => who + reason(each));
  return [...lines, ...doing.map((each) => `${who}       → ${each}`)];
}

function reason(each: Because): string {
  const rule = each.rule === null || each.rule === 0 ? '    ' : `R${each.rule}`;
  const what =
    each.rule === null || each.rule === 0
      ? each.kind
      : each.kind === 'rule'
        ? (names.get(each.rule) ?? '')
        : `${each.kind}: ${names.get(each.rule) ?? ''}`;
  const about = each.service === null ? '' : ` ${each.service}`;
  const term = each.term === null || each.term === 0 ? '' : ` term=${each.term}`;
  const facts = Object.entries(each.facts)
    .filter(([key, value]) => !leftOut.has(key) && value !== null && !(Array.isArray(value) && value.length === 0))
    .map(
      ([key, value]) =>
        `${key}=${typeof value === 'number' ? Math.round(value) : typeof value === 'object' ? brief(value) : String(value)}`,
    );
  return `${rule}  ${what}${about}${term}${facts.length === 0 ? '' : `  because ${facts.join(' ')}`}`;
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object' && value !== null && 'kind' in value) return String(value.kind);
  return JSON.stringify(value);
}

/** What is asked of the world: of writes only those of leases, depositions and the end of a session. */
function done(effect: Effect): string[] {
  const bare = (instance: string): string => instance.split('#')[0] ?? instance;
  switch (effect.kind) {
    case 'store':
      return effect.puts.flatMap(({ key, value }) => {
        if (key.startsWith('report/') || key === 'incidents') return [];
        if (value === null) return [`forget ${key.replace(/-.*/, '')}`];
        const record = JSON.parse(value) as {
          term?: number;
          host?: string | null;
          dead?: boolean;
          left?: boolean;
          epoch?: number;
          next?: string | null;
          state?: string;
        };
        if (key.startsWith('session/'))
          return record.dead === true
            ? [`write ${key} dead${record.left === true ? ', left' : ''}`]
            : effect.compares[0]?.revision === 0
              ? [`write ${key} epoch=${record.epoch ?? 0}`]
              : [];
        if (key.startsWith('lease/'))
          return [
            `write ${key} ${record.host === null ? `free${record.next === null || record.next === undefined ? '' : `, next ${record.next}`}` : `${record.host ?? ''} term=${record.term ?? 0}`}`,
          ];
        if (key.startsWith('fence/')) return [`write ${key} ${record.state ?? ''} epoch=${record.epoch ?? 0}`];
        return [`write ${key.replace(/-.*/, '')}`];
      });
    case 'start':
      return [
        `start ${bare(effect.instance)} as ${effect.role}${effect.term > 0 ? ` term=${effect.term}, with a deadline` : ''}${effect.alternative ? ', the other way' : ''}`,
      ];
    case 'stop':
      return [`stop ${bare(effect.instance)} with ${effect.signal}`];
    case 'kill':
      return [`kill ${bare(effect.instance)}`];
    case 'activate':
      return [`activate ${bare(effect.instance)} term=${effect.term}, with a deadline`];
    case 'deactivate':
      return [`deactivate ${bare(effect.instance)} to ${effect.role}`];
    case 'fence':
      return [`fence ${effect.host} ${effect.action}`];
    case 'askPromise':
      return [`ask ${effect.hosts.join(', ')} to promise`];
    case 'answerPromise':
      return [`${effect.given ? 'promise' : 'refuse to promise'} ${effect.to}`];
    case 'notify':
      return [`tell people: ${effect.incident.key} ${effect.event.kind}, severity ${effect.event.severity}`];
    case 'answer':
      return [
        effect.answer.ok ? `answer: ${effect.answer.text}` : `refuse: ${effect.answer.code} ${effect.answer.why}`,
      ];
    case 'quit':
      return [effect.leaveRunning ? 'leave, the services stay' : 'quit'];
    case 'extend':
    case 'observe':
    case 'awaitActive':
    case 'unobserve':
    case 'forget':
    case 'report':
      return [];
    default:
      return effect satisfies never;
  }
}
