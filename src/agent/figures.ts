// What the detectors' looks said of this host in figures, kept for people: the newest, and how it went in the last minutes.

import type { FiguresView } from '../api-web.ts';
import type { HostFigures } from '../model/figures.ts';
import type { LookTold } from '../observe/modes/messages.ts';

/** Of this host. */
export interface Figures {
  looked(look: LookTold): void;
  /** Null: nobody has looked yet. */
  view(): FiguresView | null;
}

/** Looks every 5 s: the last ten minutes. */
const mostRecent = 120;

/** Nothing was looked at yet. */
export function openFigures(): Figures {
  let figures: HostFigures = {};
  let asOfMs: number | null = null;
  let recent: readonly FiguresView['recent'][number][] = [];
  return {
    looked(look) {
      if (look.figures === undefined || Object.keys(look.figures).length === 0) return;
      figures = { ...figures, ...look.figures };
      asOfMs = look.atMs;
      const { processors, memory } = look.figures;
      if (processors === undefined && memory === undefined) return;
      const point = {
        atMs: look.atMs,
        processors: processors?.used ?? null,
        memory: memory === undefined || memory.total === 0 ? null : 1 - memory.available / memory.total,
      };
      recent = [...recent.slice(1 - mostRecent), point];
    },
    view: () => (asOfMs === null ? null : { ...figures, asOfMs, recent }),
  };
}
