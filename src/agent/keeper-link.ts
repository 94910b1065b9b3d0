// The agent's line to its keeper. When the keeper dies the agent starts another; whatever the core asks meanwhile is unknown.

import { connectKeeper, type KeeperClient } from '../keeper/client.ts';
import type { Input } from '../decide/input.ts';
import type { EndedInstance, Keeper, KeeperAnswer, KeeperEvents } from '../ports.ts';
import { ms, type MonoMs } from '../model/units.ts';
import type { Managed } from '../act/managers/managed.ts';
import { isOwnEtcd, type OwnEtcd } from './own-etcd.ts';

/** The keeper of this host, whichever life of it. */
export interface KeeperLink extends Keeper {
  close(): void;
}

const redialMs = 100;

/** Keeps a line open; `startKeeper` brings up another keeper when there is none. */
export function openKeeperLink(options: {
  socket: string;
  readonly tell: (input: Input) => void;
  readonly now: () => MonoMs;
  startKeeper(): Promise<KeeperAnswer<null>>;
  pingEveryMs(): number;
  /** What the keeper runs for this agent itself: the core knows nothing of it. */
  readonly own: OwnEtcd | null;
  /** What belongs to other managers goes past the keeper, to them. */
  readonly managed: Managed;
  /** An end, with what we saw of it ourselves. */
  readonly seen: (ended: EndedInstance) => EndedInstance;
  readonly log: (text: string) => void;
}): KeeperLink {
  const { tell, now } = options;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let pinging: NodeJS.Timeout | null = null;

  const events: KeeperEvents = {
    hello(state) {
      const others = options.managed.all();
      tell({
        kind: 'keeperHello',
        keeper: { pid: state.keeperPid, startTicks: state.keeperStartTicks },
        running: [...state.running.filter((each) => !isOwnEtcd(each)), ...others.running],
        ended: [...state.ended.filter((each) => !isOwnEtcd(each)).map(options.seen), ...others.ended],
      });
      options.own?.hello(state.running, state.ended);
    },
    ended(ended) {
      if (isOwnEtcd(ended)) options.own?.ended(ended);
      else tell({ kind: 'ended', ended: options.seen(ended) });
    },
    lost(why) {
      if (closed) return;
      tell({ kind: 'keeperLost', why });
      again(0);
    },
  };
  const client = connectKeeper(options.socket, events);
  const dial = async (): Promise<void> => {
    timer = null;
    const connected = await client.connect();
    if (connected.kind === 'done' || closed) return;
    const started = await options.startKeeper();
    if (started.kind !== 'done') options.log(`the keeper could not be started: ${started.why}`);
    again(started.kind === 'done' ? 0 : redialMs);
  };
  const again = (afterMs: number): void => {
    if (!closed) timer ??= setTimeout(() => void dial(), afterMs);
  };
  const ping = async (): Promise<void> => {
    if (closed) return;
    // It is known to have lived when it was asked, not when we came to read its answer.
    const at = now();
    const answer = await client.ping();
    if (answer.kind === 'done')
      tell({
        kind: 'keeperHealth',
        at,
        worstTimerLateMs: answer.value.worstTimerLateMs,
        worstKillMs: answer.value.worstKillMs,
      });
    if (!closed) pinging = setTimeout(() => void ping(), options.pingEveryMs());
  };

  void dial();
  void ping();
  return {
    ...forward(client, options.managed),
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      if (pinging !== null) clearTimeout(pinging);
      client.close();
    },
  };
}

function forward(client: KeeperClient, managed: Managed): Keeper {
  const owner = (instance: string): Pick<Keeper, 'stop' | 'kill' | 'forget'> =>
    managed.knows(instance) ? managed : client;
  return {
    start: (request) => (request.manager === undefined ? client : managed).start(request),
    stop: (request) => owner(request.instance).stop(request),
    kill: (request) => owner(request.instance).kill(request),
    activate: (request) => client.activate(request),
    extend: (request) => client.extend(request),
    deactivate: (request) => client.deactivate(request),
    disarm: (request) => client.disarm(request),
    forget: (request) => owner(request.instance).forget(request),
    ping: () => client.ping(),
    quit: (request) => client.quit(request),
  };
}

/** So often the keeper is asked whether it lives: it must have answered within ttl/2. */
export function pingEvery(ttlMs: number): number {
  return ms(Math.max(50, ttlMs / 6));
}
