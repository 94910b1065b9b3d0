// What no status has of every host: measured times, checks, outages, figures. A host that cannot be asked now is shown as it was last known, and said so.

import type { DetailsView, GapView } from '../api-web.ts';
import { connectAgent } from '../client.ts';
import type { GatheredDetails } from '../serve/web/port.ts';
import type { Far, Told } from './far.ts';

/** A page does not wait longer for one agent. */
const withinMs = 1_500;

/** `socketOf`: of a host of this machine. */
export function openDetails(of: {
  readonly hosts: () => { readonly described: readonly string[]; readonly here: readonly string[] };
  readonly socketOf: (host: string) => string;
  readonly far: Far;
}): () => Promise<GatheredDetails> {
  const last = new Map<string, { readonly details: DetailsView; readonly atMs: number }>();
  const near = async (host: string): Promise<Told<DetailsView>> => {
    try {
      const details = await connectAgent(of.socketOf(host), withinMs).details();
      last.set(host, { details, atMs: Date.now() });
      return { of: details, gap: null };
    } catch {
      const known = last.get(host);
      const gap: GapView = { host, why: 'its agent does not answer', asOfMs: known?.atMs ?? null };
      return { of: known?.details ?? null, gap };
    }
  };
  return async () => {
    const { described, here } = of.hosts();
    const told = await Promise.all(described.map((host) => (here.includes(host) ? near(host) : of.far.details(host))));
    return {
      of: told.flatMap((each) => each.of ?? []),
      missing: told.flatMap((each) => each.gap ?? []),
    };
  };
}
