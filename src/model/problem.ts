// What is wrong with a description, found while reading it: collected all at once, shown in the order of the file.

/** One thing wrong, as shown to people and in `check --json`. Lines and columns count from 1. */
export interface Problem {
  /** A row of `errors.ts`. */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly next: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where something stands in a description: the keys and list positions that lead to it. */
export type Path = readonly (string | number)[];

/** A problem before its place in the file is known. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly path: Path;
  /** Point at the key rather than at its value. */
  readonly atKey: boolean;
}

/** Takes findings, up to a number that nobody reads; what was found twice at one place counts once. */
export interface Findings {
  readonly all: readonly Finding[];
  /** No more are taken. */
  readonly full: boolean;
  add(code: string, path: Path, message: string, next: string, options?: { readonly atKey?: boolean }): void;
}

/** So many are collected; far fewer are shown. */
const most = 2000;

/** An empty collection. */
export function newFindings(): Findings {
  const all: Finding[] = [];
  const seen = new Set<string>();
  return {
    all,
    get full() {
      return all.length >= most;
    },
    add(code, path, message, next, options) {
      const key = `${code} ${pathKey(path)} ${message}`;
      if (seen.has(key) || all.length >= most) return;
      seen.add(key);
      all.push({ code, message, next, path, atKey: options?.atKey ?? false });
    },
  };
}

/** A path as text that two different paths never share. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/** A path as people write it: `services.pricer.detect.checks[0]`. */
export function pathText(path: Path): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('');
}
