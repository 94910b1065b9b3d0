// The files that services write to: `pricer.log`, and `pricer.log.1` and so on of before, the higher the older.

import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ChosenSystem } from '../context.ts';

/** What one instance writes to. */
export interface Output {
  readonly host: string;
  /** The one being written to. */
  readonly file: string;
  /** Its length when it was looked at: what comes after is for following. In bytes. */
  readonly size: number;
}

/** The outputs of a service, by host. */
export async function outputsOf(
  system: ChosenSystem,
  service: string,
  host: string | null,
): Promise<readonly Output[]> {
  // The name becomes a path.
  if (service === '' || service.includes('/') || service.includes('\0')) return [];
  const hosts = system.hosts.filter((each) => host === null || each === host);
  const found = await Promise.all(
    hosts.map(async (each): Promise<Output[]> => {
      const output = await outputOf(each, system.layout.host(each).output(service), service);
      return output === null ? [] : [output];
    }),
  );
  return found.flat();
}

/** The output of a service on a host of this machine; null: it has written nothing, or the name is none. */
export async function outputOf(host: string, file: string, service: string): Promise<Output | null> {
  if (service === '' || service.includes('/') || service.includes('\0')) return null;
  return (await filesOf(file)).length === 0 ? null : { host, file, size: await sizeOf(file) };
}

/** Whole lines from a place in the file on, and where they end; from the beginning when the file is shorter: it was rotated. */
export async function readFrom(
  path: string,
  from: number,
): Promise<{ readonly lines: readonly string[]; readonly end: number }> {
  const file = await open(path).catch(() => null);
  if (file === null) return { lines: [], end: 0 };
  try {
    const start = (await file.stat()).size < from ? 0 : from;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostAtOnceBytes), 0, mostAtOnceBytes, start);
    const part = buffer.subarray(0, bytesRead);
    const whole = part.lastIndexOf(0x0a) + 1;
    // A line longer than all that is read at once is told in pieces.
    const length = whole === 0 && bytesRead === mostAtOnceBytes ? bytesRead : whole;
    const lines = part.subarray(0, length).toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return { lines, end: start + length };
  } finally {
    await file.close();
  }
}

const mostAtOnceBytes = 256 * 1024;

/** The services that have written something on this machine. */
export async function servicesWithOutput(system: ChosenSystem): Promise<readonly string[]> {
  const names = await Promise.all(system.hosts.map((host) => readdir(system.layout.host(host).logs).catch(() => [])));
  const services = names.flat().flatMap((name) => (name.endsWith('.log') ? [name.slice(0, -'.log'.length)] : []));
  return [...new Set(services)].toSorted();
}

/** The last lines over all files of an output, oldest first. */
export async function tail(output: Output, most: number): Promise<readonly string[]> {
  let lines: string[] = [];
  for (const file of await filesOf(output.file)) {
    if (lines.length >= most) break;
    const end = file === output.file ? output.size : Infinity;
    lines = [...(await tailOfFile(file, most - lines.length, end)), ...lines];
  }
  return lines;
}

/** The newest first. */
async function filesOf(file: string): Promise<readonly string[]> {
  const name = basename(file);
  const names = await readdir(dirname(file)).catch(() => []);
  const age = (each: string): number | null => {
    if (each === name) return 0;
    const number = each.startsWith(`${name}.`) ? each.slice(name.length + 1) : '';
    return /^\d+$/.test(number) ? Number(number) : null;
  };
  return names
    .flatMap((each) => {
      const number = age(each);
      return number === null ? [] : [{ path: join(dirname(file), each), number }];
    })
    .toSorted((a, b) => a.number - b.number)
    .map((each) => each.path);
}

const stepBytes = 64 * 1024;
/** What writes without line ends is not read for ever. In bytes. */
const mostBytes = 64 * 1024 * 1024;

/** In bytes; 0 when it is not there. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/** Reads from the end, or from `upTo`, until there are lines enough. */
async function tailOfFile(path: string, most: number, upTo: number): Promise<string[]> {
  if (most <= 0) return [];
  const file = await open(path).catch(() => null);
  if (file === null) return [];
  try {
    let from = Math.min(upTo, (await file.stat()).size);
    const end = from;
    let parts: Buffer[] = [];
    let breaks = 0;
    while (from > 0 && breaks <= most && end - from < mostBytes) {
      const length = Math.min(stepBytes, from);
      from -= length;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
      const part = buffer.subarray(0, bytesRead);
      breaks += countBreaks(part);
      parts = [part, ...parts];
    }
    const text = Buffer.concat(parts).toString('utf8');
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-most);
  } finally {
    await file.close();
  }
}

function countBreaks(part: Buffer): number {
  let count = 0;
  for (const byte of part) if (byte === 0x0a) count += 1;
  return count;
}
