// Whether it is the host that is slow: on one short of processors everything is late, and that is no fault of a disk or a name server.

import type { Ground } from './ground.ts';

const withinMs = 5000;

/** To begin and end so many programs that wait for nothing takes half of this time by itself now. */
export async function isHostSlow(ground: Ground, tookMs: number, programs: number): Promise<boolean> {
  const asked = await ground.ask(['true'], { on: 'processors', within: withinMs });
  return asked.kind !== 'notAsked' && programs * asked.tookMs > tookMs / 2;
}
