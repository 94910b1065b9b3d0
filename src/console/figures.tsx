// What a host has and uses, as bars with their numbers beside them, and how it went in the last ten minutes. What is short is said in a word, for
// colour is never the only sign; what is not known is said to be so.

import type { ReactNode } from 'react';
import type { FiguresView, GapView } from '../api-web.ts';
import { useNow } from './live.ts';
import { Said } from './said.tsx';
import { NotFrom } from './states.tsx';
import { At, duration } from './times.tsx';

/** From there on a bar says that it is short. */
const shortShare = 0.9;
/** Looks come every 5 s; older ones are old. */
const oldAfterMs = 30_000;

/** `of` null: nobody has looked yet; `missing`: why it could not be had. */
export function Figures({ of, missing }: { readonly of: FiguresView | null; readonly missing: readonly GapView[] }) {
  const now = useNow(5_000);
  return (
    <section aria-labelledby="figures" className="panel grid gap-4">
      <div className="flex flex-wrap items-baseline gap-x-4">
        <h2 id="figures">What it has and uses</h2>
        {of === null ? null : (
          <span
            className={`ml-auto text-[13px] ${now - of.asOfMs > oldAfterMs ? 'font-semibold text-warn' : 'text-dim'}`}
          >
            {now - of.asOfMs > oldAfterMs ? `${duration(now - of.asOfMs)} old, as of ` : 'as of '}
            <At ms={of.asOfMs} />
          </span>
        )}
      </div>
      <NotFrom gaps={missing} what="figures" />
      {of === null ? (
        missing.length > 0 ? null : (
          <p className="text-dim">Its detectors have not looked yet.</p>
        )
      ) : (
        <div className="grid gap-x-8 gap-y-4 md:grid-cols-2 xl:grid-cols-3">
          <Processors of={of} />
          <Memory of={of} />
          {(of.disks ?? []).map((disk) => (
            <Bar
              key={disk.at}
              name={<Said text={`Disk ${disk.at}`} most={60} />}
              share={disk.size === 0 ? null : 1 - disk.free / disk.size}
              says={`${sizeText(disk.free)} of ${sizeText(disk.size)} free`}
              more={
                disk.inodes > 0 && disk.inodesFree < 0.1 * disk.inodes
                  ? `only ${String(disk.inodesFree)} of ${String(disk.inodes)} inodes free`
                  : null
              }
            />
          ))}
          <Waits of={of} />
        </div>
      )}
    </section>
  );
}

/** `1.2 GiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** `37 %`; null: not known. */
export function shareText(share: number | null): string {
  if (share === null) return 'not known';
  return share > 0 && share < 0.01 ? 'under 1 %' : `${Math.round(100 * share)} %`;
}

function Processors({ of }: { readonly of: FiguresView }) {
  const found = of.processors;
  if (found === undefined) return null;
  const load = found.load?.map((each) => each.toFixed(1)).join(' · ');
  return (
    <Bar
      name={found.count === 1 ? '1 processor' : `${String(found.count)} processors`}
      share={found.used}
      says={found.used === null ? 'not known yet' : `${shareText(found.used)} in use`}
      more={load === undefined ? null : `load ${load} (1, 5, 15 min)`}
      line={of.recent.map((each) => each.processors)}
      lineOf="processors in use"
    />
  );
}

function Memory({ of }: { readonly of: FiguresView }) {
  const found = of.memory;
  if (found === undefined) return null;
  const swap =
    found.swapTotal === 0
      ? 'no swap'
      : `swap: ${sizeText(found.swapTotal - found.swapFree)} of ${sizeText(found.swapTotal)}`;
  return (
    <Bar
      name="Memory"
      share={found.total === 0 ? null : 1 - found.available / found.total}
      says={`${sizeText(found.available)} of ${sizeText(found.total)} available`}
      more={swap}
      line={of.recent.map((each) => each.memory)}
      lineOf="memory in use"
    />
  );
}

function Waits({ of }: { readonly of: FiguresView }) {
  const found = of.waits;
  if (found === undefined) return null;
  const rows = [
    ['processors', found.processors],
    ['memory', found.memory],
    ['disks', found.disks],
  ] as const;
  if (rows.every(([, share]) => share === null))
    return (
      <div className="grid content-start gap-1">
        <h3 className="text-sm">Waiting</h3>
        <p className="text-sm text-dim">This kernel does not say.</p>
      </div>
    );
  return (
    <div className="grid content-start gap-1">
      <h3 className="text-sm">Waiting, in the last minute</h3>
      <ul className="grid gap-0.5 text-sm">
        {rows.map(([what, share]) => (
          <li key={what} className="flex justify-between gap-4">
            <span>something waited for {what}</span>
            <span className={`tabular-nums ${share !== null && share > 0.5 ? 'font-semibold text-warn' : 'text-dim'}`}>
              {shareText(share)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Bar({
  name,
  share,
  says,
  more,
  line,
  lineOf,
}: {
  readonly name: ReactNode;
  readonly share: number | null;
  readonly says: string;
  readonly more: string | null;
  readonly line?: readonly (number | null)[];
  readonly lineOf?: string;
}) {
  const short = share !== null && share > shortShare;
  return (
    <div className="grid min-w-0 content-start gap-1">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="text-sm">{name}</h3>
        <span className={`text-sm tabular-nums ${short ? 'font-semibold text-warn' : ''}`}>
          {short ? 'short: ' : ''}
          {says}
        </span>
      </div>
      <svg
        aria-hidden="true"
        className={`block h-2 w-full ${short ? 'text-warn' : 'text-link'}`}
        viewBox="0 0 100 2"
        preserveAspectRatio="none"
      >
        <rect width="100" height="2" rx="0.6" className="fill-raised" />
        <rect width={100 * Math.min(1, share ?? 0)} height="2" rx="0.6" fill="currentColor" />
      </svg>
      {line === undefined || line.length < 3 ? null : <Line of={line} what={lineOf ?? ''} />}
      {more === null ? null : <p className="text-[13px] text-dim">{more}</p>}
    </div>
  );
}

/** The last minutes, the newest on the right; what is not known leaves a gap. */
function Line({ of, what }: { readonly of: readonly (number | null)[]; readonly what: string }) {
  const known = of.filter((each) => each !== null);
  const runs: string[][] = [[]];
  for (const [index, share] of of.entries()) {
    if (share === null) runs.push([]);
    else runs.at(-1)?.push(`${((100 * index) / (of.length - 1)).toFixed(1)},${(20 - 19 * share).toFixed(1)}`);
  }
  return (
    <svg
      role="img"
      aria-label={`${what} in the last ${duration(5_000 * of.length)}: ${shareText(Math.min(...known))} to ${shareText(Math.max(...known))}`}
      className="block h-8 w-full text-dim"
      viewBox="0 0 100 20.5"
      preserveAspectRatio="none"
    >
      {runs.map((points, index) =>
        points.length < 2 ? null : (
          <polyline
            key={`${String(index)}`}
            points={points.join(' ')}
            className="fill-none stroke-current"
            strokeWidth={1.5}
            vectorEffect="non-scaling-stroke"
          />
        ),
      )}
    </svg>
  );
}
