// Services × hosts, the broken first. Hosts stand together by what they share; only the rows in sight are drawn, so that 500 are as quick as 5.
// Arrows move in it, Enter opens, `/` filters.

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ConsoleStatus, TopologyView } from '../api-web.ts';
import type { HostView, InstanceView, ServiceView } from '../api.ts';
import { at, useAsked } from './ask.ts';
import { gravity, HostMark, PhaseMark, SeverityMark, Shape } from './marks.tsx';
import { Said } from './said.tsx';

/** With more hosts a column for each can't be read: each row names its own. */
const mostColumns = 12;
const rowPx = 44;

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
  const hosts = groups.flatMap((group) => group.hosts);
  const wide = hosts.length <= mostColumns;
  return (
    <section aria-labelledby="services" className="panel grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="services">
          {rows.length === status.services.length
            ? status.services.length
            : `${rows.length} of ${status.services.length}`}{' '}
          services on {hosts.length} {hosts.length === 1 ? 'host' : 'hosts'}, broken first
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
      {wide ? null : <Hosts groups={groups} />}
      {rows.length === 0 ? <p>No service is called that.</p> : <Rows rows={rows} groups={groups} wide={wide} />}
    </section>
  );
}

interface HostGroup {
  readonly domain: string | null;
  readonly hosts: readonly HostView[];
}

/** By the first domain that the description names for each. */
export function grouped(hosts: readonly HostView[], topology: TopologyView | undefined): readonly HostGroup[] {
  const byDomain = new Map<string | null, HostView[]>();
  for (const host of hosts) {
    const domain = topology?.hosts.find((each) => each.name === host.name)?.in[0] ?? null;
    const group = byDomain.get(domain);
    if (group === undefined) byDomain.set(domain, [host]);
    else group.push(host);
  }
  return [...byDomain].map(([domain, its]) => ({ domain, hosts: its }));
}

function matches(service: ServiceView, wanted: string): boolean {
  return (
    service.name.toLowerCase().includes(wanted) ||
    service.policy.includes(wanted) ||
    service.instances.some((each) => each.host.toLowerCase() === wanted || each.phase === wanted)
  );
}

function Hosts({ groups }: { readonly groups: readonly HostGroup[] }) {
  return (
    <ul aria-label="Hosts" className="flex max-h-40 flex-wrap gap-x-5 gap-y-1 overflow-auto text-sm" tabIndex={0}>
      {groups.flatMap((group) =>
        group.hosts.map((host) => (
          <li key={host.name} className="flex items-center gap-1.5">
            <Link href={`/host/${at(host.name)}`}>
              <Said text={group.domain === null ? host.name : `${group.domain}/${host.name}`} most={60} />
            </Link>
            <HostMark state={host.state} />
          </li>
        )),
      )}
    </ul>
  );
}

function Rows({
  rows,
  groups,
  wide,
}: {
  readonly rows: readonly ServiceView[];
  readonly groups: readonly HostGroup[];
  readonly wide: boolean;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const [present, setPresent] = useState<readonly [row: number, column: number]>([0, 0]);
  const hosts = groups.flatMap((group) => group.hosts);
  const columns = wide ? hosts.length + 1 : 1;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowPx,
    overscan: 8,
    initialRect: { width: 800, height: 600 },
  });
  const move = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const row = clamp(present[0] + step[0], rows.length);
    const column = clamp(present[1] + step[1], columns);
    setPresent([row, column]);
    virtual.scrollToIndex(row);
    // What was out of sight is there after the next painting.
    requestAnimationFrame(() =>
      scroll.current?.querySelector<HTMLElement>(`[data-at="${String(row)}-${String(column)}"]`)?.focus(),
    );
  };
  const here = (row: number, column: number): { 'data-at': string; tabIndex: number } => ({
    'data-at': `${String(row)}-${String(column)}`,
    tabIndex: present[0] === row && present[1] === column ? 0 : -1,
  });
  /** Head and rows are as wide as each other, also where they are wider than the screen. */
  const least = wide ? { minWidth: `${10 + 7 * hosts.length}rem` } : {};
  const template = wide
    ? { gridTemplateColumns: `minmax(10rem, 18rem) repeat(${hosts.length}, minmax(7rem, 1fr))` }
    : {};
  const items = virtual.getVirtualItems();
  /** The worst come first. */
  const broken = rows[0] !== undefined && rows[0].severity !== 0;
  return (
    // The rows out of sight are not drawn: the grid says how many there are.
    <div
      ref={scroll}
      role="grid"
      aria-labelledby="services"
      aria-rowcount={rows.length + (wide ? 1 : 0)}
      aria-colcount={columns}
      className="-mx-2 max-h-[68vh] overflow-auto"
      onKeyDown={move}
    >
      {wide ? (
        <div
          role="row"
          aria-rowindex={1}
          className="sticky top-0 z-[1] grid border-b border-line bg-panel"
          style={{ ...template, ...least }}
        >
          <div role="columnheader" className="px-2 py-1 text-[13px] text-dim">
            service
          </div>
          {groups.flatMap((group) =>
            group.hosts.map((host, index) => (
              <div key={host.name} role="columnheader" className="min-w-0 px-2 py-1 text-sm">
                <div className="h-5 truncate text-[13px] text-dim">
                  {index === 0 && group.domain !== null ? <Said text={group.domain} /> : null}
                  {index > 0 && group.domain !== null ? <span className="sr-only">{group.domain}</span> : null}
                </div>
                <div className="flex flex-wrap items-center gap-x-2">
                  <Link href={`/host/${at(host.name)}`} className="font-semibold">
                    <Said text={host.name} most={40} />
                  </Link>
                  <HostMark state={host.state} />
                </div>
              </div>
            )),
          )}
        </div>
      ) : null}
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize(), ...least }}>
        {items.map((item) => {
          const service = rows[item.index];
          if (service === undefined) return null;
          return (
            <div
              key={service.name}
              role="row"
              aria-rowindex={item.index + (wide ? 2 : 1)}
              className={`absolute inset-x-0 top-0 ${wide ? 'grid' : 'flex'} h-11 items-center border-b border-line hover:bg-raised`}
              style={{ ...template, transform: `translateY(${item.start}px)` }}
            >
              <div role="rowheader" className={`flex min-w-0 items-center gap-2 px-2 ${wide ? '' : 'w-60 shrink-0'}`}>
                {service.severity !== 0 ? (
                  <SeverityMark severity={service.severity} />
                ) : broken ? (
                  <span className="w-6 shrink-0" />
                ) : null}
                <Link
                  {...here(item.index, 0)}
                  href={`/service/${at(service.name)}`}
                  className="truncate font-medium text-ink"
                >
                  <Said text={service.name} most={60} />
                </Link>
                {service.paused ? <PausedSign /> : null}
                {service.scheduledDown ? <span className="text-[13px] text-dim">as planned</span> : null}
              </div>
              {wide ? (
                hosts.map((host, column) => (
                  <div key={host.name} role="gridcell" className="min-w-0 px-2">
                    <Cell
                      service={service}
                      host={host}
                      instance={service.instances.find((each) => each.host === host.name)}
                      place={here(item.index, column + 1)}
                    />
                  </div>
                ))
              ) : (
                <div role="gridcell" className="flex gap-x-4 px-2">
                  {service.instances.map((each) => (
                    <span key={each.host} className="flex items-center gap-1.5 text-sm whitespace-nowrap">
                      <Said text={each.host} most={40} />
                      <PhaseMark phase={each.phase} severity={each.severity} asPlanned={each.phase === each.planned} />
                    </span>
                  ))}
                  {service.external === null ? null : <External ok={service.external.ok} />}
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Cell({
  service,
  host,
  instance,
  place,
}: {
  readonly service: ServiceView;
  readonly host: HostView;
  readonly instance: InstanceView | undefined;
  readonly place: { readonly 'data-at': string; readonly tabIndex: number };
}) {
  if (instance === undefined)
    return (
      <span {...place} className="block text-sm text-dim">
        {service.external === null ? (
          <span className="sr-only">does not run on {host.name}</span>
        ) : (
          <External ok={service.external.ok} />
        )}
      </span>
    );
  const asPlanned = instance.phase === instance.planned;
  return (
    <Link
      {...place}
      href={`/service/${at(service.name)}`}
      className="flex min-h-8 flex-wrap items-center gap-x-2 no-underline hover:no-underline"
      title={instance.reason === null ? undefined : instance.reason.slice(0, 500)}
    >
      <span className="sr-only">
        {service.name} on {host.name}:
      </span>
      <PhaseMark phase={instance.phase} severity={instance.severity} asPlanned={asPlanned} />
      {asPlanned || service.scheduledDown ? null : (
        <span className="text-[13px] text-dim">
          <span aria-hidden="true">→ </span>
          <span className="sr-only">should be </span>
          {instance.planned}
        </span>
      )}
    </Link>
  );
}

function External({ ok }: { readonly ok: boolean | null }) {
  return (
    <span className={`mark ${ok === null ? 'text-warn' : ok ? 'text-good' : 'text-bad'}`}>
      <Shape of={ok === null ? 'unknown' : ok ? 'stands' : 'failed'} />
      {ok === null ? 'external, unknown' : ok ? 'external, answers' : 'external, no answer'}
    </span>
  );
}

function PausedSign() {
  return (
    <span className="mark text-note">
      <Shape of="paused" />
      paused
    </span>
  );
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageDown: [10, 0],
  PageUp: [-10, 0],
  Home: [-1_000_000, 0],
  End: [1_000_000, 0],
};

function clamp(value: number, length: number): number {
  return Math.max(0, Math.min(length - 1, value));
}
