// Is every instance where it should be? And if not, which, and why.

import type { InstanceView, StatusView } from '../../api.ts';

/** An instance that is in another phase than planned. */
export interface Unplanned {
  readonly service: string;
  readonly instance: InstanceView;
}

/**
 * The instances on these hosts that are not in their planned phase, and hosts that have not reported. One of which nothing was heard yet is not
 * where it should be, even when it is not known where that is: an agent hears that another lives before it hears what that one runs.
 */
export function unplanned(
  view: StatusView,
  hosts: readonly string[],
): { readonly instances: readonly Unplanned[]; readonly hosts: readonly string[] } {
  const silent = hosts.filter((host) => view.hosts.find((each) => each.name === host)?.state !== 'up');
  const instances = view.services.flatMap((service) =>
    service.instances
      .filter(({ host, phase, planned }) => hosts.includes(host) && (phase !== planned || phase === 'unknown'))
      .map((instance): Unplanned => ({ service: service.name, instance })),
  );
  return { instances, hosts: silent };
}

/** True when nothing is missing. */
export function isPlanned(view: StatusView, hosts: readonly string[]): boolean {
  const missing = unplanned(view, hosts);
  return missing.instances.length === 0 && missing.hosts.length === 0;
}
