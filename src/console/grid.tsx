// Services × hosts, the broken first. Hosts stand together by what they share; only the rows in sight are drawn, so that 500 are as quick as 5.
// Arrows move in it, Enter opens, `/` filters.

import { type RefObject, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ConsoleStatus, TopologyView } from '../api-web.ts';
import type { ServiceView } from '../api.ts';
import { useAsked } from './ask.ts';
import { Hosts } from './grid-hosts.tsx';
import { Rows } from './grid-rows.tsx';
import { grouped } from './grouped.ts';
import { gravity } from './marks.tsx';

/** With more hosts a column for each can't be read: each row names its own. The same where the screen is too narrow for the columns. */
const mostColumns = 12;

/** Below it, a line has no room for a name and what runs. */
const stackedBelowPx = 640;

/** Of an instance in a line: its host, its sign, its phase. */
const instancePx = 132;

/** For the names of services, and for each host. */
function leastPx(hosts: number): number {
  return 120 + 92 * hosts;
}

/** Of an element, as it is now. */
function useWidth(of: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(() => window.innerWidth);
  useLayoutEffect(() => {
    const element = of.current;
    if (element === null) return undefined;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    setWidth(element.clientWidth);
    return () => watch.disconnect();
  }, [of]);
  return width;
}

/** The grid of the first page. */
export function Grid({ status }: { readonly status: ConsoleStatus }) {
  const [filter, setFilter] = useState('');
  const topology = useAsked<TopologyView>('/api/v1/topology').data;
  const groups = useMemo(() => grouped(status.hosts, topology), [status.hosts, topology]);
  const rows = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    return status.services
      .map((service, index) => ({ service, index }))
      .filter(({ service }) => wanted === '' || matches(service, wanted))
      .toSorted((x, y) => gravity(x.service.severity) - gravity(y.service.severity) || x.index - y.index)
      .map(({ service }) => service);
  }, [status.services, filter]);
  const count = status.hosts.length;
  const box = useRef<HTMLElement>(null);
  const width = useWidth(box);
  const form =
    count <= mostColumns && width >= leastPx(count) ? 'columns' : width < stackedBelowPx ? 'stacked' : 'line';
  const most = Math.max(2, Math.floor((width - (form === 'line' ? 230 : 50)) / instancePx));
  return (
    <section ref={box} aria-labelledby="services" className="panel grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="services">
          {rows.length === status.services.length
            ? status.services.length
            : `${rows.length} of ${status.services.length}`}{' '}
          services on {count} {count === 1 ? 'host' : 'hosts'}, broken first
        </h2>
        <label className="ml-auto">
          <span className="sr-only">Filter services, key /</span>
          <input
            data-filter
            type="search"
            className="field w-44 border-line"
            placeholder="Filter   /"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </label>
      </div>
      {form === 'columns' ? null : <Hosts groups={groups} />}
      {rows.length === 0 ? (
        <p>No service is called that.</p>
      ) : (
        <Rows key={form} rows={rows} groups={groups} form={form} most={most} />
      )}
    </section>
  );
}

function matches(service: ServiceView, wanted: string): boolean {
  return (
    service.name.toLowerCase().includes(wanted) ||
    service.policy.includes(wanted) ||
    service.instances.some((each) => each.host.toLowerCase() === wanted || each.phase === wanted)
  );
}
