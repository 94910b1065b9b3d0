// A screen that is redrawn in place: each line is overwritten and its end cleared, never the whole screen, so that nothing flickers.

import type { Terminal } from './terminal.ts';
import { cut } from './text.ts';

/** Takes the terminal until `end`. */
export interface LiveScreen {
  /** Replaces what was drawn. Lines that do not fit are cut. */
  draw(lines: readonly string[]): void;
  /** Leaves what was drawn and gives the cursor back. May be called twice. */
  end(): void;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Terminals that know this show all changes at once; the others ignore it. */
const beginUpdate = '\u001b[?2026h';
const endUpdate = '\u001b[?2026l';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';
const clearAll = '\u001b[H\u001b[2J';

/** For a terminal only (`terminal.redraws`). The cursor comes back also when the process ends in another way. */
export function liveScreen(terminal: Terminal): LiveScreen {
  let drawn = 0;
  let width = terminal.columns();
  let over = false;
  function giveBack(): void {
    if (over) return;
    over = true;
    process.off('exit', giveBack);
    terminal.write(showCursor);
  }
  process.on('exit', giveBack);
  terminal.write(hideCursor);
  return {
    draw(lines) {
      if (over) return;
      const shown = lines.slice(0, terminal.rows() - 1).map((line) => cut(line, terminal.columns()));
      // After a change of width the terminal has folded what was drawn: how many rows up it began is no longer known.
      const start = terminal.columns() === width ? (drawn > 0 ? `\u001b[${drawn}A\r` : '\r') : clearAll;
      width = terminal.columns();
      drawn = shown.length;
      terminal.write(
        beginUpdate + start + shown.map((line) => `${line}${clearLine}\n`).join('') + clearBelow + endUpdate,
      );
    },
    end: giveBack,
  };
}
