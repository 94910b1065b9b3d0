// d, s, b and i of each recovery, one upon the other, against the z that is declared. What was not measured is left out, never 0.

import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { FailoverView } from '../api.ts';
import { duration } from './times.tsx';

const height = 220;
const parts = [
  ['d detecting', 'dMs', '--color-bad'],
  ['s switching', 'switchMs', '--color-link'],
  ['b booting', 'bMs', '--color-warn'],
  ['i initialising', 'iMs', '--color-good'],
] as const;

/** Loaded when it is first shown: it brings a library of its own. */
export default function Plot({ failovers }: { readonly failovers: readonly FailoverView[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const shown = failovers.slice(-60);
    const draw = (): uPlot => new uPlot(optionsOf(element, shown), dataOf(shown), element);
    let plot = draw();
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    // Colours are drawn, so another theme needs another drawing.
    const again = (): void => {
      plot.destroy();
      plot = draw();
    };
    scheme.addEventListener('change', again);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      watch.disconnect();
      theme.disconnect();
      scheme.removeEventListener('change', again);
      plot.destroy();
    };
  }, [failovers]);
  return (
    <figure className="grid gap-2">
      <div
        ref={box}
        className="min-w-0 overflow-hidden"
        role="img"
        aria-label={`d, s, b and i of the last ${Math.min(60, failovers.length)} recoveries; the table below has the numbers`}
      />
      <figcaption className="flex flex-wrap gap-x-4 text-[13px] text-dim">
        {parts.map(([text, , colour]) => (
          <span key={text} className="flex items-center gap-1.5">
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" fill={`var(${colour})`} />
            </svg>
            {text}
          </span>
        ))}
        <span>dashed: z declared</span>
      </figcaption>
    </figure>
  );
}

/** Each part upon those before it. */
function dataOf(failovers: readonly FailoverView[]): uPlot.AlignedData {
  const tops = parts.map((_part, index) =>
    failovers.map((each) => parts.slice(0, index + 1).reduce((sum, [, key]) => sum + (each[key] ?? 0), 0)),
  );
  // The highest is drawn first, so that each part shows below the next.
  return [failovers.map((_each, index) => index + 1), ...tops.toReversed(), failovers.map((each) => each.declaredZMs)];
}

function optionsOf(element: HTMLElement, failovers: readonly FailoverView[]): uPlot.Options {
  const colour = (name: string): string => resolved(element, name);
  const ink = colour('--color-dim');
  const line = colour('--color-line');
  const axis: uPlot.Axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const bars = uPlot.paths.bars;
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [0.4, failovers.length + 0.6] },
      y: { distr: 1, range: (_plot, _least, most) => [0, most * 1.08] },
    },
    axes: [
      { ...axis, values: (_plot, ticks) => ticks.map((each) => (Number.isInteger(each) ? String(each) : '')) },
      { ...axis, size: 64, values: (_plot, ticks) => ticks.map((each) => duration(each)) },
    ],
    series: [
      {},
      ...parts.toReversed().map(([label, , name]): uPlot.Series => ({
        label,
        stroke: colour(name),
        fill: colour(name),
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars({ size: [0.6, 46] }) }),
      })),
      {
        label: 'declared',
        stroke: colour('--color-ink'),
        dash: [6, 5],
        width: 1.5,
        points: { show: failovers.length === 1 },
      },
    ],
  };
}

/** A custom property as the canvas understands it. */
function resolved(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
