// A picture of what sits where: domains above, hosts below them, instances on the hosts, what runs elsewhere beside. What breaks
// the system alone is marked by a thick border and the word.

import type { Assessment } from '../../prove/assessment.ts';
import { escaped } from './html.ts';

const boxWidth = 150;
const gap = 14;
const rowHeight = 26;
const perRow = 6;
/** More than this is no picture any more. */
const mostBoxes = 120;

interface Box {
  readonly name: string;
  readonly what: string;
  readonly single: boolean;
  readonly lines: readonly { readonly text: string; readonly single: boolean }[];
  /** Names of boxes that it lies in. */
  readonly in: readonly string[];
}

/** The picture as SVG, or a sentence when there is too much for one. */
export function topologyPicture(assessment: Assessment): string {
  const rows = rowsOf(assessment).filter((row) => row.length > 0);
  const boxes = rows.flat();
  if (boxes.length === 0 || boxes.length > mostBoxes)
    return boxes.length === 0
      ? ''
      : `<p>${boxes.length} domains, hosts and external parts: too many for a picture.</p>`;
  const places = new Map<string, { readonly x: number; readonly y: number; readonly height: number }>();
  let y = gap;
  let widest = 0;
  const drawn: string[] = [];
  for (const row of rows)
    for (let from = 0; from < row.length; from += perRow) {
      const line = row.slice(from, from + perRow);
      const height = Math.max(...line.map((box) => 40 + box.lines.length * rowHeight));
      for (const [column, box] of line.entries()) {
        const x = gap + column * (boxWidth + gap);
        places.set(box.name, { x, y, height });
        drawn.push(drawnBox(box, x, y, height));
        widest = Math.max(widest, x + boxWidth + gap);
      }
      y += height + 3 * gap;
    }
  const ties = boxes.flatMap((box) =>
    box.in.flatMap((name) => {
      const to = places.get(box.name);
      const from = places.get(name);
      if (to === undefined || from === undefined) return [];
      const start = `${from.x + boxWidth / 2} ${from.y + from.height}`;
      return [`<path d="M${start} L${to.x + boxWidth / 2} ${to.y}"/>`];
    }),
  );
  const singles = boxes.some((box) => box.single || box.lines.some((line) => line.single));
  return `<div class="wide"><svg viewBox="0 0 ${widest} ${y}" width="${widest}" height="${y}" role="img" aria-label="Domains, hosts and what runs on them">${ties.join('')}${drawn.join('')}</svg></div>${singles ? '<p>⚠ A single point: it alone breaks the system. Software and configuration, which every copy shares, are not drawn.</p>' : ''}`;
}

function rowsOf({ system, analysis }: Assessment): Box[][] {
  const single = new Set(
    analysis.cutSets.flatMap((set) => (set.parts.length === 1 ? set.parts.map((part) => part.name) : [])),
  );
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const around = system.domains.find((domain) => domain.name === name)?.in ?? [];
    const depth = around.length === 0 ? 0 : 1 + Math.max(...around.map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  const domains = system.domains.map((domain): Box => ({
    name: domain.name,
    what: domain.kind,
    single: single.has(domain.name),
    lines: [],
    in: domain.in,
  }));
  const levels = [...new Set(system.domains.map((domain) => depthOf(domain.name)))].toSorted((a, b) => a - b);
  const hosts = system.hosts.map((host): Box => {
    const lines = system.services.flatMap((service) => {
      const text = `${service.name}@${host.name}`;
      return service.kind === 'run' && service.on.some((place) => place.host === host.name)
        ? [{ text: service.name, single: single.has(text) }]
        : [];
    });
    const shown =
      lines.length > 12 ? [...lines.slice(0, 12), { text: `… and ${lines.length - 12} more`, single: false }] : lines;
    return { name: host.name, what: 'host', single: single.has(`host:${host.name}`), lines: shown, in: host.in };
  });
  const externals = system.services.flatMap((service): Box[] =>
    service.kind === 'external'
      ? [{ name: service.name, what: 'external', single: single.has(service.name), lines: [], in: [] }]
      : [],
  );
  return [...levels.map((level) => domains.filter((box) => depthOf(box.name) === level)), hosts, externals];
}

function drawnBox(box: Box, x: number, y: number, height: number): string {
  const short = (text: string): string => escaped(text.length > 19 ? `${text.slice(0, 18)}…` : text);
  const lines = box.lines.map((line, index) => {
    const top = y + 40 + index * rowHeight;
    return `<rect${line.single ? ' class="single"' : ''} x="${x + 8}" y="${top}" width="${boxWidth - 16}" height="${rowHeight - 6}" rx="3"/><text x="${x + 14}" y="${top + 14}">${line.single ? '⚠ ' : ''}${short(line.text)}</text>`;
  });
  return `<g><title>${escaped(`${box.name} (${box.what})`)}</title><rect${box.single ? ' class="single"' : ''} x="${x}" y="${y}" width="${boxWidth}" height="${height}" rx="5"/><text x="${x + 8}" y="${y + 17}">${box.single ? '⚠ ' : ''}${short(box.name)}</text><text class="what" x="${x + 8}" y="${y + 31}">${escaped(box.what)}</text>${lines.join('')}</g>`;
}
