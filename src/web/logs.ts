// The last lines of what a service wrote, for a page: read from the end, a bounded piece, whatever was written.

import { open } from 'node:fs/promises';
import type { GapView, LogTail } from '../api-web.ts';
import type { SystemLayout } from '../layout.ts';
import type { Far } from './far.ts';

/** Read from the end of each file. In bytes. */
const mostBytes = 2 * 1024 * 1024;
/** What of a line is sent. In characters. */
const mostOfLine = 4_000;

/** Of the hosts `here`, from their files, and of the `others`, as their agents tell. */
export async function logTail(of: {
  readonly layout: SystemLayout;
  readonly service: string;
  readonly here: readonly string[];
  readonly others: readonly string[];
  readonly far: Far;
  readonly lines: number;
}): Promise<LogTail> {
  const { layout, service, far, lines } = of;
  // The name becomes a path.
  const safe = !/[/\0]/.test(service) && service !== '.' && service !== '..';
  if (!safe) return { service, outputs: [], missing: [] };
  const near = of.here.map((host) => outputHere(host, layout.host(host).output(service), lines));
  const asked = of.others.map(async (host): Promise<{ output: Output | null; gap: GapView | null }> => {
    const { of: told, gap } = await far.output(host, service, lines);
    const cut = told?.some((line) => line.length > mostOfLine) === true;
    return { output: told === null ? null : { host, lines: told.map(shortened), cut }, gap };
  });
  const [here, there] = await Promise.all([Promise.all(near), Promise.all(asked)]);
  return {
    service,
    outputs: [...here, ...there.map((each) => each.output)].filter((each) => each !== null),
    missing: there.flatMap((each) => (each.gap === null ? [] : [each.gap])),
  };
}

type Output = LogTail['outputs'][number];

/** Null: it has written nothing on that host. */
async function outputHere(host: string, file: string, lines: number): Promise<Output | null> {
  const newest = await lastLines(file, lines);
  if (newest === null) return null;
  const older = newest.lines.length < lines ? await lastLines(`${file}.1`, lines - newest.lines.length) : null;
  return { host, lines: [...(older?.lines ?? []), ...newest.lines], cut: newest.cut || older?.cut === true };
}

function shortened(line: string): string {
  return line.replace(/\r$/, '').slice(0, mostOfLine);
}

/** Null: there is no such file. */
async function lastLines(
  path: string,
  most: number,
): Promise<{ readonly lines: string[]; readonly cut: boolean } | null> {
  const file = await open(path).catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - mostBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const all = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    if (all.at(-1) === '') all.pop();
    // What the piece begins with is the end of a line, unless that line is all there is.
    if (from > 0 && all.length > 1) all.shift();
    const lines = all.slice(Math.max(0, all.length - most));
    const cut = (from > 0 && all.length === 1) || lines.some((line) => line.length > mostOfLine);
    return { lines: lines.map(shortened), cut };
  } finally {
    await file.close();
  }
}
