// What goes over the keeper's socket: one JSON object a line.
//   agent → keeper   {"id":1,"do":"hello","with":{"pid":7,"startTicks":8}}   then   {"id":2,"do":"start","with":{…}}   and so on
//   keeper → agent   {"event":"hello","state":{…}}   {"event":"ended","ended":{…}}   {"event":"replaced"}   {"id":2,"answer":{"kind":"done","value":…}}
// A `ping` is answered without a hello; all else needs one, and a later hello on another connection takes the place of an earlier one.

import {
  dictionary,
  either,
  flag,
  list,
  moment,
  nothing,
  nullable,
  number,
  object,
  oneOf,
  optional,
  span,
  text,
  wallMoment,
} from './shapes.ts';
import type { Shape } from './shapes.ts';
import type { Command, Limits, Route } from '../model/system.ts';
import type { Bytes } from '../model/units.ts';
import type { EndedInstance, Keeper, KeeperAnswer, KeeperEvents, StartRequest, StartedInstance } from '../ports.ts';

/** What an agent can ask of its keeper. */
export type Verb = keyof Keeper;

/** Who says hello: an agent's process, so that the keeper sees its death though it is not its child. */
export interface AgentIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** What the keeper tells who says hello. */
export type KeeperState = Parameters<KeeperEvents['hello']>[0];

type RequestOf<V extends Verb> = Keeper[V] extends (request: infer R) => unknown
  ? unknown extends R
    ? null
    : R
  : never;
type ValueOf<V extends Verb> = Awaited<ReturnType<Keeper[V]>> extends KeeperAnswer<infer T> ? T : never;

const role = oneOf('active', 'standby', 'passive');
const command: Shape<Command> = either(
  object({ kind: oneOf('argv'), argv: list(text) }),
  object({ kind: oneOf('shell'), line: text }),
);
const bytes: Shape<Bytes> = (value): value is Bytes => number(value) && value > 0;
const limits: Shape<Limits> = object({ memory: nullable(bytes), files: nullable(number) });
const instance = text;
const family: Shape<4 | 6> = (value): value is 4 | 6 => value === 4 || value === 6;
const route: Shape<Route> = object({ address: text, prefix: number, family, dev: nullable(text) });

const startRequest: Shape<StartRequest> = object({
  instance,
  service: text,
  host: text,
  command,
  dir: text,
  env: dictionary(text),
  user: nullable(text),
  group: nullable(text),
  limits,
  output: text,
  role,
  term: number,
  leasable: flag,
  deadline: nullable(moment),
  route: optional(nullable(route)),
});

const started: Shape<StartedInstance> = object({
  instance,
  service: text,
  pid: number,
  startTicks: number,
  startedAt: moment,
  startedAtMs: wallMoment,
  role,
  term: number,
  deadline: nullable(moment),
  adopted: flag,
});

/** One end. */
export const endedShape: Shape<EndedInstance> = object({
  instance,
  service: text,
  pid: number,
  code: nullable(number),
  signal: nullable(text),
  endedAt: moment,
  goneAt: moment,
  endedAtMs: wallMoment,
  by: oneOf('itself', 'stop', 'kill', 'deadline', 'keeper-lost'),
  term: number,
  foundLiving: optional(flag),
  leftBehind: optional(flag),
});

/** The answer to a hello. */
export const stateShape: Shape<KeeperState> = object({
  keeperPid: number,
  keeperStartTicks: number,
  boot: text,
  running: list(started),
  ended: list(endedShape),
});

/** A hello. */
export const helloShape: Shape<AgentIdentity> = object({ pid: number, startTicks: number });

/** What each verb takes. */
export const requestShapes: { readonly [V in Verb]: Shape<RequestOf<V>> } = {
  start: startRequest,
  stop: object({ instance, signal: text, forcedAfter: span }),
  kill: object({ instance }),
  activate: object({
    instance,
    term: number,
    deadline: moment,
    signal: nullable(text),
    route: optional(nullable(route)),
  }),
  extend: list(object({ instance, term: number, deadline: moment })),
  deactivate: object({ instance, term: number, role, signal: nullable(text) }),
  disarm: object({ instance, term: number }),
  forget: object({ instance }),
  ping: nothing,
  quit: object({ leave: flag }),
};

/** What each verb answers when done. */
export const valueShapes: { readonly [V in Verb]: Shape<ValueOf<V>> } = {
  start: started,
  stop: nothing,
  kill: nothing,
  activate: object({ activatedAt: moment }),
  extend: object({ taken: list(text) }),
  deactivate: nothing,
  disarm: nothing,
  forget: nothing,
  ping: object({ pid: number, worstTimerLateMs: span, worstKillMs: span }),
  quit: nothing,
};

/** An answer whose value has the shape asked for. */
export function answerShape<T>(value: Shape<T>): Shape<KeeperAnswer<T>> {
  return either(
    either(object({ kind: oneOf('done'), value }), object({ kind: oneOf('failed'), code: text, why: text })),
    object({ kind: oneOf('unknown'), why: text }),
  );
}

/** More than any honest line; a longer one ends the connection. */
const longestLine = 16 * 1024 * 1024;

/** Cuts a stream into parsed lines. The function returned takes chunks; false when what came is not the protocol. */
export function lineReader(heard: (line: unknown) => void): (chunk: string) => boolean {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(line);
      } catch {
        return false;
      }
      heard(parsed);
    }
    return rest.length <= longestLine;
  };
}
