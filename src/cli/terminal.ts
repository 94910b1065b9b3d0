// Standard output as the verbs see it: how wide, whether colours are welcome, and whether it can be redrawn.

import { styleText } from 'node:util';

/** Standard output. */
export interface Terminal {
  /** True when standard output is a terminal that understands cursor movements. */
  readonly redraws: boolean;
  /** Columns; Infinity when nothing says how wide: what is piped is not cut. */
  columns(): number;
  rows(): number;
  paint(style: Style, text: string): string;
  /** Writes lines, each with its line end. */
  print(...lines: readonly string[]): void;
  write(text: string): void;
}

/** What is meant; the terminal has a colour for it, or none. */
export type Style = 'bold' | 'dim' | 'good' | 'wait' | 'bad';

const styles = {
  bold: 'bold',
  dim: 'dim',
  good: 'green',
  wait: 'yellow',
  bad: 'red',
} as const;

/** The terminal of this process. Colour only where there is a terminal, and not with NO_COLOR. */
export function terminalOf(stream: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTerminal = stream.isTTY && env['TERM'] !== 'dumb';
  const colours = isTerminal && (env['NO_COLOR'] ?? '') === '';
  return {
    redraws: isTerminal,
    columns() {
      if (stream.isTTY && stream.columns > 0) return stream.columns;
      const said = Number(env['COLUMNS']);
      return Number.isInteger(said) && said > 0 ? said : Infinity;
    },
    rows: () => (stream.isTTY && stream.rows > 0 ? stream.rows : Infinity),
    paint: (style, text) => (colours ? styleText(styles[style], text, { validateStream: false }) : text),
    print(...lines) {
      stream.write(lines.map((line) => `${line}\n`).join(''));
    },
    write(text) {
      stream.write(text);
    },
  };
}
