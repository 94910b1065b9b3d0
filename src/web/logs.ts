// The last lines of what a service wrote, for a page: read from the end, a bounded piece, whatever was written.

import { open } from 'node:fs/promises';
import type { LogTail } from '../api-web.ts';
import type { SystemLayout } from '../layout.ts';

/** Read from the end of each file. In bytes. */
const mostBytes = 2 * 1024 * 1024;
/** What of a line is sent. In characters. */
const mostOfLine = 4_000;

/** Of the hosts of this machine that have output of it; `described` are all it runs on. */
export async function logTail(of: {
  readonly layout: SystemLayout;
  readonly service: string;
  readonly hosts: readonly string[];
  readonly described: readonly string[];
  readonly lines: number;
}): Promise<LogTail> {
  // The name becomes a path.
  const safe = !/[/\0]/.test(of.service) && of.service !== '.' && of.service !== '..';
  const outputs: { host: string; lines: string[]; cut: boolean }[] = [];
  for (const host of safe ? of.hosts : []) {
    const file = of.layout.host(host).output(of.service);
    const newest = await lastLines(file, of.lines);
    if (newest === null) continue;
    const older = newest.lines.length < of.lines ? await lastLines(`${file}.1`, of.lines - newest.lines.length) : null;
    outputs.push({
      host,
      lines: [...(older?.lines ?? []), ...newest.lines],
      cut: newest.cut || older?.cut === true,
    });
  }
  const found = new Set(outputs.map((each) => each.host));
  return { service: of.service, outputs, missing: of.described.filter((host) => !found.has(host)) };
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
    return { lines: lines.map((line) => line.replace(/\r$/, '').slice(0, mostOfLine)), cut };
  } finally {
    await file.close();
  }
}
