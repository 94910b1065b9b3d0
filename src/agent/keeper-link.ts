// The agent's line to its keeper. When the keeper dies the agent starts another; whatever the core asks meanwhile is unknown.

import { connectKeeper, type KeeperClient } from '../keeper/client.ts';
import type { Input } from '../decide/input.ts';
import type { Keeper, KeeperAnswer, KeeperEvents } from '../ports.ts';
import { ms, type MonoMs } from '../model/units.ts';

export interface KeeperLink extends Keeper {
  close(): void;
}

const redialMs = 100;

/** Keeps a line open; `startKeeper` brings up another keeper when there is none. */
export function openKeeperLink(options: {
  socket: string;
  tell(input: Input): void;
  now(): MonoMs;
  startKeeper(): Promise<void>;
  pingEveryMs(): number;
  log(text: string): void;
}): KeeperLink {
  const { tell, now } = options;
  let client: KeeperClient | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let pinging: NodeJS.Timeout | null = null;

  const events: KeeperEvents = {
    hello(state) {
      tell({
        kind: 'keeperHello',
        keeper: { pid: state.keeperPid, startTicks: state.keeperStartTicks },
        running: state.running,
        ended: state.ended,
      });
    },
    ended(ended) {
      tell({ kind: 'ended', ended });
    },
    lost(why) {
      client = null;
      if (closed) return;
      tell({ kind: 'keeperLost', why });
      again();
    },
  };
  const dial = async (): Promise<void> => {
    timer = null;
    try {
      client = await connectKeeper(options.socket, events);
    } catch {
      if (closed) return;
      try {
        await options.startKeeper();
      } catch (error) {
        options.log(`the keeper could not be started: ${error instanceof Error ? error.message : String(error)}`);
      }
      again();
    }
  };
  const again = (): void => {
    if (!closed) timer ??= setTimeout(() => void dial(), client === null ? redialMs : 0);
  };
  const ping = async (): Promise<void> => {
    if (closed) return;
    const answer = await (client?.ping() ?? gone());
    if (answer.kind === 'done')
      tell({ kind: 'keeperHealth', at: now(), worstTimerLateMs: answer.value.worstTimerLateMs, worstKillMs: answer.value.worstKillMs });
    if (!closed) pinging = setTimeout(() => void ping(), options.pingEveryMs());
  };
  const gone = <T>(): Promise<KeeperAnswer<T>> => Promise.resolve({ kind: 'unknown', why: 'the keeper is not there' });

  void dial();
  void ping();
  return {
    start: (request) => client?.start(request) ?? gone(),
    stop: (request) => client?.stop(request) ?? gone(),
    kill: (request) => client?.kill(request) ?? gone(),
    activate: (request) => client?.activate(request) ?? gone(),
    extend: (request) => client?.extend(request) ?? gone(),
    deactivate: (request) => client?.deactivate(request) ?? gone(),
    disarm: (request) => client?.disarm(request) ?? gone(),
    forget: (request) => client?.forget(request) ?? gone(),
    ping: () => client?.ping() ?? gone(),
    quit: (request) => client?.quit(request) ?? gone(),
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      if (pinging !== null) clearTimeout(pinging);
      client?.close();
    },
  };
}

/** So often the keeper is asked whether it lives: it must have answered within ttl/2. */
export function pingEvery(ttlMs: number): number {
  return ms(Math.max(50, ttlMs / 6));
}
