// Whether it is the host that is slow: what a program that waits for nothing takes to begin and end. On a host short of processors everything is late, and
// that is no fault of a disk or a name server.

import type { Ground } from './ground.ts';

const withinMs = 5000;

/** Of one program, now, ms. */
export async function beginningMs(ground: Ground): Promise<number> {
  const asked = await ground.ask(['true'], { on: 'processors', within: withinMs });
  return asked.kind === 'notAsked' ? 0 : asked.tookMs;
}
