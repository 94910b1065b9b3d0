// What instances on other machines wrote, told by their agents.

import type { Elsewhere } from '../elsewhere.ts';
import { pause } from '../interruption.ts';

interface FarOutput {
  readonly host: string;
  readonly lines: readonly string[];
  /** Where the file ended: what comes after is for following. */
  readonly end: number;
}

/** The last lines of a service on another host; in words why not. */
export async function farOutput(
  elsewhere: Elsewhere,
  of: { readonly host: string; readonly service: string; readonly lines: number },
): Promise<FarOutput | { readonly host: string; readonly why: string }> {
  const { host, service, lines } = of;
  const answer = await elsewhere.ask({ host, what: 'output', body: { service, lines: Math.min(lines, mostLines) } });
  if (!('body' in answer)) return { host, why: answer.why };
  return { host, ...outputIn(answer.body) };
}

/** So many lines are sent over at most. */
const mostLines = 20_000;
const lookEveryMs = 400;

/** Tells each further line until ^C. A host that cannot be asked for a while is asked again. */
export async function followFar(
  elsewhere: Elsewhere,
  service: string,
  outputs: readonly FarOutput[],
  signal: AbortSignal,
  tell: (host: string, line: string) => void,
): Promise<void> {
  const ends = new Map(outputs.map((each) => [each.host, each.end]));
  while (outputs.length > 0 && (await pause(lookEveryMs, signal)))
    for (const [host, from] of ends) {
      const answer = await elsewhere.ask({ host, what: 'outputSince', body: { service, from } });
      if (!('body' in answer)) continue;
      const found = outputIn(answer.body);
      for (const line of found.lines) tell(host, line);
      ends.set(host, found.end);
    }
}

function outputIn(body: unknown): { readonly lines: readonly string[]; readonly end: number } {
  if (typeof body !== 'object' || body === null || !('lines' in body) || !('end' in body)) return { lines: [], end: 0 };
  const lines: unknown[] = Array.isArray(body.lines) ? body.lines : [];
  return {
    lines: lines.filter((line) => typeof line === 'string'),
    end: typeof body.end === 'number' ? body.end : 0,
  };
}
