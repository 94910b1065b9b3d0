// The rows of services × hosts: only those in sight are drawn, so that 500 are as quick as 5. Arrows move in them, Enter opens.

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ServiceView } from '../api.ts';
import { at } from './ask.ts';
import { Cell, Line } from './grid-cells.tsx';
import type { HostGroup } from './grouped.ts';
import { HostMark, SeverityMark, Shape } from './marks.tsx';
import { Said } from './said.tsx';

/** A column for each host; or each service's instances in a line; or, on a phone, in a line below its name. */
export type Form = 'columns' | 'line' | 'stacked';

const rowPx: Readonly<Record<Form, number>> = { columns: 44, line: 44, stacked: 64 };
const shapes: Readonly<Record<Form, string>> = {
  columns: 'grid h-11 items-center',
  line: 'flex h-11 items-center',
  stacked: 'grid h-16 content-center gap-y-1',
};

/** One row a service, in the order given. */
export function Rows({
  rows,
  groups,
  form,
  most,
}: {
  readonly rows: readonly ServiceView[];
  readonly groups: readonly HostGroup[];
  readonly form: Form;
  /** Instances of a line that are named; more are counted. */
  readonly most: number;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const [present, setPresent] = useState<readonly [row: number, column: number]>([0, 0]);
  const hosts = groups.flatMap((group) => group.hosts);
  const wide = form === 'columns';
  const columns = wide ? hosts.length + 1 : 1;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowPx[form],
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
  const template = wide
    ? { gridTemplateColumns: `clamp(6.5rem, 26%, 18rem) repeat(${hosts.length}, minmax(0, 1fr))` }
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
          style={template}
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
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const service = rows[item.index];
          if (service === undefined) return null;
          return (
            <div
              key={service.name}
              role="row"
              aria-rowindex={item.index + (wide ? 2 : 1)}
              className={`absolute inset-x-0 top-0 ${shapes[form]} border-b border-line hover:bg-raised`}
              style={{ ...template, transform: `translateY(${item.start}px)` }}
            >
              <div
                role="rowheader"
                className={`flex min-w-0 items-center gap-2 px-2 ${form === 'line' ? 'w-48 shrink-0' : ''}`}
              >
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
                {service.scheduledDown ? (
                  <span className="sr-only text-[13px] text-dim sm:not-sr-only">as planned</span>
                ) : null}
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
                <div role="gridcell" className="flex min-w-0 items-center gap-x-4 overflow-hidden px-2">
                  <Line service={service} most={most} />
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
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
