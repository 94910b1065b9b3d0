// Which parts make up the store, and how many of them it needs.

import { managedMembers } from '../model/election.ts';
import { canonicalAddress } from '../model/internet-address.ts';
import type { System } from '../model/system.ts';

interface StoreMember {
  /** `store:a`; a member elsewhere is named after its address. */
  readonly name: string;
  /** The described host that it runs on; null: elsewhere. */
  readonly host: string | null;
}

/** The members of a store of several; none for the embedded store, which is one part. */
export function membersOf(system: System): readonly StoreMember[] {
  const { store } = system;
  if (store.kind === 'embedded') return [];
  if (store.managed)
    return system.hosts
      .slice(0, managedMembers(system.hosts.length))
      .map((host) => ({ name: `store:${host.name}`, host: host.name }));
  return store.endpoints.map((endpoint) => {
    const address = canonicalAddress(addressOf(endpoint));
    const host = system.hosts.find((each) => each.address === address)?.name ?? null;
    return { name: `store:${host ?? endpointName(endpoint)}`, host };
  });
}

/** How many of so many must be lost for the rest to be no majority. */
export function lostQuorum(members: number): number {
  return members - Math.floor(members / 2);
}

function addressOf(endpoint: string): string {
  return (
    /^(?:[a-z]+:\/\/)?(?:\[([^\]]+)\]|([^:/]+))/i
      .exec(endpoint)
      ?.slice(1)
      .find((part) => part !== undefined) ?? endpoint
  );
}

/** Host and port, which tell two members on one machine apart. */
function endpointName(endpoint: string): string {
  return endpoint.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/, '');
}
