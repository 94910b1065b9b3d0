// The status as the console's process tells it: whole at first, then what changed. One line for all that is shown; it begins with the first page
// and comes back by itself after a break. How old a thing is, is counted from when it was heard here: the reader's clock may be wrong.

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ConsoleStatus, Pulse, StatusDelta } from '../api-web.ts';

/** How the line to the server is. */
export interface Link {
  /** `refused`: the server wants to know who looks. */
  readonly state: 'waiting' | 'open' | 'lost' | 'refused';
  /** When the server was last heard, by this page's clock. */
  readonly heardAtMs: number;
  /** What it said then; null: nothing yet. */
  readonly pulse: Pulse | null;
}

/** Longer than this the server is never silent while it lives: it sends a pulse every 2 s. */
export const silentAfterMs = 5_000;
const againMs = 1_000;

let status: ConsoleStatus | null = null;
let link: Link = { state: 'waiting', heardAtMs: Date.now(), pulse: null };
let stream: EventSource | null = null;
const listeners = new Set<() => void>();

/** The newest status; null before the first. */
export function useStatus(): ConsoleStatus | null {
  return useSyncExternalStore(follow, () => status);
}

/** How this page hears its server. */
export function useLink(): Link {
  return useSyncExternalStore(follow, () => link);
}

/** Unix ms by this page's clock, again every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Calls back after each change, of status or link. */
export function follow(listener: () => void): () => void {
  listeners.add(listener);
  if (stream === null) begin();
  return () => listeners.delete(listener);
}

/** The newest status, for who is called back. */
export function present(): ConsoleStatus | null {
  return status;
}

/** Begins anew at once: after signing in or out, others may look. */
export function begin(): void {
  stream?.close();
  const opened = new EventSource('/api/v1/events');
  stream = opened;
  const heard = (): void => {
    link = { ...link, state: 'open', heardAtMs: Date.now() };
  };
  // What it says is the server's, of this same version.
  opened.addEventListener('status', (event: MessageEvent<string>) => {
    status = JSON.parse(event.data) as ConsoleStatus;
    heard();
    tell();
  });
  opened.addEventListener('delta', (event: MessageEvent<string>) => {
    if (status === null) return;
    status = applied(status, JSON.parse(event.data) as StatusDelta);
    heard();
    tell();
  });
  opened.addEventListener('pulse', (event: MessageEvent<string>) => {
    heard();
    link = { ...link, pulse: JSON.parse(event.data) as Pulse };
    tell();
  });
  opened.addEventListener('error', () => {
    if (stream !== opened) return;
    link = { ...link, state: link.state === 'refused' ? 'refused' : 'lost' };
    tell();
    // The browser comes back by itself after a break; an answer that is no stream ends it for good.
    if (opened.readyState === EventSource.CLOSED) void later(opened);
  });
}

async function later(closed: EventSource): Promise<void> {
  const answer = await fetch('/api/v1/status', { method: 'GET' }).catch(() => null);
  link = { ...link, state: answer?.status === 401 ? 'refused' : 'lost' };
  tell();
  setTimeout(() => {
    if (stream === closed) begin();
  }, againMs);
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** The status after a delta. */
export function applied(before: ConsoleStatus, delta: StatusDelta): ConsoleStatus {
  return {
    ...before,
    ...delta.head,
    hosts: delta.whole === true ? (delta.hosts ?? []) : replaced(before.hosts, delta.hosts),
    services: delta.whole === true ? (delta.services ?? []) : replaced(before.services, delta.services),
    incidents: delta.incidents ?? before.incidents,
    source: delta.source ?? before.source,
  };
}

function replaced<T extends { readonly name: string }>(
  before: readonly T[],
  changed: readonly T[] | undefined,
): readonly T[] {
  if (changed === undefined || changed.length === 0) return before;
  const byName = new Map(changed.map((each) => [each.name, each]));
  return before.map((each) => byName.get(each.name) ?? each);
}
