// The status as the console's process tells it: whole at first, then what changed. Begins again by itself after a break.

import { useEffect, useState } from 'react';
import type { ConsoleStatus, StatusDelta } from '../api-web.ts';

export type Live =
  | { readonly kind: 'waiting' }
  /** `connected`: this page hears its server. How the server hears its agent stands in `status.source`. */
  | { readonly kind: 'known'; readonly status: ConsoleStatus; readonly connected: boolean };

/** Follows `/api/v1/events` as long as the component is shown. */
export function useLive(): Live {
  const [live, setLive] = useState<Live>({ kind: 'waiting' });
  useEffect(() => {
    const stream = new EventSource('/api/v1/events');
    // The browser's own reader reconnects and sends Last-Event-ID; what it says is the server's, of this same version.
    stream.addEventListener('status', (event: MessageEvent<string>) => {
      setLive({ kind: 'known', status: JSON.parse(event.data) as ConsoleStatus, connected: true });
    });
    stream.addEventListener('delta', (event: MessageEvent<string>) => {
      const delta = JSON.parse(event.data) as StatusDelta;
      setLive((before) =>
        before.kind === 'known' ? { kind: 'known', status: applied(before.status, delta), connected: true } : before,
      );
    });
    stream.addEventListener('error', () => {
      setLive((before) => (before.kind === 'known' ? { ...before, connected: false } : before));
    });
    return () => stream.close();
  }, []);
  return live;
}

/** The status after a delta. */
export function applied(status: ConsoleStatus, delta: StatusDelta): ConsoleStatus {
  return {
    ...status,
    ...delta.head,
    hosts: delta.whole === true ? (delta.hosts ?? []) : replaced(status.hosts, delta.hosts),
    services: delta.whole === true ? (delta.services ?? []) : replaced(status.services, delta.services),
    incidents: delta.incidents ?? status.incidents,
    source: delta.source ?? status.source,
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
