// How it stands, for all who ask the console: the agent is followed while somebody looks on, and asked at most a few times a second otherwise. When
// it falls silent, another agent of this machine is asked; when none answers, the last known is shown, with its age.

import type { ConsoleStatus, StatusOrigin } from '../api-web.ts';
import type { StatusView } from '../api.ts';
import { connectAgent, type AgentClient } from '../client.ts';
import { errorWords } from '../model/error-words.ts';

interface StatusSource {
  /** As new as can be had, else the last known; null: nobody ever answered. */
  readonly fresh: () => Promise<ConsoleStatus | null>;
  readonly present: () => ConsoleStatus | null;
  readonly follow: (changed: () => void) => () => void;
  /** Hash of the description in force while the agent is followed and live, else null. */
  readonly followedHash: () => string | null;
  /** The agent that answered last, for other questions. */
  readonly agent: () => AgentClient;
}

/** An answer serves all who ask within this. */
const freshForMs = 250;
const againMs = 500;
const answerWithinMs = 2_000;

/** `hosts`: the own one first, then the others of this machine, with their agents' sockets. */
export function openStatusSource(
  hosts: () => readonly { readonly name: string; readonly socket: string }[],
): StatusSource {
  let known: { readonly status: ConsoleStatus; readonly at: number } | null = null;
  let asking: Promise<ConsoleStatus | null> | null = null;
  let stream: { stop(): void } | null = null;
  let again: NodeJS.Timeout | null = null;
  let followed = 0;
  const listeners = new Set<() => void>();

  const heard = (host: string, status: StatusView): ConsoleStatus => {
    const source: StatusOrigin = { host, agent: 'live', asOfMs: Date.now(), why: null };
    known = { status: { ...status, source }, at: performance.now() };
    for (const listener of listeners) listener();
    return known.status;
  };
  const silent = (why: string): void => {
    if (known === null || known.status.source.agent === 'silent') return;
    // How it stood is not how it stands: who looks must see that first.
    const source: StatusOrigin = { ...known.status.source, agent: 'silent', why };
    known = { status: { ...known.status, source }, at: performance.now() };
    for (const listener of listeners) listener();
  };

  const askAll = async (): Promise<ConsoleStatus | null> => {
    const whys: string[] = [];
    for (const { name, socket } of hosts()) {
      try {
        return heard(name, await connectAgent(socket, answerWithinMs).status());
      } catch (error) {
        whys.push(errorWords(error));
      }
    }
    silent(whys[0] ?? 'there is no agent');
    return known?.status ?? null;
  };

  const listen = (): void => {
    again = null;
    if (followed === 0) return;
    const [own] = hosts();
    if (own === undefined) return;
    stream = connectAgent(own.socket).events({
      status: (status) => void heard(own.name, status),
      alive: () => {
        if (known !== null && known.status.source.host === own.name && known.status.source.agent === 'live')
          known = { ...known, status: { ...known.status, source: { ...known.status.source, asOfMs: Date.now() } } };
      },
      ended: () => {
        stream = null;
        // The others may live, and know it from the store.
        void askAll().finally(() => {
          if (followed > 0) again ??= setTimeout(listen, againMs);
        });
      },
    });
  };

  return {
    fresh() {
      if (stream !== null && known !== null && known.status.source.agent === 'live')
        return Promise.resolve(known.status);
      if (known !== null && performance.now() - known.at < freshForMs) return Promise.resolve(known.status);
      asking ??= askAll().finally(() => {
        asking = null;
      });
      return asking;
    },
    present: () => known?.status ?? null,
    followedHash: () =>
      stream !== null && known?.status.source.agent === 'live' ? known.status.description.hash : null,
    follow(changed) {
      listeners.add(changed);
      followed += 1;
      if (followed === 1) listen();
      return () => {
        listeners.delete(changed);
        followed -= 1;
        if (followed > 0) return;
        stream?.stop();
        stream = null;
        if (again !== null) clearTimeout(again);
        again = null;
      };
    },
    agent() {
      const all = hosts();
      const spoke = all.find((each) => each.name === known?.status.source.host) ?? all[0];
      return connectAgent(spoke?.socket ?? '');
    },
  };
}
