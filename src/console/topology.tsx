// Services as a graph of what needs what, laid out by dagre, drawn as SVG. Each box names the hosts it runs on and is a link; the same as text stands
// in the list below, for who can't see it.

import dagre, { type EdgeLabel, type GraphLabel, type NodeLabel } from '@dagrejs/dagre';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { TopologyView } from '../api-web.ts';
import { at } from './ask.ts';
import { Said, visible } from './said.tsx';

const boxHeight = 52;
const letterPx = 8.6;

/** Loaded when it is first shown: it brings a library of its own. */
export default function Topology({ of }: { readonly of: TopologyView }) {
  const picture = useMemo(() => laidOut(of), [of]);
  return (
    <>
      <div className="overflow-auto" tabIndex={0} role="group" aria-label="Picture of what needs what">
        <svg
          role="img"
          aria-label="What needs what; as text below"
          width={picture.width}
          height={picture.height}
          className="block text-[13px]"
        >
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0 8 4 0 8z" className="fill-dim" />
            </marker>
          </defs>
          {picture.lines.map((line) => (
            <polyline
              key={line.key}
              points={line.points}
              className="fill-none stroke-dim"
              strokeWidth={1.3}
              markerEnd="url(#arrow)"
            />
          ))}
          {picture.boxes.map((box) => (
            <g key={box.name} transform={`translate(${box.x - box.width / 2} ${box.y - boxHeight / 2})`}>
              <rect
                width={box.width}
                height={boxHeight}
                rx={8}
                className={`fill-raised ${box.serves ? 'stroke-link' : 'stroke-line'}`}
                strokeWidth={box.serves ? 2 : 1}
                strokeDasharray={box.external ? '4 3' : undefined}
              />
              <text x={12} y={22} className="fill-ink font-semibold">
                {box.title}
              </text>
              <text x={12} y={40} className="fill-dim">
                {box.where}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <details>
        <summary className="cursor-pointer">As text</summary>
        <ul className="rows mt-2">
          {of.services.map((each) => (
            <li key={each.name} className="py-1.5 text-sm">
              <Link href={`/service/${at(each.name)}`}>
                <Said text={each.name} most={80} />
              </Link>{' '}
              <Said
                text={`${whereOf(each)}; ${each.needs.length === 0 ? 'needs nothing' : `needs ${each.needs.join(', ')}`}`}
                most={400}
              />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface Box {
  readonly name: string;
  readonly title: string;
  readonly where: string;
  readonly external: boolean;
  /** Consumers use it. */
  readonly serves: boolean;
  readonly width: number;
  readonly x: number;
  readonly y: number;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly { readonly key: string; readonly points: string }[];
}

function laidOut(of: TopologyView): Picture {
  const graph = new dagre.graphlib.Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 56, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const names = new Set(of.services.map((each) => each.name));
  const drawn = of.services.map((each) => {
    const title = visible(each.name, 28);
    const where = visible(whereOf(each), 34);
    const width = 24 + letterPx * Math.max(title.length, where.length);
    graph.setNode(each.name, { width, height: boxHeight });
    return { name: each.name, title, where, width, external: each.external, serves: of.serves.includes(each.name) };
  });
  for (const each of of.services) for (const need of each.needs) if (names.has(need)) graph.setEdge(each.name, need);
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    boxes: drawn.map((each) => {
      const { x, y } = graph.node(each.name);
      return { ...each, x: x ?? 0, y: y ?? 0 };
    }),
    lines: graph.edges().map((edge) => ({
      key: `${edge.v} ${edge.w}`,
      points: (graph.edge(edge).points ?? []).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
    })),
  };
}

function whereOf(service: TopologyView['services'][number]): string {
  if (service.external) return 'run by others';
  return service.on.length === 0 ? 'nowhere' : `on ${service.on.join(', ')}`;
}
